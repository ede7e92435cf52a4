// message: what is sent, with a number in it, so that none can be taken for another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bench {

inline constexpr std::size_t echo_size = 1024;
inline constexpr std::size_t chunk_size = std::size_t{256} * 1024;  // of bulk: of each write and read
inline constexpr std::uint64_t chunks_per_answer = 32;              // the server's, of one byte

class message {
 public:
  explicit message(std::size_t size) : bytes_(size) {
    for (std::size_t i = 0; i < size; ++i) bytes_[i] = static_cast<std::byte>(i * 31 + i / 251);
  }
  std::span<const std::byte> numbered(std::uint64_t number) noexcept {
    std::memcpy(bytes_.data(), &number, sizeof number);
    std::memcpy(bytes_.data() + bytes_.size() - sizeof number, &number, sizeof number);
    return bytes_;
  }

 private:
  std::vector<std::byte> bytes_;
};

// is_same compares all of it. std::equal would do it byte by byte.
inline bool is_same(std::span<const std::byte> got, std::span<const std::byte> sent) noexcept {
  return got.size() == sent.size() && std::memcmp(got.data(), sent.data(), got.size()) == 0;
}

// is_same_chunk compares the numbers at both ends, and of every sixteenth all: comparing takes time that is
// not the stack's.
inline bool is_same_chunk(std::span<const std::byte> got, message& expected, std::uint64_t number) noexcept {
  const auto sent = expected.numbered(number);
  if (number % 16 == 0) return is_same(got, sent);
  return is_same(got.first(sizeof number), sent.first(sizeof number)) &&
         is_same(got.last(sizeof number), sent.last(sizeof number));
}

}  // namespace bench
