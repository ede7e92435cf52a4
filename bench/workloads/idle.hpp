// idle: the heap of an idle client connection, with one root.
#pragma once

#include "support/idle_client.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct idle {
  static constexpr std::array goals{goal{.of = "stls", .than = {}, .bound = 21e3}};
  static constexpr description about{
      .name = "idle",
      .title = "heap of an idle client connection, buffers given back, one root",
      .unit = "bytes",
      .goals = goals};

  template <peer P>
  double count(P& p) {
    return idle_client_bytes(p, roots::one);
  }
};

}  // namespace bench
