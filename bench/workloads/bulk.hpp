// bulk: much data, in writes of one record.
#pragma once

#include "support/transfer.hpp"
#include "support/workload.hpp"

#include <array>

namespace bench {

struct bulk : transfer<16384> {
  static constexpr std::array goals{goal{.of = "stls", .than = "libssl", .bound = 1.10},
                                    goal{.of = "stls", .than = "libretls", .bound = 1.10},
                                    goal{.of = "stls_bearssl", .than = "bearssl", .bound = 0.95}};
  static constexpr description about{.name = "bulk",
                                     .title = "writes of 16 KiB, AES-128-GCM, both ends",
                                     .unit = "MB/s",
                                     .units_per_op = 16384 / 1e6,
                                     .goals = goals};
  static constexpr unsigned batch = 32;
};

}  // namespace bench
