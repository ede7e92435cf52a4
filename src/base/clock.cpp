// The one clock of the core.
#include "base/clock.hpp"

#include <atomic>

STLS_NAMESPACE_BEGIN

namespace {

std::atomic<clock_function> replacement{nullptr};

}  // namespace

std::chrono::system_clock::time_point now() noexcept {
  const clock_function replaced = replacement.load();
  return replaced != nullptr ? replaced() : std::chrono::system_clock::now();
}

void set_clock(clock_function function) noexcept { replacement.store(function); }

STLS_NAMESPACE_END
