// workload: what is measured. Each is one file in workloads/, and the build finds it there.
//
// A workload is a struct of the same name as its file, with a constant `about`. One that is timed has
//
//   static constexpr unsigned batch = ...;           // of `once` between looks at the clock
//   template <peer P> std::string_view prepare(P&);  // not timed; a text says why P cannot
//   template <peer P> void once(P&);                 // timed, over and over
//
// and one that is counted has
//
//   template <peer P> double count(P&);
//
// One on loopback, in loopback/workloads/, has besides `about`, and `batch` if it is timed,
//
//   template <stack S> using on = ...;  // made of (S&, const both&) at the first question; the connections
//   stay
//
// with static std::string_view why_not(), and slice time(nanoseconds of CPU, unsigned batch) or double
// count().
#pragma once

#include "support/peer.hpp"

#include <span>
#include <string_view>

namespace bench {

// goal is what the peer `of` shall reach: a rate of at least `bound` times that of the peer `than`; or, where
// that is empty, a count of at most `bound`.
struct goal {
  std::string_view of;
  std::string_view than;
  double bound = 0;
};

struct description {
  std::string_view name;
  std::string_view title;
  std::string_view unit;    // of the rate, or of the count
  double units_per_op = 1;  // e.g. megabytes
  std::span<const goal> goals;
};

template <class W>
concept timed = requires {
  W::batch;
};

}  // namespace bench
