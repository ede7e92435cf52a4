// messages: small messages, each sent and received before the next.
#pragma once

#include "support/transfer.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct messages : transfer<1024> {
  static constexpr std::array goals{goal{"libssl", 1.10}, goal{"libretls", 1.20}};
  static constexpr description about{
      .name = "messages", .title = "messages of 1 KiB, both ends", .unit = "messages/s", .goals = goals};
  static constexpr unsigned batch = 256;
};

}  // namespace bench
