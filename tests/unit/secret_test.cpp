#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace stls {
namespace {

constexpr std::string_view short_text = "hunter2hunter2";  // is held inside the string object
const std::string long_text(1000, 'k');

// room holds an object, and can be looked at after the object is gone.
class room {
 public:
  template <class... Arguments>
  secret& make(Arguments&&... arguments) {
    return *new (memory_.data()) secret(std::forward<Arguments>(arguments)...);
  }
  [[nodiscard]] bool holds(std::string_view text) const {
    const auto* const begin = reinterpret_cast<const char*>(memory_.data());
    return std::search(begin, begin + memory_.size(), text.begin(), text.end()) != begin + memory_.size();
  }

 private:
  alignas(secret) std::array<std::byte, sizeof(secret)> memory_{};
};

TEST(wipe, overwrites_with_zeros) {
  std::array<std::byte, 33> memory{};
  memory.fill(std::byte{0x5a});
  wipe(std::span(memory).first(32));
  EXPECT_EQ(std::count(memory.begin(), memory.end(), std::byte{0}), 32);
  EXPECT_EQ(memory[32], std::byte{0x5a});
  wipe(std::span<std::byte>{});
}

TEST(wipe, reaches_what_a_string_held_before_it_was_cut) {
  std::string text = long_text;
  text.resize(3);
  const char* const memory = text.data();
  const std::size_t capacity = text.capacity();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.data(), memory);
  EXPECT_EQ(text.capacity(), capacity);
  // Beyond its size a string's memory is nobody's business but this test's.
  EXPECT_EQ(std::count(memory, memory + capacity, '\0'), static_cast<std::ptrdiff_t>(capacity));
}

TEST(wipe, of_an_empty_string) {
  std::string text;
  wipe(text);
  EXPECT_TRUE(text.empty());
}

TEST(secret, is_wiped_when_it_goes) {
  room memory;
  secret& one = memory.make(short_text);
  EXPECT_EQ(one.view(), short_text);
  ASSERT_TRUE(memory.holds(short_text));
  std::destroy_at(&one);
  EXPECT_FALSE(memory.holds(short_text.substr(1)));
}

TEST(secret, leaves_nothing_behind_when_it_moves) {
  room memory;
  secret& one = memory.make(short_text);
  secret other(std::move(one));
  EXPECT_EQ(other.view(), short_text);
  EXPECT_FALSE(memory.holds(short_text.substr(1)));

  one = std::move(other);
  EXPECT_EQ(one.view(), short_text);
  other = std::move(one);
  EXPECT_EQ(other.view(), short_text);
  EXPECT_FALSE(memory.holds(short_text.substr(1)));
  std::destroy_at(&one);
}

TEST(secret, copies_and_assigns) {
  const secret a(long_text);
  secret b(a);
  EXPECT_EQ(b.view(), long_text);
  b = secret(short_text);
  EXPECT_EQ(b.view(), short_text);
  b = a;
  EXPECT_EQ(b.view(), a.view());
  secret& same = b;
  b = same;
  b = std::move(same);
  EXPECT_EQ(b.view(), long_text);
  b.clear();
  EXPECT_TRUE(b.empty());
  EXPECT_TRUE(secret().empty());
}

}  // namespace
}  // namespace stls
