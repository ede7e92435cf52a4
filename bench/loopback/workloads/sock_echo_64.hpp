// sock_echo_64: messages there and back, over 64 connections at a time.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_echo_64 {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = "asio_ssl", .bound = 1.10}};
  static constexpr description about{.name = "sock_echo_64",
                                     .title = "loopback, echo of 1 KiB, 64 connections, both sides",
                                     .unit = "echoes/s",
                                     .goals = goals};
  static constexpr unsigned batch = 64;

  template <stack S>
  using on = echo<S, 64>;
};

}  // namespace bench
