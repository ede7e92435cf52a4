#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>

namespace stls::test {

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    if (const char* const given = std::getenv("STLS_SEED"); given != nullptr && *given != '\0') {
      return static_cast<std::uint64_t>(std::strtoull(given, nullptr, 10));
    }
    const auto ticks = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(ticks) % 1000000007U;
  }();
  return value;
}

std::mt19937_64 dice() {
  static std::atomic<const ::testing::TestInfo*> last{nullptr};
  static std::atomic<std::uint64_t> made{0};
  const auto* const now = ::testing::UnitTest::GetInstance()->current_test_info();
  if (last.exchange(now) != now) made = 0;
  std::uint64_t name = 14695981039346656037U;  // FNV-1a
  if (now != nullptr) {
    for (const char c : std::string(now->test_suite_name()) + "." + now->name()) {
      name = (name ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
  }
  return std::mt19937_64(seed() ^ name ^ (made++ * 0x9e3779b97f4a7c15U));
}

}  // namespace stls::test
