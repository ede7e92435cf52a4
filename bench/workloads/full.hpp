// full: full handshakes with one root.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

struct full {
  static constexpr std::array goals{goal{.of = "stls", .than = "libssl", .bound = 0.98},
                                    goal{.of = "stls", .than = "libretls", .bound = 1.55},
                                    goal{.of = "capi", .than = "libretls", .bound = 1.5}};
  static constexpr description about{.name = "full",
                                     .title = "full handshakes, one root, ECDSA P-256, X25519",
                                     .unit = "handshakes/s",
                                     .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P&) {
    return {};
  }
  template <peer P>
  void once(P& p) {
    expect<P>(p.handshake(roots::one, "localhost"), false);
  }
};

}  // namespace bench
