// sock_echo_1: a message there and back, over one connection.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_echo_1 {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = "asio_ssl", .bound = 1.05}};
  static constexpr description about{.name = "sock_echo_1",
                                     .title = "loopback, echo of 1 KiB, one connection, both sides",
                                     .unit = "echoes/s",
                                     .goals = goals};
  static constexpr unsigned batch = 64;

  template <stack S>
  using on = echo<S, 1>;
};

}  // namespace bench
