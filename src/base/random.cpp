#include "base/random.hpp"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <algorithm>

STLS_NAMESPACE_BEGIN

bool fill_random(std::span<std::byte> room) noexcept {
  constexpr std::size_t most_at_once = 256;  // POSIX.1-2024, getentropy
  while (!room.empty()) {
    const std::size_t n = std::min(room.size(), most_at_once);
    if (::getentropy(room.data(), n) != 0) return false;
    room = room.subspan(n);
  }
  return true;
}

STLS_NAMESPACE_END
