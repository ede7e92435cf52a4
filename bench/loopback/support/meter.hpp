// meter: what both processes of a peer spend.
#pragma once

#include "loopback/support/page.hpp"
#include "support/peer.hpp"
#include "support/stopwatch.hpp"

#include <sys/types.h>
#include <ctime>

#include <chrono>
#include <cstdint>
#include <optional>

namespace bench {

// both is the pair of processes, seen from the client's.
class both {
 public:
  both(const page& counts, pid_t server) : page_(counts), server_(server) {
    if (clock_getcpuclockid(server, &server_clock_) != 0) throw failure("the server's clock cannot be read");
  }

  [[nodiscard]] std::chrono::nanoseconds cpu() const noexcept {
    return cpu_time() + clock_time(server_clock_);
  }
  [[nodiscard]] std::uint64_t mallocs() const noexcept {
    return page_.client.mallocs.load(std::memory_order_relaxed) +
           page_.server.mallocs.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t system_calls() const noexcept {
    return page_.client.system_calls.load(std::memory_order_relaxed) +
           page_.server.system_calls.load(std::memory_order_relaxed);
  }
  [[nodiscard]] pid_t server() const noexcept { return server_; }
  [[nodiscard]] const page& shared() const noexcept { return page_; }

 private:
  const page& page_;
  pid_t server_;
  clockid_t server_clock_{};
};

// meter runs from its construction until so much CPU was used, or so many operations were done. Coroutines
// that share it ask whether it is over before each operation.
class meter {
 public:
  meter(const both& of, std::chrono::nanoseconds cpu, unsigned batch) : of_(of), time_(cpu), batch_(batch) {}
  meter(const both& of, std::uint64_t ops) : of_(of), ops_(ops) {}

  // It looks at the clocks once every `batch` operations.
  [[nodiscard]] bool is_over() {
    if (over_) return true;
    if (ops_) {
      over_ = begun_ == *ops_;
    } else if (begun_ % batch_ == 0 && begun_ != 0) {
      over_ = of_.cpu() - cpu_ >= time_;
    }
    if (!over_) ++begun_;
    return over_;
  }

  // done is what was spent, when all that was begun is done.
  [[nodiscard]] slice done() const {
    return {.ops = begun_,
            .wall = clock_time(CLOCK_MONOTONIC) - wall_,
            .cpu = of_.cpu() - cpu_,
            .mallocs = of_.mallocs() - mallocs_};
  }
  [[nodiscard]] double system_calls_per_op() const {
    return static_cast<double>(of_.system_calls() - system_calls_) / static_cast<double>(begun_);
  }

 private:
  const both& of_;
  std::chrono::nanoseconds time_{};
  unsigned batch_ = 1;
  std::optional<std::uint64_t> ops_;
  std::uint64_t begun_ = 0;
  bool over_ = false;
  std::chrono::nanoseconds wall_ = clock_time(CLOCK_MONOTONIC);
  std::chrono::nanoseconds cpu_ = of_.cpu();
  std::uint64_t mallocs_ = of_.mallocs();
  std::uint64_t system_calls_ = of_.system_calls();
};

}  // namespace bench
