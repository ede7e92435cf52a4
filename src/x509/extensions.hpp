// The extensions on which a certification path hangs (RFC 5280 section 4.2.1).
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

STLS_NAMESPACE_BEGIN

namespace x509 {

// The OIDs of extensions, content octets.
namespace extension_oid {
constexpr std::array<std::byte, 3> id_ce(unsigned last) noexcept {  // 2.5.29.last
  return {std::byte{0x55}, std::byte{0x1d}, static_cast<std::byte>(last)};
}
inline constexpr auto subject_key_identifier = id_ce(14);
inline constexpr auto key_usage = id_ce(15);
inline constexpr auto subject_alt_name = id_ce(17);
inline constexpr auto basic_constraints = id_ce(19);
inline constexpr auto name_constraints = id_ce(30);
inline constexpr auto certificate_policies = id_ce(32);
inline constexpr auto policy_mappings = id_ce(33);
inline constexpr auto authority_key_identifier = id_ce(35);
inline constexpr auto policy_constraints = id_ce(36);
inline constexpr auto extended_key_usage = id_ce(37);
inline constexpr auto inhibit_any_policy = id_ce(54);
}  // namespace extension_oid

// Each parser takes the extension's value, inside its OCTET STRING. Nothing: malformed.

// basic_constraints, section 4.2.1.9. A path length without `ca` is malformed.
struct basic_constraints {
  bool ca = false;
  std::optional<std::uint32_t> path_length;  // larger ones than fit are the largest that fits
};
[[nodiscard]] std::optional<basic_constraints> parse_basic_constraints(der_view value) noexcept;

// key_usage, section 4.2.1.3. No bit set is malformed, as the RFC has it.
struct key_usage {
  bool digital_signature = false;
  bool key_encipherment = false;
  bool key_agreement = false;
  bool key_cert_sign = false;
  bool crl_sign = false;
};
[[nodiscard]] std::optional<key_usage> parse_key_usage(der_view value) noexcept;

// extended_key_usage, section 4.2.1.12: what a path asks about.
struct extended_key_usage {
  bool server_auth = false;
  bool client_auth = false;
  bool any = false;
};
[[nodiscard]] std::optional<extended_key_usage> parse_extended_key_usage(der_view value) noexcept;

// parse_subject_key_identifier gives the octets (section 4.2.1.2).
[[nodiscard]] std::optional<der_view> parse_subject_key_identifier(der_view value) noexcept;

// authority_key_identifier, section 4.2.1.1. What is not there is empty.
struct authority_key_identifier {
  std::optional<der_view> key;
  std::optional<der_view> issuer;  // the issuer's issuer: the first directoryName, the whole Name
  std::optional<der_view> serial;  // the issuer's serial number, content octets
};
[[nodiscard]] std::optional<authority_key_identifier> parse_authority_key_identifier(der_view value) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
