#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/libssl/ciphers.hpp"
#include "engine/libssl/context.hpp"
#include "engine/libssl/credentials.hpp"
#include "engine/libssl/digest.hpp"
#include "engine/libssl/groups.hpp"
#include "engine/registry.hpp"

#include <openssl/crypto.h>

STLS_NAMESPACE_BEGIN

namespace {

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
        .tls1_2 = true,
        .tls1_3 = true,
        .old_versions = true,
        .half_close = true,
        .sessions = true,
        .tickets = true,
        .dhe = true,
        .ocsp = true,
        .crl = true,
        .cipher_expressions = true,
        .encrypted_keys = true,
        .external_keys = true,
        .keylog = true,
    };
    return can;
  }

  [[nodiscard]] bool has_group(std::string_view name) const noexcept override { return knows_group(name); }
  [[nodiscard]] bool has_cipher(std::string_view name) const noexcept override { return knows_cipher(name); }
  [[nodiscard]] result<std::vector<std::string>> expand_ciphers(std::string_view expression) const override {
    return expand_expression(expression);
  }

  [[nodiscard]] result<std::shared_ptr<const credentials>> load(const settings& set) const override {
    return load_credentials(set).map(
        [](auto loaded) -> std::shared_ptr<const credentials> { return loaded; });
  }
  [[nodiscard]] result<std::shared_ptr<const context>> compile(const config& conf, role r) const override {
    return libssl_context::make(conf, r);
  }
  [[nodiscard]] result<std::string> decrypted_key(std::string_view pem_text,
                                                  std::string_view password) const override {
    return decrypt_key(pem_text, password);
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
