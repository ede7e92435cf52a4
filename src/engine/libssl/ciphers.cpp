#include "engine/libssl/ciphers.hpp"

#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/errors.hpp"
#include "engine/libssl/security.hpp"

#include <openssl/err.h>

#include <memory>
#include <set>

STLS_NAMESPACE_BEGIN

namespace {

inline void free_suites(STACK_OF(SSL_CIPHER) * stack) noexcept { sk_SSL_CIPHER_free(stack); }
using suites_ptr = std::unique_ptr<STACK_OF(SSL_CIPHER), openssl_deleter<free_suites>>;

// What libssl would offer with these lists, by IANA's names. A list that it takes nothing from is an empty
// answer.
result<std::vector<std::string>> offered(const std::string& before_1_3, const std::string& of_1_3) {
  ERR_clear_error();
  const ssl_ctx_ptr scratch(SSL_CTX_new(TLS_client_method()));
  if (!scratch) return fail(library_error("SSL_CTX_new"));
  // openssl.cnf may have narrowed these.
  SSL_CTX_set_security_level(scratch.get(), security_level);
  SSL_CTX_set_min_proto_version(scratch.get(), 0);
  SSL_CTX_set_max_proto_version(scratch.get(), 0);
  std::vector<std::string> names;
  if (SSL_CTX_set_ciphersuites(scratch.get(), of_1_3.c_str()) != 1 ||
      SSL_CTX_set_cipher_list(scratch.get(), before_1_3.c_str()) != 1) {
    ERR_clear_error();
    return names;
  }
  const ssl_ptr ssl(SSL_new(scratch.get()));
  if (!ssl) return fail(library_error("SSL_new"));
  // Unlike the list of the context, this one keeps to the security level, and leaves out what would need PSK
  // or SRP.
  const suites_ptr suites(SSL_get1_supported_ciphers(ssl.get()));
  for (int i = 0; i < sk_SSL_CIPHER_num(suites.get()); ++i) {
    if (const char* name = SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(suites.get(), i)))
      names.emplace_back(name);
  }
  return names;
}

}  // namespace

bool knows_cipher(std::string_view iana_name) noexcept {
  static const auto known = [] {
    const cipher_list all = all_ciphers();
    std::set<std::string, std::less<>> names;
    // One at a time: of TLS 1.3's, one that is not known would spoil the list.
    for (const cipher_suite* suite : all) {
      if (!suite->tls1_3()) continue;
      const auto found = offered("ALL", std::string(suite->openssl_name));
      if (found) names.insert(found->begin(), found->end());
    }
    return names;
  }();
  return known.contains(iana_name);
}

result<std::vector<std::string>> expand_expression(std::string_view expression) {
  return offered(std::string(expression), std::string());
}

std::string openssl_ciphers(const cipher_list& suites, bool tls1_3) {
  std::string names;
  for (const cipher_suite* suite : suites) {
    if (suite->tls1_3() == tls1_3) names += cat({names.empty() ? "" : ":", suite->openssl_name});
  }
  return names;
}

STLS_NAMESPACE_END
