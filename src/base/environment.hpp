// The environment, as far as it may be trusted.
#pragma once

#include <stls/export.hpp>

#include <cstdlib>

#if !defined(__linux__) && !defined(_WIN32)
#include <unistd.h>
#endif

STLS_NAMESPACE_BEGIN

// trusted_variable gives a variable, or a null pointer: in a privileged process too, whose environment
// belongs to whoever started it.
[[nodiscard]] inline const char* trusted_variable(const char* name) noexcept {
#if defined(__linux__)
  return ::secure_getenv(name);
#elif defined(_WIN32)
  return std::getenv(name);
#else  // the BSDs, macOS
  return ::issetugid() != 0 ? nullptr : std::getenv(name);
#endif
}

STLS_NAMESPACE_END
