// heap: malloc of the whole program, counted. glibc only; elsewhere nothing is counted.
#pragma once

#include <atomic>
#include <cstdint>

namespace bench::heap {

// count_in has mallocs counted there from now on, where another process may read it.
void count_in(std::atomic<std::uint64_t>& counter) noexcept;

// mallocs is how often memory was asked for so far, or since count_in: malloc, calloc, realloc and their kin.
[[nodiscard]] std::uint64_t mallocs() noexcept;

// scales weighs what is allocated and freed while it lives, but for the headers of malloc. One at a time.
class scales {
 public:
  scales() noexcept;
  ~scales();
  scales(const scales&) = delete;
  scales& operator=(const scales&) = delete;

  // bytes is what was allocated less what was freed, so far; negative: older memory was freed.
  [[nodiscard]] std::int64_t bytes() const noexcept;
};

}  // namespace bench::heap
