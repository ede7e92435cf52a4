// rounds: peers measured by turns.
#pragma once

#include "runner/calibration.hpp"
#include "runner/outcome.hpp"
#include "runner/peer_process.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace bench {

struct plan {
  int rounds = 7;
  std::chrono::milliseconds round{400};  // of CPU, for each peer
};

// The passes of a round: each peer's time is cut into so many parts, and every second pass goes backwards, so
// that what changes slowly strikes all alike.
inline constexpr int passes = 16;

outcome measure(const description&, const std::vector<std::unique_ptr<peer_process>>&, const plan&,
                calibration&);
outcome count(const description&, const std::vector<std::unique_ptr<peer_process>>&);

}  // namespace bench
