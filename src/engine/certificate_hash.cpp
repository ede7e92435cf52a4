#include "engine/certificate_hash.hpp"

#include <string_view>

STLS_NAMESPACE_BEGIN

std::string certificate_hash(std::span<const std::byte> der, const provider& by) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "SHA256:";
  for (const std::byte b : by.sha256(der)) {
    text += digits[std::to_integer<unsigned>(b) >> 4U];
    text += digits[std::to_integer<unsigned>(b) & 0xfU];
  }
  return text;
}

STLS_NAMESPACE_END
