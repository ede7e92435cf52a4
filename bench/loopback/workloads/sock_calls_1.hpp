// sock_calls_1: system calls for a message there and back, over one connection.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_calls_1 {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = {}, .bound = 3.1}};
  static constexpr description about{.name = "sock_calls_1",
                                     .title = "loopback, one connection: system calls of a side",
                                     .unit = "calls/echo",
                                     .goals = goals};

  template <stack S>
  using on = echo<S, 1>;
};

}  // namespace bench
