// system_calls: those of the whole program that move bytes or wait, counted.
#pragma once

#include <atomic>
#include <cstdint>

namespace bench::system_calls {

// count_in has them counted there from now on; before that nobody counts.
void count_in(std::atomic<std::uint64_t>& counter) noexcept;

}  // namespace bench::system_calls
