// The cipher suites that stls knows, and the option that chooses among them.
#pragma once

#include "config/versions.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

enum class key_exchange : std::uint8_t { any /* TLS 1.3 */, ecdhe, dhe, rsa };

// cipher_level is the first of the four words that holds a suite; those after it hold it too.
enum class cipher_level : std::uint8_t { secure, compat, legacy, insecure };

// cipher_suite is one suite of the IANA registry.
struct cipher_suite {
  std::string_view name;          // IANA's: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  std::string_view openssl_name;  // ECDHE-RSA-AES128-GCM-SHA256; TLS 1.3: the same as IANA's
  key_exchange exchange{};
  bool aead = true;
  bool before_1_2 = false;  // can be used by TLS 1.0 and 1.1 too
  cipher_level level{};

  [[nodiscard]] bool tls1_3() const noexcept { return exchange == key_exchange::any; }
  [[nodiscard]] bool usable_in(const version_set& versions) const noexcept {
    if (tls1_3()) return versions.tls1_3;
    return versions.tls1_2 || (before_1_2 && versions.old());
  }
};

using cipher_list = std::vector<const cipher_suite*>;

// cipher_choice is what the option says.
struct cipher_choice {
  enum class kind : std::uint8_t { word, names, expression };
  kind how = kind::word;
  cipher_list suites{};  // in order of preference; of an expression those of TLS 1.3 alone
  std::string
      expression{};  // what chooses the rest, in OpenSSL's language and spelling, for the provider to expand
  bool names_1_3 = false;  // suites of TLS 1.3 were named; else they are the default
};

// parse_ciphers reads the option `ciphers`. For versions before 1.2, which have no AEAD, `secure` means the
// best that there is: forward secrecy with AES.
[[nodiscard]] result<cipher_choice> parse_ciphers(std::string_view value, const version_set& versions);

// find_cipher takes either spelling, in any case. Null: unknown.
[[nodiscard]] const cipher_suite* find_cipher(std::string_view name) noexcept;

// all_ciphers are those that stls knows, in its order of preference.
[[nodiscard]] cipher_list all_ciphers();

STLS_NAMESPACE_END
