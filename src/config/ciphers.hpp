// The cipher suites that stls knows, and the four words that choose among them.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

enum class key_exchange : std::uint8_t { any /* TLS 1.3 */, ecdhe, rsa };

// cipher_suite is one suite of the IANA registry.
struct cipher_suite {
  std::string_view name;          // IANA's: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  std::string_view openssl_name;  // ECDHE-RSA-AES128-GCM-SHA256; TLS 1.3: the same as IANA's
  key_exchange exchange{};
  bool aead = true;

  [[nodiscard]] bool tls1_3() const noexcept { return exchange == key_exchange::any; }
};

using cipher_list = std::vector<const cipher_suite*>;

// parse_ciphers reads the option `ciphers`: suites in order of preference.
[[nodiscard]] result<cipher_list> parse_ciphers(std::string_view word);

STLS_NAMESPACE_END
