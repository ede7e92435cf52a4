// sock_bulk: much data through a socket.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_bulk {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = "asio_ssl", .bound = 1.20},
                                    goal{.of = "stls_sock", .than = "openssl_fd", .bound = 1.08}};
  static constexpr description about{.name = "sock_bulk",
                                     .title = "loopback, writes and reads of 256 KiB, both sides",
                                     .unit = "MB/s",
                                     .units_per_op = chunk_size * chunks_per_answer / 1e6,
                                     .goals = goals};
  static constexpr unsigned batch = 1;

  template <stack S>
  using on = bulk_to_server<S>;
};

}  // namespace bench
