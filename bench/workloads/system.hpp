// system: connections of clients that trust the system's roots, each with its own context where the API has
// it so.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

struct system {
  static constexpr std::array goals{goal{.of = "stls", .than = "libssl", .bound = 0.98},
                                    goal{.of = "stls", .than = "libretls", .bound = 25},
                                    goal{.of = "capi", .than = "libretls", .bound = 25}};
  static constexpr description about{
      .name = "system",
      .title = "full handshakes, the system's roots, each client with its own context",
      .unit = "handshakes/s",
      .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P&) {
    return {};
  }
  template <peer P>
  void once(P& p) {
    expect<P>(p.handshake(roots::system, "localhost"), false);
  }
};

}  // namespace bench
