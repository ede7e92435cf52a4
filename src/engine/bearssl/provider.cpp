// BearSSL as an engine of stls.
#include "engine/bearssl/context.hpp"
#include "engine/bearssl/credentials.hpp"
#include "engine/bearssl/curves.hpp"
#include "engine/bearssl/suites.hpp"
#include "engine/registry.hpp"

#include "base/fail.hpp"

STLS_NAMESPACE_BEGIN

namespace {

class bearssl final : public provider {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return bearssl_name; }
  // The library does not know its own version; 0.6 is the last release, and the one that has br_get_config
  // and the code for the processors that this engine counts on.
  [[nodiscard]] std::string_view version() const noexcept override { return "BearSSL 0.6"; }

  [[nodiscard]] const struct capabilities& capabilities() const noexcept override {
    static constexpr struct capabilities can = {
        .tls1_2 = true,
        .old_versions = true,
        .sessions = true,
        .keylog = true,
    };
    return can;
  }

  [[nodiscard]] bool has_group(std::string_view name) const noexcept override { return knows_curve(name); }
  [[nodiscard]] bool has_cipher(std::string_view name) const noexcept override {
    return bearssl_suite_named(name) != nullptr;
  }
  [[nodiscard]] result<std::vector<std::string>> expand_ciphers(std::string_view /*unused*/) const override {
    return fail(errc::unsupported, "ciphers: expressions are not supported by engine 'bearssl'");
  }

  [[nodiscard]] result<std::shared_ptr<const credentials>> load(const settings& set) const override {
    return load_bearssl_credentials(set).map(
        [](auto loaded) -> std::shared_ptr<const credentials> { return loaded; });
  }
  [[nodiscard]] result<std::shared_ptr<const context>> compile(const config& conf, role r) const override {
    return bearssl_context::make(conf, r);
  }
  [[nodiscard]] result<std::string> decrypted_key(std::string_view /*unused*/,
                                                  std::string_view /*unused*/) const override {
    return fail(errc::unsupported, "encrypted keys: not supported by engine 'bearssl'");
  }
  [[nodiscard]] std::array<std::byte, 32> sha256(std::span<const std::byte> text) const override {
    std::array<std::byte, br_sha256_SIZE> hash{};
    br_sha256_context state;
    br_sha256_init(&state);
    br_sha256_update(&state, text.data(), text.size());
    br_sha256_out(&state, hash.data());
    return hash;
  }
};

}  // namespace

const provider& bearssl_provider() noexcept {
  static const bearssl engine;
  return engine;
}

STLS_NAMESPACE_END
