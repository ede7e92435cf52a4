#include "engine/bearssl/public_key.hpp"

#include <variant>

STLS_NAMESPACE_BEGIN

namespace {

// BearSSL takes pointers to bytes that it does not change without `const`.
unsigned char* mutable_bytes(x509::der_view bytes) noexcept {
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
}

std::optional<int> curve_number(x509::curve on) noexcept {
  switch (on) {
    case x509::curve::p256:
      return BR_EC_secp256r1;
    case x509::curve::p384:
      return BR_EC_secp384r1;
    case x509::curve::p521:
      return BR_EC_secp521r1;
    case x509::curve::other:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<br_x509_pkey> bearssl_key(const x509::public_key& key) noexcept {
  constexpr std::size_t largest_rsa = 4096;
  br_x509_pkey made{};
  if (const auto* rsa = std::get_if<x509::rsa_key>(&key)) {
    if (rsa->pss_only || rsa->bits > largest_rsa) return std::nullopt;
    made.key_type = BR_KEYTYPE_RSA;
    made.key.rsa = {mutable_bytes(rsa->modulus), rsa->modulus.size(), mutable_bytes(rsa->exponent),
                    rsa->exponent.size()};
    return made;
  }
  if (const auto* ec = std::get_if<x509::ec_key>(&key)) {
    const auto number = curve_number(ec->on);
    if (!number || ec->point.empty() || ec->point.front() != std::byte{4}) return std::nullopt;
    made.key_type = BR_KEYTYPE_EC;
    made.key.ec = {*number, mutable_bytes(ec->point), ec->point.size()};
    return made;
  }
  return std::nullopt;
}

STLS_NAMESPACE_END
