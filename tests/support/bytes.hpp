// Byte strings for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {

using bytes = std::vector<std::byte>;

// pattern makes n bytes that look random, and are always the same for the same salt.
bytes pattern(std::size_t n, std::uint64_t salt = 1);

bytes to_bytes(std::string_view text);
std::string to_text(std::span<const std::byte> data);
std::string to_hex(std::span<const std::byte> data, std::string_view between = "");

// from_hex reads hexadecimal digits; blanks between them are passed over.
bytes from_hex(std::string_view digits);

void append(bytes& to, std::span<const std::byte> more);

// same_bytes says where two byte strings differ, or "" where they do not.
std::string difference(std::span<const std::byte> got, std::span<const std::byte> expected);

}  // namespace stls::test
