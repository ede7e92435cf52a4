// RAND_METHOD is deprecated since OpenSSL 3.0, which has nothing else that every version of it understands.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit/fixed_random.hpp"

#include "kit/require.hpp"

#include <openssl/rand.h>

#include <cstdint>

namespace stls::fuzz {
namespace {

constexpr std::uint64_t first = 1;
std::uint64_t state = first;

int fill(unsigned char* into, int size) noexcept {
  for (int i = 0; i < size; ++i) {
    // splitmix64
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    into[i] = static_cast<unsigned char>(z ^ z >> 31U);
  }
  return 1;
}

}  // namespace

void fix_random() {
  static const RAND_METHOD method = {
      .seed = nullptr, .bytes = fill, .cleanup = nullptr, .add = nullptr, .pseudorand = fill, .status = [] {
        return 1;
      }};
  require(RAND_set_rand_method(&method) == 1, "libcrypto takes no other random numbers");
}

void restart_random() noexcept { state = first; }

}  // namespace stls::fuzz
