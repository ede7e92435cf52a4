#include "engine/certificate_hash.hpp"

#include <string_view>

STLS_NAMESPACE_BEGIN

std::string written_hash(const std::array<std::byte, 32>& sum) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "SHA256:";
  for (const std::byte b : sum) {
    text += digits[std::to_integer<unsigned>(b) >> 4U];
    text += digits[std::to_integer<unsigned>(b) & 0xfU];
  }
  return text;
}

std::string certificate_hash(std::span<const std::byte> der, const provider& by) {
  return written_hash(by.sha256(der));
}

STLS_NAMESPACE_END
