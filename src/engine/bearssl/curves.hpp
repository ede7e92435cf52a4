// The groups of the key exchange that BearSSL has.
#pragma once

#include "config/groups.hpp"

#include <bearssl.h>
#include <stls/export.hpp>

#include <string_view>

STLS_NAMESPACE_BEGIN

[[nodiscard]] bool knows_curve(std::string_view name) noexcept;
// curve_number is the group's number in TLS (RFC 8422 section 5.1.1), by which BearSSL goes too; of a curve
// that it knows.
[[nodiscard]] int curve_number(std::string_view name) noexcept;

// curve_name gives stls's name of one of BearSSL's curves; "" for others.
[[nodiscard]] std::string_view curve_name(int number) noexcept;

// curves_of is the fastest code of the processor, held to the groups of the list. A client names them
// in the order of their numbers, P-256 first: BearSSL has no other.
[[nodiscard]] br_ec_impl curves_of(const group_list&) noexcept;

STLS_NAMESPACE_END
