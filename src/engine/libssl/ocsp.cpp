#include "engine/libssl/ocsp.hpp"

#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/asn1_time.hpp"
#include "engine/libssl/engine.hpp"
#include "engine/libssl/security.hpp"
#include "engine/libssl/verify.hpp"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <string_view>

STLS_NAMESPACE_BEGIN

namespace {

using std::chrono::sys_seconds;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, openssl_deleter<OCSP_RESPONSE_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, openssl_deleter<OCSP_BASICRESP_free>>;
using certid_ptr = std::unique_ptr<OCSP_CERTID, openssl_deleter<OCSP_CERTID_free>>;
using url_stack_ptr = std::unique_ptr<STACK_OF(OPENSSL_STRING), openssl_deleter<X509_email_free>>;

constexpr int bad_certificate_status_response = 113;
constexpr int certificate_revoked = 44;

// As libtls: clocks may differ by a minute, and what is older than two weeks proves nothing, whatever it says
// itself.
constexpr std::chrono::seconds skew{60};
constexpr std::chrono::days greatest_age{14};

// What fails here must not be taken by libssl, which called, for a failure of its own.
struct clean_queue {
  clean_queue() = default;
  clean_queue(const clean_queue&) = delete;
  clean_queue& operator=(const clean_queue&) = delete;
  ~clean_queue() { ERR_clear_error(); }
};

// Where failure can only mean a lack of memory.
template <class T>
T needed(T made) {
  if (!made) throw std::bad_alloc();
  return made;
}

response_ptr parse(std::span<const unsigned char> der) noexcept {
  const auto* data = der.data();
  response_ptr response(d2i_OCSP_RESPONSE(nullptr, &data, static_cast<long>(der.size())));
  return data == der.data() + der.size() ? std::move(response) : nullptr;
}

// status is what a response says of one certificate.
struct status {
  int certificate = -1;
  int reason = -1;
  std::optional<sys_seconds> this_update;
  std::optional<sys_seconds> next_update;
  std::optional<sys_seconds> revoked_at;

  explicit status(OCSP_SINGLERESP* single) {
    ASN1_GENERALIZEDTIME* revoked = nullptr;
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    certificate = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
    if (certificate != V_OCSP_CERTSTATUS_REVOKED) reason = -1;
    this_update = seconds_of(from);
    next_update = seconds_of(until);
    revoked_at = seconds_of(revoked);
  }
};

// The response names a certificate by hashes of its issuer. RFC 6960 leaves the hash to the responder: it is
// SHA-1 nearly everywhere (RFC 5019), and lately SHA-256 (RFC 9654). Nothing is signed by it.
std::optional<status> find_status(OCSP_BASICRESP* basic, const X509* leaf, const X509* issuer) {
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256()}) {
    const certid_ptr id = needed(certid_ptr(OCSP_cert_to_id(digest, leaf, issuer)));
    const int index = OCSP_resp_find(basic, id.get(), -1);
    if (index >= 0) return status(OCSP_resp_get0(basic, index));
  }
  return std::nullopt;
}

// libcrypto applies its security level to certificates, but not to the signature of a response.
bool has_weak_signature(const OCSP_BASICRESP* basic) noexcept {
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, OCSP_resp_get0_tbs_sigalg(basic));
  int digest = NID_undef;
  if (OBJ_find_sigid_algs(OBJ_obj2nid(algorithm), &digest, nullptr) != 1 || digest == NID_undef) return false;
  const EVP_MD* known = EVP_get_digestbynid(digest);
  constexpr int least_size = 28;  // SHA-224's: 112 bits against collisions, which is level 2
  return known == nullptr || EVP_MD_get_size(known) < least_size;
}

// A response is good by the signature of the issuer itself, or of a responder to whom the issuer has given a
// certificate for this (RFC 6960 section 4.2.2.2). So the issuer, verified already, is the only anchor here.
// Flags of 0 make libcrypto ask for all that; with OCSP_TRUSTOTHER, a response signed by the very key of the
// certificate would pass.
bool is_signed(OCSP_BASICRESP* basic, X509* issuer, const settings& set, const crl_list* crls) {
  const x509_store_ptr store = needed(x509_store_ptr(X509_STORE_new()));
  const x509_stack_ptr issuers = needed(x509_stack_ptr(sk_X509_new_null()));
  needed(X509_STORE_add_cert(store.get(), issuer) == 1 &&
         X509_add_cert(issuers.get(), issuer, X509_ADD_FLAG_UP_REF) == 1);
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(rules, security_level);
  set_time(rules, set);
  X509* signer = nullptr;
  const bool delegated =
      OCSP_resp_get0_signer(basic, &signer, issuers.get()) == 1 && X509_cmp(signer, issuer) != 0;
  if (crls != nullptr && delegated) {
    // libcrypto leaves out who has the extension id-pkix-ocsp-nocheck.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_CRL_CHECK);
    for (int i = 0; i < sk_X509_CRL_num(crls->lists.get()); ++i) {
      needed(X509_STORE_add_crl(store.get(), sk_X509_CRL_value(crls->lists.get(), i)) == 1);
    }
  }
  return OCSP_basic_verify(basic, issuers.get(), store.get(), 0) == 1;
}

// Why a response is not current, or "". OCSP_check_validity has a clock of its own.
std::string_view not_current(const status& said) {
  const auto time = now_in_seconds();
  if (!said.this_update) return "its thisUpdate is malformed";
  if (*said.this_update > time + skew) return "it is not yet valid";
  if (said.next_update && *said.next_update < time - skew) return "it has expired";
  if (*said.this_update < time - greatest_age) return "it is older than 14 days";
  return {};
}

error unknown(std::string_view why) {
  error e(errc::revocation_unknown, cat({"ocsp verify failed: ", why}));
  e.alert = bad_certificate_status_response;
  return e;
}

error revoked(int reason) {
  const std::string_view word = reason < 0 ? "no reason given" : OCSP_crl_reason_str(reason);
  error e(errc::certificate_revoked, cat({"ocsp verify failed: revoked cert - ", word}));
  e.alert = bad_certificate_status_response;
  return e;
}

error judge(std::span<const unsigned char> der, const STACK_OF(X509) * chain, const settings& set,
            const crl_list* crls, ocsp_info& info) {
  const response_ptr response = parse(der);
  if (!response) return unknown("unable to parse OCSP response");
  info.response_status = OCSP_response_status(response.get());
  if (info.response_status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    info.result = OCSP_response_status_str(info.response_status);
    return unknown(cat({"response - ", info.result}));
  }
  const basic_ptr basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return unknown("cannot load ocsp reply");

  // A certificate that is its own anchor has no issuer; its own key must not speak for it.
  if (sk_X509_num(chain) < 2) return unknown("no issuer cert");
  X509* issuer = sk_X509_value(chain, 1);
  if (has_weak_signature(basic.get())) return unknown("signature is too weak");
  if (!is_signed(basic.get(), issuer, set, crls)) return unknown("not signed by the issuer or its responder");
  const auto said = find_status(basic.get(), sk_X509_value(chain, 0), issuer);
  if (!said) return unknown("no result for cert");

  info.cert_status = said->certificate;
  info.crl_reason = said->reason;
  info.this_update = said->this_update;
  info.next_update = said->next_update;
  info.revocation_time = said->revoked_at;
  info.result =
      said->reason >= 0 ? OCSP_crl_reason_str(said->reason) : OCSP_cert_status_str(said->certificate);
  // Whatever its dates say: a revocation is for good.
  if (said->certificate == V_OCSP_CERTSTATUS_REVOKED) return revoked(said->reason);
  if (set.verify_time) {
    if (const auto why = not_current(*said); !why.empty())
      return unknown(cat({"ocsp response not current: ", why}));
    if (!said->next_update && set.ocsp_require_stapling) {
      return unknown("ocsp response not current: it does not say until when it is valid");
    }
  }
  if (said->certificate != V_OCSP_CERTSTATUS_GOOD) return unknown("the responder does not know the cert");
  return {};
}

// Whether a single response is about a certificate, as far as that shows without its issuer's: serial number
// and hash of the issuer's name.
bool is_about(OCSP_SINGLERESP* single, const X509* certificate) {
  // libcrypto's getter takes no const.
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OCTET_STRING* name_hash = nullptr;
  ASN1_OBJECT* algorithm = nullptr;
  ASN1_INTEGER* serial = nullptr;
  if (OCSP_id_get0_info(&name_hash, &algorithm, nullptr, &serial, id) != 1) return false;
  const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
  std::array<unsigned char, EVP_MAX_MD_SIZE> ours{};
  unsigned size = 0;
  if (digest == nullptr ||
      X509_NAME_digest(X509_get_issuer_name(certificate), digest, ours.data(), &size) != 1) {
    return false;
  }
  const std::span theirs(ASN1_STRING_get0_data(name_hash),
                         static_cast<std::size_t>(ASN1_STRING_length(name_hash)));
  return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0 &&
         std::equal(theirs.begin(), theirs.end(), ours.begin(), ours.begin() + size);
}

}  // namespace

result<void> check_staple(const keypair_settings& pair, const X509* certificate, warning_sink& warnings) {
  if (pair.staple.empty()) return {};
  const clean_queue clean;
  const std::string option = cat({pair.option, "ocsp_staple: "});
  const response_ptr response =
      parse({reinterpret_cast<const unsigned char*>(pair.staple.data()), pair.staple.size()});
  if (!response) return fail(errc::bad_pem, cat({option, "not an OCSP response"}));
  if (const int answer = OCSP_response_status(response.get()); answer != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return fail(errc::bad_pem,
                cat({option, "the responder did not answer, but said ", OCSP_response_status_str(answer)}));
  }
  const basic_ptr basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return fail(errc::bad_pem, cat({option, "not an OCSP response"}));

  using enum warning::severity;
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
    if (!is_about(single, certificate)) continue;
    const status said(single);
    if (said.certificate == V_OCSP_CERTSTATUS_REVOKED) {
      warnings.warn(serious, "ocsp_staple_revoked", cat({option, "says that the certificate is revoked"}));
    } else if (const auto why = not_current(said); !why.empty()) {
      warnings.warn(serious, "ocsp_staple_not_current", cat({option, "not current: ", why}));
    }
    return {};
  }
  warnings.warn(serious, "ocsp_staple_mismatch", cat({option, "is for another certificate"}));
  return {};
}

ocsp_verdict judge_staple(std::span<const unsigned char> der, const STACK_OF(X509) * chain,
                          const settings& set, const crl_list* crls) {
  const clean_queue clean;
  ocsp_verdict verdict;
  verdict.complaint = judge(der, chain, set, crls, verdict.info);
  return verdict;
}

std::string ocsp_url(X509* certificate) {
  const url_stack_ptr urls(X509_get1_ocsp(certificate));
  if (!urls || sk_OPENSSL_STRING_num(urls.get()) < 1) return {};
  return escaped(sk_OPENSSL_STRING_value(urls.get(), 0));
}

// -- in the handshake
// ----------------------------------------------------------------------------------------------

// The keypair was chosen by the server name before; its certificate says which it is.
int libssl_engine::send_staple(SSL* ssl, void* /*unused*/) noexcept {
  const libssl_context& ctx = *of(ssl).context_;
  const X509* shown = SSL_get_certificate(ssl);
  const auto& keypairs = ctx.loaded().keypairs;
  for (std::size_t i = 0; i < keypairs.size(); ++i) {
    if (keypairs[i]->certificate.get() != shown) continue;
    const bytes& staple = ctx.options().keypairs[i].staple;
    if (staple.empty()) break;
    void* copy = OPENSSL_memdup(staple.data(), staple.size());  // libssl frees it
    if (copy == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

// libssl calls this also where no staple came, and after the certificate was verified. 0 makes it answer
// bad_certificate_status_response.
int libssl_engine::accept_staple(SSL* ssl, void* /*unused*/) noexcept {
  libssl_engine& self = of(ssl);
  // What was verified when a session was made is not sent again when it is resumed; with TLS 1.3 libssl asks
  // all the same.
  if (SSL_session_reused(ssl) == 1) return 1;
  auto judged = guarded([&] { return self.judge_staple(SSL_get0_verified_chain(ssl)); });
  if (judged) return 1;
  self.condemn(std::move(judged.error()));
  return 0;
}

result<void> libssl_engine::judge_staple(const STACK_OF(X509) * chain) {
  const settings& set = context_->options();
  const unsigned char* der = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &der);
  if (size <= 0) {
    if (!set.ocsp_require_stapling) return {};
    error absent(errc::revocation_unknown, "no stapled OCSP response provided");
    absent.alert = bad_certificate_status_response;
    return fail(std::move(absent));
  }
  if (!staple_) {
    staple_ = std::make_unique<const ocsp_verdict>(
        stls::judge_staple({der, static_cast<std::size_t>(size)}, chain, set, context_->loaded().crls.get()));
  }
  const error& complaint = staple_->complaint;
  if (complaint == errc::certificate_revoked || (complaint.code && set.ocsp_require_stapling))
    return fail(complaint);
  return {};
}

result<ocsp_verdict> libssl_engine::judge_ocsp(std::span<const std::byte> response) const {
  return stls::judge_staple({reinterpret_cast<const unsigned char*>(response.data()), response.size()},
                            SSL_get0_verified_chain(ssl_.get()), context_->options(),
                            context_->loaded().crls.get());
}

// TLS 1.3 brings the staple along with the certificate (RFC 8446 section 4.4.2.1), so that a revocation can
// be answered with its own alert. In TLS 1.2 it comes later: none is there yet, and accept_staple does it.
result<void> libssl_engine::refuse_revoked(X509_STORE_CTX* store) {
  if (context_->side() == role::server) return {};
  auto judged = judge_staple(X509_STORE_CTX_get0_chain(store));
  if (judged || judged.error() != errc::certificate_revoked) return {};
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
  judged.error().alert = certificate_revoked;
  return judged;
}

void libssl_engine::warn_of_staple() const noexcept {
  if (!staple_ || !staple_->complaint.code) return;
  const auto told = guarded([&]() -> result<void> {
    const std::string whose = asked_for().empty() ? std::string() : cat({asked_for(), ": "});
    context_->options().warnings->warn(warning::severity::warning, "ocsp_staple",
                                       cat({whose, staple_->complaint.message}));
    return {};
  });
  static_cast<void>(told);
}

STLS_NAMESPACE_END
