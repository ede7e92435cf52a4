#include "support/bytes.hpp"

#include <algorithm>

namespace stls::test {

bytes pattern(std::size_t n, std::uint64_t salt) {
  bytes out(n);
  std::uint64_t state = salt * 0x9e3779b97f4a7c15U + 0x1234567U;
  for (auto& byte : out) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::byte>(state >> 56U);
  }
  return out;
}

bytes to_bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

std::string to_text(std::span<const std::byte> data) {
  std::string out;
  out.reserve(data.size());
  for (const auto byte : data) out.push_back(static_cast<char>(byte));
  return out;
}

std::string to_hex(std::span<const std::byte> data, std::string_view between) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto byte : data) {
    if (!out.empty()) out += between;
    out += digits[std::to_integer<unsigned>(byte) >> 4U];
    out += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return out;
}

bytes from_hex(std::string_view digits) {
  bytes out;
  unsigned value = 0;
  bool half = false;
  for (const char c : digits) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10U;
    } else {
      continue;
    }
    value = value * 16U + digit;
    if (half) {
      out.push_back(static_cast<std::byte>(value));
      value = 0;
    }
    half = !half;
  }
  return out;
}

void append(bytes& to, std::span<const std::byte> more) { to.insert(to.end(), more.begin(), more.end()); }

std::string difference(std::span<const std::byte> got, std::span<const std::byte> expected) {
  const auto common = std::min(got.size(), expected.size());
  const auto at =
      std::mismatch(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(common), expected.begin());
  const auto same = static_cast<std::size_t>(at.first - got.begin());
  if (same < common) return "byte " + std::to_string(same) + " differs";
  if (got.size() != expected.size()) {
    return std::to_string(got.size()) + " bytes instead of " + std::to_string(expected.size());
  }
  return {};
}

}  // namespace stls::test
