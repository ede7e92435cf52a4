// The extensions on which a certification path hangs (RFC 5280 section 4.2.1).
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

STLS_NAMESPACE_BEGIN

namespace x509 {

// The OIDs of extensions, content octets.
namespace extension_oid {
template <class... Octets>
constexpr std::array<std::byte, sizeof...(Octets)> octets(Octets... values) noexcept {
  return {static_cast<std::byte>(values)...};
}
inline constexpr auto subject_key_identifier = octets(0x55, 0x1d, 14);  // 2.5.29
inline constexpr auto key_usage = octets(0x55, 0x1d, 15);
inline constexpr auto subject_alt_name = octets(0x55, 0x1d, 17);
inline constexpr auto basic_constraints = octets(0x55, 0x1d, 19);
inline constexpr auto name_constraints = octets(0x55, 0x1d, 30);
inline constexpr auto crl_distribution_points = octets(0x55, 0x1d, 31);
inline constexpr auto certificate_policies = octets(0x55, 0x1d, 32);
inline constexpr auto policy_mappings = octets(0x55, 0x1d, 33);
inline constexpr auto authority_key_identifier = octets(0x55, 0x1d, 35);
inline constexpr auto policy_constraints = octets(0x55, 0x1d, 36);
inline constexpr auto extended_key_usage = octets(0x55, 0x1d, 37);
inline constexpr auto inhibit_any_policy = octets(0x55, 0x1d, 54);
inline constexpr auto proxy_certificate = octets(0x2b, 6, 1, 5, 5, 7, 1, 14);  // RFC 3820
inline constexpr auto ocsp_no_check = octets(0x2b, 6, 1, 5, 5, 7, 48, 1, 5);   // RFC 6960
inline constexpr auto netscape_type =
    octets(0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1);  // 2.16.840.1.113730.1.1
}  // namespace extension_oid

// Each parser takes the extension's value, inside its OCTET STRING. Nothing: malformed.

// basic_constraints, section 4.2.1.9. A path length without `ca` means nothing: RFC 5280 forbids it, OpenSSL
// and we take it, since there are such certificates.
struct basic_constraints {
  bool ca = false;
  std::optional<std::uint32_t> path_length;  // larger ones than fit are the largest that fits
};
[[nodiscard]] std::optional<basic_constraints> parse_basic_constraints(der_view value) noexcept;

// key_usage, section 4.2.1.3. One without any bit is malformed.
struct key_usage {
  bool digital_signature = false;
  bool key_encipherment = false;
  bool key_agreement = false;
  bool key_cert_sign = false;
  bool crl_sign = false;
};
[[nodiscard]] std::optional<key_usage> parse_key_usage(der_view value) noexcept;

// extended_key_usage, section 4.2.1.12. anyExtendedKeyUsage is none of these two (RFC 5280 leaves that to the
// application, OpenSSL does the same), and neither are the SGC usages, which OpenSSL takes for server_auth.
struct extended_key_usage {
  bool server_auth = false;
  bool client_auth = false;
};
[[nodiscard]] std::optional<extended_key_usage> parse_extended_key_usage(der_view value) noexcept;

// netscape_type is what stood in the place of extended_key_usage before there was one. OpenSSL obeys it.
struct netscape_type {
  bool server = false;
  bool client = false;
};
[[nodiscard]] std::optional<netscape_type> parse_netscape_type(der_view value) noexcept;

// parse_subject_key_identifier gives the octets (section 4.2.1.2).
[[nodiscard]] std::optional<der_view> parse_subject_key_identifier(der_view value) noexcept;

// authority_key_identifier, section 4.2.1.1. It says about the issuer's certificate what is there.
struct authority_key_identifier {
  std::optional<der_view> key;     // subjectKeyIdentifier
  std::optional<der_view> issuer;  // the Name of whom it was issued by: the first directoryName
  std::optional<der_view> serial;  // content octets
};
[[nodiscard]] std::optional<authority_key_identifier> parse_authority_key_identifier(der_view value) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
