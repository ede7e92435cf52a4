// messages: small messages, each sent and received before the next.
#pragma once

#include "support/transfer.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct messages : transfer<1024> {
  static constexpr std::array goals{goal{.of = "stls", .than = "libssl", .bound = 1.10},
                                    goal{.of = "stls", .than = "libretls", .bound = 1.20},
                                    goal{.of = "stls_bearssl", .than = "bearssl", .bound = 0.95}};
  static constexpr description about{
      .name = "messages", .title = "messages of 1 KiB, both ends", .unit = "messages/s", .goals = goals};
  static constexpr unsigned batch = 256;
};

}  // namespace bench
