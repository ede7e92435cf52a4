// Why a certificate is refused.
#include "x509/refusal.hpp"

#include <string_view>

#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::string_view prefix = "certificate verification failed: ";

// RFC 8446 section 6.2.
constexpr int bad_certificate = 42;  // "corrupt, contained signatures that did not verify correctly, etc."
constexpr int unsupported_certificate = 43;
constexpr int certificate_revoked = 44;
constexpr int certificate_expired = 45;  // "or is not currently valid"
constexpr int certificate_unknown = 46;  // "some other (unspecified) issue"
constexpr int unknown_ca = 48;

struct verdict {
  errc code;
  int alert;
  std::string_view words;
};

// The words are libtls's, and thereby those that people know from OpenSSL, as far as these say enough.
// Without any, the detail is all.
verdict verdict_of(refusal why) noexcept {
  switch (why) {
    case refusal::expired:
      return {errc::certificate_expired, certificate_expired, "certificate has expired"};
    case refusal::not_yet_valid:
      return {errc::certificate_not_yet_valid, certificate_expired, "certificate is not yet valid"};
    case refusal::name_mismatch:
      return {errc::certificate_name_mismatch, bad_certificate, {}};
    case refusal::revoked:
      return {errc::certificate_revoked, certificate_revoked, "certificate revoked"};
    case refusal::issuer_not_found:
      return {errc::certificate_untrusted, unknown_ca, "unable to get local issuer certificate"};
    case refusal::self_signed:
      return {errc::certificate_untrusted, unknown_ca, "self-signed certificate"};
    case refusal::self_signed_in_chain:
      return {errc::certificate_untrusted, unknown_ca, "self-signed certificate in certificate chain"};
    case refusal::chain_too_long:
      return {errc::certificate_untrusted, unknown_ca, "certificate chain too long"};
    case refusal::path_too_long:
      return {errc::certificate_untrusted, unknown_ca, "path length constraint exceeded"};
    case refusal::not_an_authority:
      return {errc::certificate_untrusted, unknown_ca, "invalid CA certificate"};
    case refusal::wrong_purpose:
      return {errc::certificate_untrusted, unsupported_certificate, "unsuitable certificate purpose"};
    case refusal::key_too_weak:
      return {errc::certificate_untrusted, bad_certificate, "certificate key too weak"};
    case refusal::signature_too_weak:
      return {errc::certificate_untrusted, bad_certificate, "certificate signature algorithm too weak"};
    case refusal::bad_signature:
      return {errc::certificate_untrusted, bad_certificate, "certificate signature failure"};
    case refusal::malformed:
      return {errc::certificate_untrusted, bad_certificate, {}};
    case refusal::unknown_critical_extension:
      return {errc::certificate_untrusted, certificate_unknown, "unhandled critical extension"};
    case refusal::name_not_permitted:
      return {errc::certificate_untrusted, certificate_unknown, "name not permitted by its issuer"};
    case refusal::crl_missing:
      return {errc::revocation_unknown, certificate_unknown, "unable to get certificate CRL"};
    case refusal::crl_expired:
      return {errc::revocation_unknown, certificate_unknown, "CRL has expired"};
    case refusal::crl_not_yet_valid:
      return {errc::revocation_unknown, certificate_unknown, "CRL is not yet valid"};
    case refusal::crl_bad_signature:
      return {errc::revocation_unknown, certificate_unknown, "CRL signature failure"};
    case refusal::crl_unusable:
      return {errc::revocation_unknown, certificate_unknown, "unusable CRL"};
    case refusal::other:
      break;
  }
  return {errc::certificate_untrusted, certificate_unknown, "certificate cannot be verified"};
}

}  // namespace

error refused(refusal why, std::string_view detail) {
  const verdict found = verdict_of(why);
  const bool both = !found.words.empty() && !detail.empty();
  error e(found.code,
          cat({why == refusal::name_mismatch ? "" : prefix, found.words, both ? ": " : "", detail}));
  e.alert = found.alert;
  return e;
}

}  // namespace x509

STLS_NAMESPACE_END
