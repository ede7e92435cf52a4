// workload: what is measured. Each is one file in workloads/, and the build finds it there.
//
// A workload is a struct of the same name as its file, with a constant `about` and either
//
//   template <peer P> std::string_view prepare(P&);   // not timed. A text says why this peer has no such
//   thing template <peer P> void once(P&);                  // timed, over and over, `batch` times a look at
//   the clock static constexpr unsigned batch = ...;
//
// or, for what is not a matter of time,
//
//   template <peer P> double count(P&);
#pragma once

#include "support/peer.hpp"

#include <span>
#include <string_view>

namespace bench {

// goal is what stls shall reach: its rate at least `bound` times that of the peer `than`; or, where `than` is
// empty, its count at most `bound`.
struct goal {
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

template <class W, class P>
concept counted = requires(W& w, P& p) {
  { w.count(p) } -> std::same_as<double>;
};

}  // namespace bench
