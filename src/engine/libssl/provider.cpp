#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/context.hpp"
#include "engine/libssl/credentials.hpp"
#include "engine/libssl/digest.hpp"
#include "engine/libssl/groups.hpp"
#include "engine/registry.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <map>

STLS_NAMESPACE_BEGIN

namespace {

// All cipher suites of the library that is loaded, by IANA's names.
bool knows_cipher(std::string_view iana_name) {
  static const auto known = [] {
    std::map<std::string, bool, std::less<>> all;
    const ssl_ctx_ptr scratch(SSL_CTX_new(TLS_method()));
    if (scratch) {
      SSL_CTX_set_security_level(scratch.get(), 0);
      SSL_CTX_set_cipher_list(scratch.get(), "ALL:!aNULL");
      SSL_CTX_set_ciphersuites(
          scratch.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
      const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(scratch.get());
      for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
        if (const char* name = SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(ciphers, i))) all[name] = true;
      }
    }
    ERR_clear_error();
    return all;
  }();
  return known.contains(iana_name);
}

class libssl final : public provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return libssl_name; }

  [[nodiscard]] std::string_view version() const noexcept override {
    // "OpenSSL 3.0.19 27 Jan 2026": name and version are what is of interest.
    const std::string_view text = OpenSSL_version(OPENSSL_VERSION);
    const std::size_t end = text.find(' ', text.find(' ') + 1);
    return text.substr(0, end);
  }

  [[nodiscard]] const struct capabilities& capabilities() const noexcept override {
    // What is in effect in this version of stls; libssl itself can do more.
    static constexpr struct capabilities can = {
        .tls1_2 = true, .tls1_3 = true, .half_close = true, .sessions = true, .tickets = true, .ocsp = true,
        .crl = true, .encrypted_keys = true};
    return can;
  }

  [[nodiscard]] bool has_group(std::string_view name) const noexcept override { return knows_group(name); }
  [[nodiscard]] bool has_cipher(std::string_view name) const noexcept override { return knows_cipher(name); }

  [[nodiscard]] result<std::shared_ptr<const credentials>> load(const settings& set) const override {
    return load_credentials(set).map([](auto loaded) -> std::shared_ptr<const credentials> { return loaded; });
  }
  [[nodiscard]] result<std::shared_ptr<const context>> compile(const config& conf, role r) const override {
    return libssl_context::make(conf, r);
  }
  [[nodiscard]] std::array<std::byte, 32> sha256(std::span<const std::byte> text) const override {
    return digest::of(text);
  }
};

}  // namespace

const provider& libssl_provider() noexcept {
  static const libssl engine;
  return engine;
}

STLS_NAMESPACE_END
