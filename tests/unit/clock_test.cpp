#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace stls {
namespace {

TEST(clock, is_the_systems_until_it_is_replaced) {
  const auto before = std::chrono::system_clock::now();
  EXPECT_GE(now(), before);
  set_clock([]() noexcept { return std::chrono::system_clock::time_point(std::chrono::hours(24)); });
  EXPECT_EQ(now().time_since_epoch(), std::chrono::hours(24));
  set_clock(nullptr);
  EXPECT_GE(now(), before);
}

}  // namespace
}  // namespace stls
