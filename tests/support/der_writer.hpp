// Making DER, well-formed and otherwise, for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/bytes.hpp"

namespace stls::test {

// tlv is one value: identifier, length in its shortest form, the parts one after another.
inline bytes tlv(std::uint8_t identifier, std::initializer_list<bytes> parts) {
  bytes content;
  for (const bytes& part : parts) append(content, part);
  bytes length;
  for (std::size_t n = content.size(); n != 0; n >>= 8U)
    length.insert(length.begin(), static_cast<std::byte>(n));
  if (length.empty()) length.push_back(std::byte{0});
  if (content.size() >= 0x80) length.insert(length.begin(), static_cast<std::byte>(0x80 + length.size()));
  bytes value{static_cast<std::byte>(identifier)};
  append(value, length);
  append(value, content);
  return value;
}
inline bytes tlv(std::uint8_t identifier, std::string_view content) {
  return tlv(identifier, {to_bytes(content)});
}
inline bytes sequence(std::initializer_list<bytes> parts) { return tlv(0x30, parts); }
inline bytes set_of(std::initializer_list<bytes> parts) { return tlv(0x31, parts); }

// oid takes the content octets in hexadecimal: "550403".
inline bytes oid(std::string_view hex) { return tlv(0x06, {from_hex(hex)}); }

// attribute is a set with one attribute, e.g. attribute("550403", 0x0c, "example.org").
inline bytes type_and_value(std::string_view type, std::uint8_t string_type, std::string_view value) {
  return sequence({oid(type), tlv(string_type, value)});
}
inline bytes attribute(std::string_view type, std::uint8_t string_type, std::string_view value) {
  return set_of({type_and_value(type, string_type, value)});
}

}  // namespace stls::test
