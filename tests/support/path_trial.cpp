#include "support/path_trial.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <map>
#include <memory>

#include "support/evp_verifier.hpp"
#include "x509/path.hpp"
#include "x509/refusal.hpp"

namespace stls::test {
namespace {

template <auto free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using context_ptr = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
using stack_ptr = std::unique_ptr<STACK_OF(X509), freed_by<free_stack>>;

x509_ptr parse(const bytes& der) {
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  return x509_ptr(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
}

}  // namespace

result<std::vector<bytes>> judge(const path_trial& trial) {
  const std::vector<x509::der_view> trusted(trial.anchors.begin(), trial.anchors.end());
  const auto anchors = x509::anchor_index::make(trusted);
  if (!anchors) return tl::unexpected(anchors.error());
  std::vector<x509::certificate> sent;
  for (const bytes& der : trial.sent) {
    auto parsed = x509::parse_certificate(der);
    if (!parsed) return tl::unexpected(parsed.error());
    sent.push_back(std::move(*parsed));
  }
  const evp_verifier verifier;
  const auto path = x509::verify_path(sent, *anchors, trial.rules, verifier);
  if (!path) return tl::unexpected(path.error());
  std::vector<bytes> ders;
  for (const auto* one : path->certificates) ders.emplace_back(one->whole.begin(), one->whole.end());
  return ders;
}

int libcrypto_code(const path_trial& trial) {
  const store_ptr store(X509_STORE_new());
  for (const bytes& der : trial.anchors) X509_STORE_add_cert(store.get(), parse(der).get());
  const stack_ptr sent(sk_X509_new_null());
  for (const bytes& der : trial.sent) {
    if (auto one = parse(der)) sk_X509_push(sent.get(), one.release());
  }
  const context_ptr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), sk_X509_value(sent.get(), 0), sent.get()) != 1)
    return -1;
  const bool server = trial.rules.of == x509::purpose::server_auth;
  X509_STORE_CTX_set_default(context.get(), server ? "ssl_server" : "ssl_client");
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_depth(rules, trial.rules.max_depth);
  X509_VERIFY_PARAM_set_auth_level(rules, 2);
  if (trial.rules.at) {
    X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(*trial.rules.at));
  } else {
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  }
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (good) return X509_V_OK;
  const int code = X509_STORE_CTX_get_error(context.get());
  return code != X509_V_OK ? code : X509_V_ERR_UNSPECIFIED;
}

std::string refusal_for(int code) {
  using x509::refusal;
  static const std::map<int, refusal> known = {
      {X509_V_ERR_CERT_HAS_EXPIRED, refusal::expired},
      {X509_V_ERR_CERT_NOT_YET_VALID, refusal::not_yet_valid},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, refusal::issuer_not_found},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, refusal::issuer_not_found},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, refusal::self_signed},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, refusal::self_signed_in_chain},
      {X509_V_ERR_CERT_CHAIN_TOO_LONG, refusal::chain_too_long},
      {X509_V_ERR_PATH_LENGTH_EXCEEDED, refusal::path_too_long},
      {X509_V_ERR_INVALID_CA, refusal::not_an_authority},
      {X509_V_ERR_INVALID_PURPOSE, refusal::wrong_purpose},
      {X509_V_ERR_EE_KEY_TOO_SMALL, refusal::key_too_weak},
      {X509_V_ERR_CA_KEY_TOO_SMALL, refusal::key_too_weak},
      {X509_V_ERR_CA_MD_TOO_WEAK, refusal::signature_too_weak},
      {X509_V_ERR_CERT_SIGNATURE_FAILURE, refusal::bad_signature},
      {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, refusal::unknown_critical_extension},
      {X509_V_ERR_PERMITTED_VIOLATION, refusal::name_not_permitted},
      {X509_V_ERR_EXCLUDED_VIOLATION, refusal::name_not_permitted},
  };
  if (code == X509_V_OK) return {};
  const auto found = known.find(code);
  if (found != known.end()) return x509::refused(found->second).message;
  return x509::refused(refusal::other, X509_verify_cert_error_string(code)).message;
}

}  // namespace stls::test
