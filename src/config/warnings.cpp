#include "config/warnings.hpp"

#include "base/clock.hpp"

STLS_NAMESPACE_BEGIN

void warning_sink::warn(warning::severity level, std::string_view code, std::string message) noexcept {
  if (!receiver_) return;
  try {
    {
      const std::lock_guard lock(mutex_);
      const auto time = now();
      const auto [entry, first] = last_.try_emplace(code, time);
      // A clock that was set back must not silence a code for longer than the minute.
      const auto since = time - entry->second;
      if (!first && since >= std::chrono::seconds(0) && since < std::chrono::minutes(1)) return;
      entry->second = time;
    }
    receiver_({.level = level, .code = code, .message = std::move(message)});
  } catch (...) {  // NOLINT(bugprone-empty-catch): a warning that cannot be given changes nothing
  }
}

STLS_NAMESPACE_END
