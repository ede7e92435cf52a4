// The subject alternative names of a certificate (RFC 5280 section 4.2.1.6).
#pragma once

#include "x509/der.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <string>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

struct alt_names {
  std::vector<std::string> dns;  // bytes as they stand; may hold anything, NUL too
  std::vector<std::string> emails;
  std::vector<std::string> uris;
  std::vector<std::vector<std::byte>> ips;  // 4 or 16 bytes
};

// parse_alt_names reads the extension's value (inside its OCTET STRING). Kinds other than these four are
// passed over. Errors (bad_pem): malformed DER, an IP address of another size, an empty sequence.
[[nodiscard]] result<alt_names> parse_alt_names(der_view extension_value);

// ip_text is the usual text of an address of 4 or 16 bytes (RFC 5952).
[[nodiscard]] std::string ip_text(std::span<const std::byte> address);

}  // namespace x509

STLS_NAMESPACE_END
