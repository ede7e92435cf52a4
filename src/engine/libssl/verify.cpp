#include "engine/libssl/verify.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/certificate_der.hpp"
#include "x509/certificate.hpp"
#include "x509/refusal.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

using x509::refusal;

// What libssl finds wrong with a chain, and why stls refuses it therefore. Whatever is not listed has no
// words of its own.
struct finding {
  int code;
  refusal why;
};
constexpr std::array findings = {
    finding{X509_V_ERR_CERT_HAS_EXPIRED, refusal::expired},
    finding{X509_V_ERR_CERT_NOT_YET_VALID, refusal::not_yet_valid},
    finding{X509_V_ERR_CERT_REVOKED, refusal::revoked},
    finding{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, refusal::issuer_not_found},
    finding{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, refusal::issuer_not_found},
    finding{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, refusal::issuer_not_found},
    finding{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, refusal::self_signed},
    finding{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, refusal::self_signed_in_chain},
    finding{X509_V_ERR_CERT_CHAIN_TOO_LONG, refusal::chain_too_long},
    finding{X509_V_ERR_PATH_LENGTH_EXCEEDED, refusal::path_too_long},
    finding{X509_V_ERR_INVALID_CA, refusal::not_an_authority},
    finding{X509_V_ERR_KEYUSAGE_NO_CERTSIGN, refusal::not_an_authority},
    finding{X509_V_ERR_INVALID_PURPOSE, refusal::wrong_purpose},
    finding{X509_V_ERR_EE_KEY_TOO_SMALL, refusal::key_too_weak},
    finding{X509_V_ERR_CA_KEY_TOO_SMALL, refusal::key_too_weak},
    finding{X509_V_ERR_CA_MD_TOO_WEAK, refusal::signature_too_weak},
    finding{X509_V_ERR_CERT_SIGNATURE_FAILURE, refusal::bad_signature},
    finding{X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, refusal::bad_signature},
    finding{X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, refusal::unknown_critical_extension},
    finding{X509_V_ERR_PERMITTED_VIOLATION, refusal::name_not_permitted},
    finding{X509_V_ERR_EXCLUDED_VIOLATION, refusal::name_not_permitted},
    finding{X509_V_ERR_UNABLE_TO_GET_CRL, refusal::crl_missing},
    finding{X509_V_ERR_CRL_HAS_EXPIRED, refusal::crl_expired},
    finding{X509_V_ERR_CRL_NOT_YET_VALID, refusal::crl_not_yet_valid},
    finding{X509_V_ERR_CRL_SIGNATURE_FAILURE, refusal::crl_bad_signature},
};

error explained(int code) {
  const auto* const found =
      std::find_if(findings.begin(), findings.end(), [&](const finding& f) { return f.code == code; });
  if (found != findings.end()) return x509::refused(found->why);
  return x509::refused(is_about_lists(code) ? refusal::crl_unusable : refusal::other,
                       X509_verify_cert_error_string(code));
}

// libssl takes the alert from the code that it finds in the store context, by a table of its own. These are
// codes for which that has the alert in question.
int code_for(int alert) noexcept {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
      return X509_V_ERR_CERT_REJECTED;
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return X509_V_ERR_INVALID_PURPOSE;
    case SSL_AD_CERTIFICATE_REVOKED:
      return X509_V_ERR_CERT_REVOKED;
    case SSL_AD_CERTIFICATE_EXPIRED:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case SSL_AD_UNKNOWN_CA:
      return X509_V_ERR_INVALID_CA;
    default:
      return X509_V_ERR_DIFFERENT_CRL_SCOPE;  // certificate_unknown, as all that is not in the table
  }
}

tl::unexpected<error> refuse(X509_STORE_CTX* store, error e, int native) {
  e.native = native;
  X509_STORE_CTX_set_error(store, code_for(e.alert));
  return fail(std::move(e));
}

// stls reads each certificate itself, as it was sent, and more strictly than libssl: e.g. no extension twice.
result<x509::certificate> read(const bytes& der) {
  auto parsed = x509::parse_certificate(der);
  if (!parsed) return fail(x509::refused(refusal::malformed, parsed.error().message));
  return parsed;
}

// The chain that was found, but for the peer's own certificate, and for the root: that one is trusted as it
// is.
result<void> read_issuers(const STACK_OF(X509) * chain) {
  for (int i = 1; i + 1 < sk_X509_num(chain); ++i) {
    const bytes der = certificate_der(sk_X509_value(chain, i));
    if (auto parsed = read(der); !parsed) return fail(std::move(parsed.error()));
  }
  return {};
}

// A certificate without the extension allows everything.
bool allows(X509* certificate, key_use use) noexcept {
  const std::uint32_t needed =
      use == key_use::signature ? X509v3_KU_DIGITAL_SIGNATURE : X509v3_KU_KEY_ENCIPHERMENT;
  return (X509_get_key_usage(certificate) & needed) != 0;
}

}  // namespace

void set_time(X509_VERIFY_PARAM* rules, const settings& set) {
  if (set.verify_time) {
    X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(now()));
  } else {
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  }
}

result<void> verify_chain(X509_STORE_CTX* store, const settings& set, key_use use, const crl_list* crls,
                          const x509::server_name* name) {
  const bytes der = certificate_der(X509_STORE_CTX_get0_cert(store));
  const auto leaf = read(der);
  if (!leaf) return refuse(store, leaf.error(), X509_V_ERR_INVALID_EXTENSION);
  set_time(X509_STORE_CTX_get0_param(store), set);
  if (crls != nullptr) verify_with(*crls, store);
  if (X509_verify_cert(store) != 1) {
    int code = X509_STORE_CTX_get_error(store);
    if (code == X509_V_OK)
      code = X509_V_ERR_UNSPECIFIED;  // it failed without a verdict; it must not look like one
    ERR_clear_error();
    if (code == X509_V_ERR_OUT_OF_MEM) return fail(errc::out_of_memory, out_of_memory);
    return refuse(store, explained(code), code);
  }
  if (auto done = read_issuers(X509_STORE_CTX_get0_chain(store)); !done)
    return refuse(store, std::move(done.error()), X509_V_ERR_INVALID_EXTENSION);
  if (!allows(X509_STORE_CTX_get0_cert(store), use))
    return refuse(store, x509::refused(refusal::wrong_purpose), X509_V_ERR_INVALID_PURPOSE);
  // Names are judged by stls's own code, alike on every engine.
  if (name != nullptr && !x509::names(leaf->names, *name)) {
    const std::string sentence = cat({"name `", name->text, "' not present in server certificate"});
    return refuse(store, x509::refused(refusal::name_mismatch, sentence), X509_V_ERR_HOSTNAME_MISMATCH);
  }
  return {};
}

STLS_NAMESPACE_END
