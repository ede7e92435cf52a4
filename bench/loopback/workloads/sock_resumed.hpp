// sock_resumed: connections to a server that is known.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_resumed {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = "asio_ssl", .bound = 0.98}};
  static constexpr description about{
      .name = "sock_resumed",
      .title = "loopback, connect, resumed handshake, one message there and back, close",
      .unit = "connections/s",
      .goals = goals};
  static constexpr unsigned batch = 1;

  template <stack S>
  using on = connecting<S, sessions::remembered>;
};

}  // namespace bench
