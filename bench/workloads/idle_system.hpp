// idle_system: the heap of an idle client connection, with the system's roots.
#pragma once

#include "support/idle_client.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct idle_system {
  static constexpr std::array goals{goal{.of = "stls", .than = {}, .bound = 21e3}};
  static constexpr description about{
      .name = "idle_system",
      .title = "heap of an idle client connection, buffers given back, the system's roots",
      .unit = "bytes",
      .goals = goals};

  template <peer P>
  double count(P& p) {
    return idle_client_bytes(p, roots::system);
  }
};

}  // namespace bench
