// resumed: resumed handshakes.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

struct resumed {
  static constexpr std::array goals{goal{.of = "stls", .than = "libssl", .bound = 0.98},
                                    goal{.of = "stls_bearssl", .than = "bearssl", .bound = 0.95}};
  static constexpr description about{.name = "resumed",
                                     .title = "resumed handshakes, those of TLS 1.3 with X25519",
                                     .unit = "handshakes/s",
                                     .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P& p) {
    return p.resumes() ? "" : "does not resume";
  }
  template <peer P>
  void once(P& p) {
    expect<P>(p.resume(), true);
  }
};

}  // namespace bench
