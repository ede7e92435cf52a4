// Certification paths.
#include "x509/path.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>

#include "base/fail.hpp"
#include "x509/path_judgement.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::size_t step_limit = 256;
constexpr std::size_t path_limit = 64;
constexpr flaw too_many_chains{refusal::other, "too many possible chains"};
constexpr int depth_limit = 100;  // that of the option verify_depth

std::string_view octets_of(const certificate& c) noexcept {
  return {reinterpret_cast<const char*>(c.whole.data()), c.whole.size()};
}

// path_search tries the paths one after another, the current one at a time.
class path_search {
 public:
  path_search(std::span<const certificate> sent, const anchor_index& anchors, const path_rules& rules,
              const signature_verifier& verifier)
      : anchors_(anchors),
        rules_(rules),
        verifier_(verifier),
        longest_(static_cast<std::size_t>(std::clamp(rules.max_depth, 0, depth_limit)) + 2) {
    take(sent);
  }

  result<path> run() {
    const path_candidate& leaf = sent_.front();
    if (weak(leaf.key)) return fail(refused(refusal::key_too_weak));
    if (!leaf.well_formed) return fail(refused(refusal::other, "malformed extension"));
    current_.push_back(&leaf);
    extend(from::peer);
    if (flaw_) return fail(refused(flaw_->why, flaw_->detail));
    path found;
    for (const path_candidate* const c : current_) found.certificates.push_back(c->of);
    return found;
  }

 private:
  enum class from { peer, anchors };  // where the last certificate of the path came from
  // What comes of an attempt: the path is found, or all is over; or another one is to be tried.
  enum class outcome { over, go_on };

  // take leaves out what was sent twice, and all that is trusted: it is found among the anchors anyway.
  void take(std::span<const certificate> sent) {
    sent_.reserve(sent.size());  // pointers into it must stay good
    std::set<std::string_view> seen;
    for (const certificate& one : sent) {
      if (!seen.insert(octets_of(one)).second) continue;
      path_candidate candidate = look_at(one);
      if (sent_.empty() || trusted(candidate) == nullptr) sent_.push_back(std::move(candidate));
    }
  }

  // trusted finds the same certificate among the anchors.
  [[nodiscard]] const path_candidate* trusted(const path_candidate& c) const noexcept {
    for (const path_candidate& anchor : anchors_.having(c.subject)) {
      if (equal(anchor.of->whole, c.of->whole)) return &anchor;
    }
    return nullptr;
  }

  // issuers gives those that may have issued the last certificate of the path, the likeliest first.
  [[nodiscard]] std::vector<const path_candidate*> issuers(std::span<const path_candidate> among) const {
    std::vector<const path_candidate*> found;
    for (const path_candidate& c : among) {
      const bool used = std::find(current_.begin(), current_.end(), &c) != current_.end();
      if (!used && could_have_issued(c, *current_.back())) found.push_back(&c);
    }
    if (rules_.at) {
      std::stable_sort(found.begin(), found.end(), [&](const path_candidate* a, const path_candidate* b) {
        if (valid_now(*a) || valid_now(*b)) return valid_now(*a) && !valid_now(*b);
        return a->of->not_after > b->of->not_after;
      });
    }
    return found;
  }
  [[nodiscard]] bool valid_now(const path_candidate& c) const noexcept {
    return c.of->not_before <= *rules_.at && *rules_.at < c.of->not_after;
  }

  outcome extend(from where) {
    if (++steps_ > step_limit) return give_up();
    const path_candidate& last = *current_.back();
    const bool self_signed = last.self_signed();
    bool dead_end = true;
    if (current_.size() < longest_ && self_signed) {
      if (const path_candidate* const root = trusted(last)) {
        current_.back() = root;
        return judge();
      }
    } else if (current_.size() < longest_) {
      for (const path_candidate* const issuer : issuers(anchors_.having(last.issuer))) {
        dead_end = false;
        if (attempt(*issuer, from::anchors) == outcome::over) return outcome::over;
      }
      if (where == from::peer) {
        for (const path_candidate* const issuer : issuers(sent_)) {
          dead_end = false;
          if (attempt(*issuer, from::peer) == outcome::over) return outcome::over;
        }
      }
    }
    if (dead_end) note(why_it_ends(self_signed));
    return outcome::go_on;
  }

  outcome attempt(const path_candidate& issuer, from where) {
    current_.push_back(&issuer);
    const bool complete = where == from::anchors && issuer.self_signed();
    const outcome came = complete ? judge() : extend(where);
    if (came == outcome::go_on) current_.pop_back();
    return came;
  }

  outcome judge() {
    if (++paths_ > path_limit) return give_up();
    const auto found = judge_path(current_, rules_, verifier_, budget_);
    if (!found) {
      flaw_.reset();
      return outcome::over;
    }
    if (budget_.signatures == 0) return give_up();
    note(*found);
    return outcome::go_on;
  }

  [[nodiscard]] flaw why_it_ends(bool self_signed) const noexcept {
    if (current_.size() >= longest_) return {refusal::chain_too_long};
    if (!self_signed) return {refusal::issuer_not_found};
    return {current_.size() == 1 ? refusal::self_signed : refusal::self_signed_in_chain};
  }

  // note keeps the first flaw, which is that of the path that OpenSSL would have chosen.
  void note(flaw found) noexcept {
    if (!flaw_) flaw_ = found;
  }
  outcome give_up() noexcept {
    flaw_ = too_many_chains;
    return outcome::over;
  }

  const anchor_index& anchors_;
  const path_rules& rules_;
  const signature_verifier& verifier_;
  const std::size_t longest_;  // leaf and root included
  std::vector<path_candidate> sent_;
  std::vector<const path_candidate*> current_;
  path_budget budget_;
  std::size_t steps_ = 0;
  std::size_t paths_ = 0;
  std::optional<flaw> flaw_;
};

}  // namespace

result<path> verify_path(std::span<const certificate> sent, const anchor_index& anchors,
                         const path_rules& rules, const signature_verifier& verifier) {
  if (sent.empty()) return fail(errc::certificate_missing, "peer sent no certificate");
  return path_search(sent, anchors, rules, verifier).run();
}

}  // namespace x509

STLS_NAMESPACE_END
