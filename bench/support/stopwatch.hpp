// stopwatch: how often something can be done in a time.
#pragma once

#include "support/heap.hpp"

#include <ctime>

#include <chrono>
#include <cstdint>

namespace bench {

// slice is what was done in one go.
struct slice {
  std::uint64_t ops = 0;
  std::chrono::nanoseconds wall{};
  std::chrono::nanoseconds cpu{};
  std::uint64_t mallocs = 0;
};

inline std::chrono::nanoseconds clock_time(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// cpu_time is that of this process, in user and kernel mode, as getrusage has it but finer.
inline std::chrono::nanoseconds cpu_time() noexcept { return clock_time(CLOCK_PROCESS_CPUTIME_ID); }

// repeat_for does `op` until the process has used `time` of CPU. It looks at the clock once every `batch`
// ops.
template <class Op>
slice repeat_for(std::chrono::nanoseconds time, unsigned batch, Op&& op) {
  slice done;
  const auto wall = clock_time(CLOCK_MONOTONIC);
  const auto cpu = cpu_time();
  const auto mallocs = heap::mallocs();
  do {
    for (unsigned i = 0; i < batch; ++i) op();
    done.ops += batch;
    done.cpu = cpu_time() - cpu;
  } while (done.cpu < time);
  done.wall = clock_time(CLOCK_MONOTONIC) - wall;
  done.mallocs = heap::mallocs() - mallocs;
  return done;
}

}  // namespace bench
