#include "config/ciphers.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

using enum key_exchange;

// In order of preference: forward secrecy first, AEAD before CBC, AES-128 before AES-256 (it is as safe and
// faster), ECDSA before RSA. A suite of a level is acceptable to all levels below it in `words`.
constexpr std::array<cipher_suite, 27> suites = {{
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", any, true},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", any, true},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", any, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", ecdhe, true},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", ecdhe, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", ecdhe, true},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", ecdhe, true},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", ecdhe, true},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", ecdhe, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM", ecdhe, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "ECDHE-ECDSA-AES256-CCM", ecdhe, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", ecdhe, false},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", ecdhe, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", ecdhe, false},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", ecdhe, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", ecdhe, false},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", ecdhe, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", ecdhe, false},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", ecdhe, false},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", rsa, true},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", rsa, true},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", rsa, false},
    {"TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", rsa, false},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", rsa, false},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", rsa, false},
    {"TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", "ECDHE-RSA-CAMELLIA128-SHA256", ecdhe, false},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", ecdhe, false},
}};

enum class level : std::uint8_t { secure, compat, legacy };

level level_of(const cipher_suite& suite) noexcept {
  const bool forward = suite.exchange != rsa;
  if (forward && suite.aead) return level::secure;
  const bool aes = suite.name.find("AES") != std::string_view::npos;
  return aes ? level::compat : level::legacy;
}

struct word {
  std::string_view name;
  level limit;
};
constexpr std::array<word, 6> words = {{{"secure", level::secure},
                                        {"default", level::secure},
                                        {"compat", level::compat},
                                        {"legacy", level::legacy},
                                        {"insecure", level::legacy},
                                        {"all", level::legacy}}};

bool is_suite(std::string_view name) noexcept {
  return std::any_of(suites.begin(), suites.end(), [&](const cipher_suite& suite) {
    return same_word(name, suite.name) || same_word(name, suite.openssl_name);
  });
}

}  // namespace

result<cipher_list> parse_ciphers(std::string_view value) {
  const std::string_view wanted = value.empty() ? "secure" : value;
  const auto* const found = std::find_if(words.begin(), words.end(), [&](const word& w) { return same_word(w.name, wanted); });
  if (found == words.end()) {
    const auto items = split(wanted, list_separators);
    if (items.size() > 1 || (items.size() == 1 && is_suite(items.front()))) {
      return not_yet_supported("ciphers: a list of names");
    }
    constexpr std::array<std::string_view, 4> known = {"secure", "compat", "legacy", "insecure"};
    return unknown_word("ciphers", wanted, known, "secure, compat, legacy, insecure");
  }
  cipher_list list;
  for (const cipher_suite& suite : suites) {
    if (level_of(suite) <= found->limit) list.push_back(&suite);
  }
  return list;
}

STLS_NAMESPACE_END
