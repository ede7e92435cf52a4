// outcome: what was measured of a workload, and what that says about its goals.
#pragma once

#include "runner/statistics.hpp"
#include "support/stopwatch.hpp"
#include "support/workload.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// Peers that are stls itself. Each other peer is held against the first of these that keeps the same terms.
constexpr bool is_stls(std::string_view peer) noexcept { return peer == "stls" || peer.starts_with("stls_"); }

enum class verdict { reached, not_reached, open };

constexpr std::string_view to_string(verdict v) noexcept {
  switch (v) {
    case verdict::reached:
      return "reached";
    case verdict::not_reached:
      return "not reached";
    case verdict::open:
      break;
  }
  return "open";
}

// showing is how one peer did.
struct showing {
  std::string peer;
  std::string terms;
  std::string why_not;        // not empty: it has no such thing
  std::vector<slice> rounds;  // where time was measured
  double count = 0;           // where something was counted
};

// Work in memory never waits, nor do two processes on one core that have enough to do: so the rate is that
// per second of CPU. Other processes on the machine do not change it by much, and on a quiet machine it is
// the same as that per second on the clock.
inline double cpu_rate(const slice& s) {
  return static_cast<double>(s.ops) * 1e9 / static_cast<double>(s.cpu.count());
}
inline double wall_rate(const slice& s) {
  return static_cast<double>(s.ops) * 1e9 / static_cast<double>(s.wall.count());
}

// comparable: both keep the same terms, or `than` is the limit.
[[nodiscard]] bool comparable(const showing& of, const showing& than);

// ratios is, round by round, how many times the rate of `than` that of `of` was. It throws failure when they
// are not comparable.
[[nodiscard]] std::vector<double> ratios(const showing& of, const showing& than,
                                         double (*rate)(const slice&) = cpu_rate);

struct judged_goal {
  goal aim;
  verdict is = verdict::open;
  std::string why_open;
};

struct outcome {
  description about;
  bool timed = true;
  std::vector<showing> peers;
  int disturbed = 0;  // rounds that were dropped
  int unquiet = 0;    // rounds that were kept although they were disturbed
  std::vector<judged_goal> goals;

  // Null: there is none that has such a thing.
  [[nodiscard]] const showing* find(std::string_view peer) const;
  [[nodiscard]] const showing* stls_beside(const showing&) const;
  // judge fills in the goals.
  void judge();
};

}  // namespace bench
