// resumed: resumed handshakes.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

struct resumed {
  static constexpr std::array goals{goal{"libssl", 0.98}};
  static constexpr description about{.name = "resumed",
                                     .title = "resumed handshakes (TLS 1.3, with X25519)",
                                     .unit = "handshakes/s",
                                     .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P& p) {
    return p.resumes() ? "" : "does not resume";
  }
  template <peer P>
  void once(P& p) {
    expect(p.resume(), true);
  }
};

}  // namespace bench
