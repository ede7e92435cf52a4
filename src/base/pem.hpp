// PEM (RFC 7468, and RFC 1421's headers for encrypted keys): finding and decoding the objects in a text.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

using bytes = std::vector<std::byte>;

// pem_block is one object. `der` is empty if the object has headers (an encrypted key, whose base64 is not
// DER).
struct pem_block {
  std::string_view label;  // "CERTIFICATE", "EC PRIVATE KEY"; a view of the text
  std::string_view whole;  // from -----BEGIN to the end of -----END...-----, a view of the text
  bool has_headers = false;
  bytes der;
};

// pem_blocks finds all objects. LF, CRLF and CR line ends, blanks at line ends, text before, between and
// after are normal. Errors (bad_pem): `no PEM object found`, `line 12: -----BEGIN CERTIFICATE----- without
// its -----END`, `line 14: not base64`, `line 20: ends as X what began as Y`, `it is DER, not PEM`, ...
[[nodiscard]] result<std::vector<pem_block>> pem_blocks(std::string_view text);

// pem_encode is the inverse, with lines of 64 characters.
[[nodiscard]] std::string pem_encode(std::string_view label, std::span<const std::byte> der);

STLS_NAMESPACE_END
