// The one clock of the core, which tests replace.
#pragma once

#include <stls/export.hpp>

#include <chrono>

STLS_NAMESPACE_BEGIN

// now is the wall clock, as everything in stls sees it: validity, lifetimes, rate limits.
[[nodiscard]] std::chrono::system_clock::time_point now() noexcept;

// now_in_seconds is for comparison with what certificates say: they go to the year 9999, and the nanoseconds
// of now() only to 2262.
[[nodiscard]] inline std::chrono::sys_seconds now_in_seconds() noexcept {
  return std::chrono::floor<std::chrono::seconds>(now());
}

// set_clock replaces it, for tests; a null pointer brings the system's back.
using clock_function = std::chrono::system_clock::time_point (*)() noexcept;
void set_clock(clock_function) noexcept;

STLS_NAMESPACE_END
