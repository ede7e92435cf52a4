// Names of servers, and whether a certificate is good for one (RFC 9525).
#pragma once

#include "x509/alt_names.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// server_name is what an application asks for: a DNS name or an IP address.
struct server_name {
  std::string text;           // lower case, without the trailing dot
  std::vector<std::byte> ip;  // 4 or 16 bytes; empty: text is a DNS name

  [[nodiscard]] bool is_ip() const noexcept { return !ip.empty(); }
};

// parse_server_name checks a name. Errors (invalid_argument), e.g.
//   servername: empty; set insecure_noverifyname if the name of the server shall not be verified
//   servername: 'a\x00b' holds a NUL byte
//   servername: 'b\xC3\xBCcher.example' is not ASCII; use its A-label (xn--...)
//   servername: 300 bytes, the limit is 253
//   servername: label of 64 bytes, the limit is 63 ...
// Letters, digits, hyphen, underscore and dots are allowed in DNS names. IPv6 without brackets or zone. What
// looks like an IPv4 address but is not one (all labels numeric) is refused.
[[nodiscard]] result<server_name> parse_server_name(std::string_view name);

// names says whether a certificate with these alternative names is good for the name.
//
// DNS names match DNS SANs only, and IP addresses IP SANs only; the common name is never looked at. A
// wildcard is the whole leftmost label, stands for exactly one label, and has two labels at least behind it
// (`*.example.org`; not `*.org`, `w*.example.org`, `*.*.org`). A SAN with a byte outside of letters, digits,
// `-_.*` matches nothing. A trailing dot in the SAN is not part of it... and is refused.
[[nodiscard]] bool names(const alt_names&, const server_name&) noexcept;

// choose gives the index of the certificate that a server shows to a client that asked for `servername`: the
// first that has it as an exact name, else the first with a matching wildcard, else 0. An unusable name
// chooses 0.
[[nodiscard]] std::size_t choose(std::span<const alt_names> certificates,
                                 std::string_view servername) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
