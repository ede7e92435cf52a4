// input: what a fuzzer is given, read from its front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stls::fuzz {

using bytes = std::vector<std::byte>;

class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : left_(std::as_bytes(std::span(data, size))) {}

  // Beyond the end there are zeros.
  std::uint8_t byte() noexcept {
    if (left_.empty()) return 0;
    const auto b = std::to_integer<std::uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return b;
  }
  std::size_t number() noexcept {  // of two bytes
    const std::size_t high = byte();
    return high << 8U | byte();
  }
  [[nodiscard]] std::span<const std::byte> rest() const noexcept { return left_; }

  // changed is something genuine, changed in the places that the rest names, by three bytes each: where, and
  // what is XORed.
  bytes changed(bytes genuine) {
    while (left_.size() >= 3 && !genuine.empty()) {
      const std::size_t at = number() % genuine.size();
      genuine[at] ^= static_cast<std::byte>(byte());
    }
    return genuine;
  }

 private:
  std::span<const std::byte> left_;
};

}  // namespace stls::fuzz
