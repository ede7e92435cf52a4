#include "engine/libssl/verify.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/certificate_der.hpp"
#include "x509/certificate.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::string_view prefix = "certificate verification failed: ";

// The alerts of RFC 8446 section 6.2 that libssl answers. libssl tells of an alert when it was written, which
// may be never: the error shall name it all the same.
struct verdict {
  int code;
  errc meaning;
  int alert;
};
constexpr int bad_certificate = 42;
constexpr int unsupported_certificate = 43;
constexpr int certificate_revoked = 44;
constexpr int certificate_expired = 45;
constexpr int certificate_unknown = 46;
constexpr int unknown_ca = 48;
constexpr std::array verdicts = {
    verdict{X509_V_ERR_CERT_HAS_EXPIRED, errc::certificate_expired, certificate_expired},
    verdict{X509_V_ERR_CERT_NOT_YET_VALID, errc::certificate_not_yet_valid, bad_certificate},
    verdict{X509_V_ERR_HOSTNAME_MISMATCH, errc::certificate_name_mismatch, bad_certificate},
    verdict{X509_V_ERR_CERT_REVOKED, errc::certificate_revoked, certificate_revoked},
    verdict{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_CERT_CHAIN_TOO_LONG, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_PATH_LENGTH_EXCEEDED, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_INVALID_CA, errc::certificate_untrusted, unknown_ca},
    verdict{X509_V_ERR_INVALID_PURPOSE, errc::certificate_untrusted, unsupported_certificate},
    verdict{X509_V_ERR_EE_KEY_TOO_SMALL, errc::certificate_untrusted, bad_certificate},
    verdict{X509_V_ERR_CA_KEY_TOO_SMALL, errc::certificate_untrusted, bad_certificate},
    verdict{X509_V_ERR_CA_MD_TOO_WEAK, errc::certificate_untrusted, bad_certificate},
    verdict{X509_V_ERR_CERT_SIGNATURE_FAILURE, errc::certificate_untrusted, 51 /* decrypt_error */},
};

// A fault of our revocation lists is none of the certificate's. It is answered with certificate_unknown,
// where libssl would say e.g. that the certificate has expired: its table has no alert of its own for this
// code.
constexpr int code_for_unknown = X509_V_ERR_DIFFERENT_CRL_SCOPE;

tl::unexpected<error> refuse(int code, std::string sentence) {
  const auto* const found =
      std::find_if(verdicts.begin(), verdicts.end(), [&](const verdict& v) { return v.code == code; });
  const errc unlisted = is_about_lists(code) ? errc::revocation_unknown : errc::certificate_untrusted;
  error e(found == verdicts.end() ? unlisted : found->meaning, std::move(sentence));
  e.native = code;
  e.alert = found == verdicts.end() ? certificate_unknown : found->alert;
  return fail(std::move(e));
}

// Names are judged by stls's own code, alike on every engine, over the DER as the peer sent it.
result<void> verify_name(X509_STORE_CTX* store, const x509::server_name& name) {
  const bytes der = certificate_der(X509_STORE_CTX_get0_cert(store));
  const auto leaf = x509::parse_certificate(der);
  if (!leaf) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_EXTENSION);
    return refuse(X509_V_ERR_INVALID_EXTENSION, cat({prefix, leaf.error().message}));
  }
  if (x509::names(leaf->names, name)) return {};
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return refuse(X509_V_ERR_HOSTNAME_MISMATCH,
                cat({"name `", name.text, "' not present in server certificate"}));
}

}  // namespace

void set_time(X509_VERIFY_PARAM* rules, const settings& set) {
  if (set.verify_time) {
    X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(now()));
  } else {
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  }
}

result<void> verify_chain(X509_STORE_CTX* store, const settings& set, const crl_list* crls,
                          const x509::server_name* name) {
  set_time(X509_STORE_CTX_get0_param(store), set);
  if (crls != nullptr) verify_with(*crls, store);
  if (X509_verify_cert(store) != 1) {
    int code = X509_STORE_CTX_get_error(store);
    if (code == X509_V_OK)
      code = X509_V_ERR_UNSPECIFIED;  // it failed without a verdict; it must not look like one
    X509_STORE_CTX_set_error(store, is_about_lists(code) ? code_for_unknown : code);
    ERR_clear_error();
    return refuse(code, cat({prefix, X509_verify_cert_error_string(code)}));
  }
  if (name != nullptr) return verify_name(store, *name);
  return {};
}

STLS_NAMESPACE_END
