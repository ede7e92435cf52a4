#include "runner/outcome.hpp"

namespace bench {

const showing* outcome::find(std::string_view peer) const {
  for (const showing& s : peers) {
    if (s.peer == peer && s.why_not.empty()) return &s;
  }
  return nullptr;
}

std::vector<double> outcome::ratios(std::string_view than, double (*rate)(const slice&)) const {
  const showing* ours = find(subject);
  const showing* theirs = find(than);
  std::vector<double> all;
  if (ours == nullptr || theirs == nullptr) return all;
  for (std::size_t i = 0; i < ours->rounds.size(); ++i)
    all.push_back(rate(ours->rounds[i]) / rate(theirs->rounds[i]));
  return all;
}

void outcome::judge() {
  for (const goal& aim : about.goals) {
    judged_goal g{.aim = aim, .is = verdict::open, .why_open = {}};
    const showing* ours = find(subject);
    if (!timed) {
      if (ours != nullptr) g.is = ours->count <= aim.bound ? verdict::reached : verdict::not_reached;
    } else if (const auto all = ratios(aim.than); !all.empty()) {
      // A goal in the middle 80 % of the rounds is neither: a longer run may tell.
      const spread s = spread_of(all);
      g.is = aim.bound <= s.low   ? verdict::reached
             : aim.bound > s.high ? verdict::not_reached
                                  : verdict::open;
    } else if (ours == nullptr && find(aim.than) != nullptr) {
      g.is = verdict::not_reached;
    } else {
      g.why_open = "nothing to compare with";
    }
    goals.push_back(std::move(g));
  }
}

}  // namespace bench
