// Public keys of certificates (RFC 5280 section 4.1.2.7).
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <cstddef>
#include <optional>
#include <variant>

STLS_NAMESPACE_BEGIN

namespace x509 {

// rsa_key is one of RFC 3279 or, if it is for RSASSA-PSS alone, of RFC 4055.
struct rsa_key {
  der_view modulus;   // big-endian, without leading zeros
  der_view exponent;  // the same; at most 8 bytes
  std::size_t bits = 0;
  bool pss_only = false;
};

// ec_key is one of RFC 5480.
enum class curve { p256, p384, p521, other };
struct ec_key {
  curve on = curve::other;
  bool named = true;     // false: the curve is spelt out, which RFC 5480 forbids
  der_view point{};      // SEC 1: 04 and both coordinates; or 02 or 03 and one, which few engines read
  std::size_t bits = 0;  // of the field; for curves of no name here, of a coordinate in whole octets
};

struct ed25519_key {
  der_view point;  // 32 bytes
};
struct ed448_key {
  der_view point;  // 57 bytes
};

// unknown_key is one of an algorithm that is not in this list (DSA, SM2, ML-DSA ...).
struct unknown_key {
  der_view algorithm;  // content octets of the OID
};

using public_key = std::variant<rsa_key, ec_key, ed25519_key, ed448_key, unknown_key>;

// parse_public_key reads a SubjectPublicKeyInfo, the whole SEQUENCE. Nothing: malformed, or a key that no
// engine shall be bothered with: an RSA modulus that is even or has more than 16384 bits; an exponent that is
// even, 1, or has more than 64 bits; a point of the wrong size, at infinity, or of the hybrid form. (OpenSSL
// takes other exponents and hybrid points; whether the point is on the curve is the engine's to say.)
[[nodiscard]] std::optional<public_key> parse_public_key(der_view subject_public_key_info) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
