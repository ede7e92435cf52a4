// repeat: connections to a server that is known already, resumed by the stacks that do that.
#pragma once

#include "support/workload.hpp"

#include <array>

namespace bench {

struct repeat {
  static constexpr std::array goals{goal{.of = "stls", .than = "libretls", .bound = 3}};
  static constexpr description about{
      .name = "repeat",
      .title = "repeated connections: resumed where the stack resumes, else full",
      .unit = "handshakes/s",
      .goals = goals};
  static constexpr unsigned batch = 1;

  template <peer P>
  std::string_view prepare(P& p) {
    resumes_ = p.resumes();
    return {};
  }
  template <peer P>
  void once(P& p) {
    expect<P>(resumes_ ? p.resume() : p.handshake(roots::one, "localhost"), resumes_);
  }

 private:
  bool resumes_ = false;
};

}  // namespace bench
