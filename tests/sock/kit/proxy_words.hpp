// What proxies say in front of a connection (PROXY protocol), for tests.
#pragma once

#include "support/bytes.hpp"

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace stls::test {

// block is a header of version 2. `body` is all that stands behind its length.
inline bytes block(unsigned version_and_command, unsigned family_and_protocol, const bytes& body) {
  bytes all = from_hex("0d0a0d0a000d0a515549540a");
  for (const std::size_t octet :
       {std::size_t{version_and_command}, std::size_t{family_and_protocol}, body.size() >> 8U, body.size()}) {
    all.push_back(static_cast<std::byte>(octet & 0xffU));
  }
  append(all, body);
  return all;
}

inline bytes joined(std::initializer_list<bytes> parts) {
  bytes all;
  for (const bytes& part : parts) append(all, part);
  return all;
}

// 192.0.2.1:56324 to 198.51.100.2:443, and 2001:db8::1 to 2001:db8::2 with these ports.
inline bytes ipv4_ends() { return from_hex("c0000201 c6336402 dc04 01bb"); }
inline bytes ipv6_ends() {
  return from_hex("20010db8000000000000000000000001 20010db8000000000000000000000002 dc04 01bb");
}
inline constexpr std::string_view ipv4_line = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
inline constexpr std::string_view ipv6_line = "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n";

}  // namespace stls::test
