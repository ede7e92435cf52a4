#include "runner/outcome.hpp"

#include "support/peer.hpp"
#include "support/terms.hpp"

#include <cstddef>
#include <utility>

namespace bench {

bool comparable(const showing& of, const showing& than) {
  return of.terms == than.terms || than.terms == describe(plain);
}

std::vector<double> ratios(const showing& of, const showing& than, double (*rate)(const slice&)) {
  if (!comparable(of, than)) throw failure(of.peer + " and " + than.peer + " do not keep the same terms");
  std::vector<double> all;
  for (std::size_t i = 0; i < of.rounds.size(); ++i) all.push_back(rate(of.rounds[i]) / rate(than.rounds[i]));
  return all;
}

const showing* outcome::find(std::string_view peer) const {
  for (const showing& s : peers) {
    if (s.peer == peer && s.why_not.empty()) return &s;
  }
  return nullptr;
}

const showing* outcome::stls_beside(const showing& other) const {
  for (const showing& s : peers) {
    if (is_stls(s.peer) && comparable(s, other) && s.why_not.empty()) return &s;
  }
  return nullptr;
}

void outcome::judge() {
  for (const goal& aim : about.goals) {
    judged_goal g{.aim = aim, .is = verdict::open, .why_open = {}};
    const showing* ours = find(aim.of);
    const showing* theirs = find(aim.than);
    if (!timed) {
      if (ours != nullptr) g.is = ours->count <= aim.bound ? verdict::reached : verdict::not_reached;
    } else if (ours != nullptr && theirs != nullptr) {
      // A goal in the middle 80 % of the rounds is neither: a longer run may tell.
      const spread s = spread_of(ratios(*ours, *theirs));
      g.is = aim.bound <= s.low   ? verdict::reached
             : aim.bound > s.high ? verdict::not_reached
                                  : verdict::open;
    } else if (theirs != nullptr) {
      g.is = verdict::not_reached;
    } else {
      g.why_open = "nothing to compare with";
    }
    goals.push_back(std::move(g));
  }
}

}  // namespace bench
