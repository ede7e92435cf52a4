// sock_calls_bulk: system calls for much data.
#pragma once

#include "loopback/support/lines.hpp"
#include "loopback/support/stack.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct sock_calls_bulk {
  static constexpr std::array goals{goal{.of = "stls_sock", .than = {}, .bound = 14}};
  static constexpr description about{.name = "sock_calls_bulk",
                                     .title = "loopback, bulk: system calls of both sides",
                                     .unit = "calls/MB",
                                     .goals = goals};

  template <stack S>
  using on = bulk_to_server<S>;
};

}  // namespace bench
