// How a certificate is signed (RFC 5280 section 4.1.1.2, RFC 4055, RFC 5758, RFC 8410).
#pragma once

#include "x509/der.hpp"

#include <stls/export.hpp>

#include <cstddef>

STLS_NAMESPACE_BEGIN

namespace x509 {

enum class hash { md5, sha1, sha224, sha256, sha384, sha512 };
enum class signature_kind { rsa_pkcs1, rsa_pss, ecdsa, ed25519, ed448, unknown };

struct signature_algorithm {
  signature_kind kind = signature_kind::unknown;
  hash digest = hash::sha256;  // of the message; rsa_pkcs1, rsa_pss, ecdsa
  std::size_t salt_size = 0;   // rsa_pss, whose mask is always made with `digest` too

  friend bool operator==(const signature_algorithm&, const signature_algorithm&) = default;
};

// parse_signature_algorithm reads an AlgorithmIdentifier, the whole SEQUENCE. What is not in the list is
// `unknown`, and so are parameters that do not belong to the algorithm. Parameters of rsa_pkcs1 and ecdsa are
// NULL or left out: RFC 4055 and 5758 allow one each, OpenSSL anything.
// RSASSA-PSS is known with one hash for message and mask and the trailer BC; OpenSSL mixes hashes.
[[nodiscard]] signature_algorithm parse_signature_algorithm(der_view whole) noexcept;

}  // namespace x509

STLS_NAMESPACE_END
