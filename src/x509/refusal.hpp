// Why a certificate is refused, in words, codes and alerts that are the same on every engine.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdint>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace x509 {

enum class refusal : std::uint8_t {
  expired,
  not_yet_valid,
  name_mismatch,  // the detail is the whole sentence, which as libtls's has no prefix
  revoked,
  issuer_not_found,
  self_signed,           // the peer's own certificate
  self_signed_in_chain,  // a root that is not trusted
  chain_too_long,        // verify_depth
  path_too_long,         // pathLenConstraint
  not_an_authority,      // an issuer that may not sign certificates
  wrong_purpose,
  key_too_weak,
  signature_too_weak,
  bad_signature,
  malformed,  // the detail is parse_certificate's sentence
  unknown_critical_extension,
  name_not_permitted,  // name constraints
  crl_missing,
  crl_expired,
  crl_not_yet_valid,
  crl_bad_signature,
  crl_unusable,
  other,
};

// refused gives the error: its code, its sentence (`certificate verification failed: certificate has
// expired`, and after another colon the detail, if there is one) and the alert that the peer shall receive.
// The alert is what RFC 8446 section 6.2 says; where that leaves it open, what OpenSSL sends.
[[nodiscard]] error refused(refusal, std::string_view detail = {});

}  // namespace x509

STLS_NAMESPACE_END
