// Which of stls's cipher suites BearSSL has, and by which numbers it knows them.
#pragma once

#include "config/ciphers.hpp"

#include <stls/export.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

// bearssl_suite is one suite of BearSSL. All of them are of TLS 1.2 or before.
struct bearssl_suite {
  std::string_view name;  // IANA's
  std::uint16_t number = 0;
  int strength = 0;  // bits of the key
};

// Null: BearSSL has it not.
[[nodiscard]] const bearssl_suite* bearssl_suite_named(std::string_view iana_name) noexcept;
[[nodiscard]] const bearssl_suite* bearssl_suite_numbered(std::uint16_t number) noexcept;

// suite_numbers gives the numbers of a list, in its order.
[[nodiscard]] std::vector<std::uint16_t> suite_numbers(const cipher_list&);

STLS_NAMESPACE_END
