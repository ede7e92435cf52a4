// sock_calls_64: system calls for a message there and back, over 64 connections.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_calls_64 {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = {}, .bound = 2.3}};
  static constexpr description about{.name = "sock_calls_64",
                                     .title = "loopback, 64 connections: system calls of a side",
                                     .unit = "calls/echo",
                                     .goals = goals};

  template <stack S>
  using on = echo<S, 64>;
};

}  // namespace bench
