// system_anew: the same as system, by programs that make a config for each connection.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

// A peer that renews can make the config anew that trusts the system's roots.
template <class P>
concept renewing = requires(P& p) {
  p.renew();
};

struct system_anew {
  static constexpr std::array goals{goal{.of = "capi", .than = "libretls", .bound = 10}};
  static constexpr description about{
      .name = "system_anew",
      .title = "full handshakes, the system's roots, each client with a config of its own",
      .unit = "handshakes/s",
      .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P&) {
    if constexpr (renewing<P>) return {};
    return "it makes its contexts of files, and has no configs";
  }
  template <peer P>
  void once(P& p) {
    if constexpr (renewing<P>) p.renew();
    expect<P>(p.handshake(roots::system, "localhost"), false);
  }
};

}  // namespace bench
