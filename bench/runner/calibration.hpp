// calibration: whether the machine is as fast as it was.
#pragma once

#include "runner/statistics.hpp"
#include "support/stopwatch.hpp"

#include <cstdint>
#include <vector>

namespace bench {

// calibration times a piece of arithmetic that never changes. CPU time leaves out the time that other
// processes had, but not a slower clock, nor a neighbour on the same core: these show here.
class calibration {
 public:
  calibration() {
    for (int i = 0; i < 9; ++i) spin();
  }

  // spin says by which part the machine is off now: 0.1 means 10 % faster or slower than it usually was.
  double spin() {
    std::uint64_t x = 88172645463325252ULL;
    const auto from = cpu_time();
    for (int i = 0; i < 5'000'000; ++i) {  // xorshift: a chain of dependent operations
      x ^= x << 13U;
      x ^= x >> 7U;
      x ^= x << 17U;
    }
    volatile const std::uint64_t keep = x;
    static_cast<void>(keep);
    spins_.push_back(static_cast<double>((cpu_time() - from).count()));
    const double off = spins_.back() / quantile(spins_, 0.5) - 1;
    return off < 0 ? -off : off;
  }

  [[nodiscard]] const std::vector<double>& spins() const noexcept { return spins_; }

 private:
  std::vector<double> spins_;  // nanoseconds
};

}  // namespace bench
