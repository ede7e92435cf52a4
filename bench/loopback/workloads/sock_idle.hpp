// sock_idle: memory of a connection on which nothing happens.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_idle {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = {}, .bound = 16384}};
  static constexpr description about{
      .name = "sock_idle",
      .title = "loopback, resident memory of the server for each of 5000 idle connections",
      .unit = "bytes",
      .goals = goals};

  template <stack S>
  using on = idling<S>;
};

}  // namespace bench
