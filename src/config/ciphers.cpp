#include "config/ciphers.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

using enum key_exchange;

constexpr bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr cipher_level level_of(std::string_view name, key_exchange exchange) {
  if (name.ends_with("_CCM_8") || name.ends_with("_CCM_8_SHA256"))
    return cipher_level::insecure;  // a tag of 64 bits
  if (name == "TLS_AES_128_CCM_SHA256")
    return cipher_level::legacy;  // for small devices; the others do as well
  if (!has(name, "_AES_") && !has(name, "_CHACHA20_")) return cipher_level::legacy;
  return exchange == rsa || has(name, "_CBC_") ? cipher_level::compat : cipher_level::secure;
}

constexpr cipher_suite suite(std::string_view name, std::string_view openssl_name, key_exchange exchange) {
  return {.name = name,
          .openssl_name = openssl_name,
          .exchange = exchange,
          .aead = !has(name, "_CBC_"),
          .before_1_2 = name.ends_with("_CBC_SHA"),
          .level = level_of(name, exchange)};
}

constexpr cipher_suite tls1_3(std::string_view name) { return suite(name, name, any); }

// All that authenticate by a certificate and encrypt. In order of preference: forward secrecy first, AEAD
// before CBC, AES-128 before AES-256 (it is as safe and faster), ECDSA before RSA; behind them what hardly
// anybody needs.
constexpr std::array suites = {
    tls1_3("TLS_AES_128_GCM_SHA256"),
    tls1_3("TLS_AES_256_GCM_SHA384"),
    tls1_3("TLS_CHACHA20_POLY1305_SHA256"),
    suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "ECDHE-ECDSA-AES256-CCM", ecdhe),
    suite("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384", dhe),
    suite("TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "DHE-RSA-CHACHA20-POLY1305", dhe),
    suite("TLS_DHE_RSA_WITH_AES_128_CCM", "DHE-RSA-AES128-CCM", dhe),
    suite("TLS_DHE_RSA_WITH_AES_256_CCM", "DHE-RSA-AES256-CCM", dhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", ecdhe),
    suite("TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA", dhe),
    suite("TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA", dhe),
    suite("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", rsa),
    suite("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", rsa),
    suite("TLS_RSA_WITH_AES_128_CCM", "AES128-CCM", rsa),
    suite("TLS_RSA_WITH_AES_256_CCM", "AES256-CCM", rsa),
    suite("TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", rsa),
    suite("TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", rsa),
    suite("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", rsa),
    suite("TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", rsa),

    tls1_3("TLS_AES_128_CCM_SHA256"),
    suite("TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256", "ECDHE-ECDSA-ARIA128-GCM-SHA256", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256", "ECDHE-ARIA128-GCM-SHA256", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384", "ECDHE-ECDSA-ARIA256-GCM-SHA384", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384", "ECDHE-ARIA256-GCM-SHA384", ecdhe),
    suite("TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256", "DHE-RSA-ARIA128-GCM-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384", "DHE-RSA-ARIA256-GCM-SHA384", dhe),
    suite("TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256", "ECDHE-ECDSA-CAMELLIA128-SHA256", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", "ECDHE-RSA-CAMELLIA128-SHA256", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384", "ECDHE-ECDSA-CAMELLIA256-SHA384", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384", "ECDHE-RSA-CAMELLIA256-SHA384", ecdhe),
    suite("TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", "DHE-RSA-CAMELLIA128-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256", "DHE-RSA-CAMELLIA256-SHA256", dhe),
    suite("TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA", "DHE-RSA-CAMELLIA128-SHA", dhe),
    suite("TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA", "DHE-RSA-CAMELLIA256-SHA", dhe),
    suite("TLS_RSA_WITH_ARIA_128_GCM_SHA256", "ARIA128-GCM-SHA256", rsa),
    suite("TLS_RSA_WITH_ARIA_256_GCM_SHA384", "ARIA256-GCM-SHA384", rsa),
    suite("TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256", "CAMELLIA128-SHA256", rsa),
    suite("TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256", "CAMELLIA256-SHA256", rsa),
    suite("TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "CAMELLIA128-SHA", rsa),
    suite("TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", "CAMELLIA256-SHA", rsa),
    suite("TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-ECDSA-DES-CBC3-SHA", ecdhe),
    suite("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", ecdhe),
    suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", rsa),

    tls1_3("TLS_AES_128_CCM_8_SHA256"),
    suite("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8", ecdhe),
    suite("TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "ECDHE-ECDSA-AES256-CCM8", ecdhe),
    suite("TLS_DHE_RSA_WITH_AES_128_CCM_8", "DHE-RSA-AES128-CCM8", dhe),
    suite("TLS_DHE_RSA_WITH_AES_256_CCM_8", "DHE-RSA-AES256-CCM8", dhe),
    suite("TLS_RSA_WITH_AES_128_CCM_8", "AES128-CCM8", rsa),
    suite("TLS_RSA_WITH_AES_256_CCM_8", "AES256-CCM8", rsa),
};

struct word {
  std::string_view name;
  cipher_level limit;
};
constexpr std::array words = {
    word{"secure", cipher_level::secure},     word{"default", cipher_level::secure},
    word{"compat", cipher_level::compat},     word{"legacy", cipher_level::legacy},
    word{"insecure", cipher_level::insecure}, word{"all", cipher_level::insecure},
};

// The words of OpenSSL's language (openssl-ciphers(1), "CIPHER STRINGS"), in its spelling. It passes over
// words that it does not know, so they are checked here.
constexpr std::array<std::string_view, 64> groups = {
    "ALL",
    "DEFAULT",
    "COMPLEMENTOFDEFAULT",
    "COMPLEMENTOFALL",
    "HIGH",
    "MEDIUM",
    "LOW",
    "aNULL",
    "eNULL",
    "NULL",
    "ADH",
    "AECDH",
    "kRSA",
    "aRSA",
    "RSA",
    "kDHE",
    "kEDH",
    "DH",
    "DHE",
    "EDH",
    "kECDHE",
    "kEECDH",
    "ECDH",
    "ECDHE",
    "EECDH",
    "aECDSA",
    "ECDSA",
    "aDSS",
    "DSS",
    "TLSv1.2",
    "TLSv1.0",
    "TLSv1",
    "SSLv3",
    "AES",
    "AES128",
    "AES256",
    "AESGCM",
    "AESCCM",
    "AESCCM8",
    "ARIA",
    "ARIA128",
    "ARIA256",
    "ARIAGCM",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "CHACHA20",
    "3DES",
    "DES",
    "RC4",
    "RC2",
    "IDEA",
    "SEED",
    "CBC",
    "MD5",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "PSK",
    "kPSK",
    "aPSK",
    "SRP",
    "EXPORT",
};

// Those of them that hold suites without a certificate, or without encryption, and no others.
constexpr std::array<std::string_view, 6> unsafe_groups = {"aNULL", "eNULL", "NULL",
                                                           "ADH",   "AECDH", "COMPLEMENTOFALL"};

constexpr std::string_view expression_separators = ",:; \t";

std::string_view find_group(std::string_view text) noexcept {
  for (const std::string_view group : groups) {
    if (same_word(group, text)) return group;
  }
  return {};
}

template <class List>
bool contains(const List& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_operator(char c) noexcept { return c == '!' || c == '-' || c == '+' || c == '@'; }

bool looks_like_expression(std::string_view item) {
  return is_operator(item.front()) || item.find('+') != std::string_view::npos || !find_group(item).empty();
}

// By its name alone, since no such suite is in the table.
bool names_unsafe_suite(std::string_view item) {
  const std::string name = lower_case(item);
  return has(name, "_with_null_") || has(name, "_anon_") || name.starts_with("null-") ||
         has(name, "-null-") || name.starts_with("adh-") || name.starts_with("aecdh-");
}

tl::unexpected<error> refuse_unsafe(std::string_view item) {
  return fail(errc::bad_config,
              cat({"ciphers: ", in_quotes(item),
                   " does not authenticate the server or does not encrypt, so it is never used"}));
}

tl::unexpected<error> refuse_unknown(std::string_view item) {
  std::vector<std::string_view> known;
  known.reserve(std::size(words) + 2 * std::size(suites) + std::size(groups));
  for (const word& w : words) known.push_back(w.name);
  for (const cipher_suite& s : suites) known.insert(known.end(), {s.openssl_name, s.name});
  known.insert(known.end(), groups.begin(), groups.end());
  return unknown_word(
      "ciphers", item, known,
      "secure, compat, legacy, insecure, and the names of ciphers, e.g. ECDHE-RSA-AES128-GCM-SHA256");
}

void add(cipher_list& list, const cipher_suite* suite) {
  if (std::find(list.begin(), list.end(), suite) == list.end()) list.push_back(suite);
}

// Lists without a name of TLS 1.3 say nothing of that version: it keeps its default.
void put_default_1_3_first(cipher_choice& choice) {
  cipher_list all;
  for (const cipher_suite& s : suites) {
    if (s.tls1_3() && s.level == cipher_level::secure) all.push_back(&s);
  }
  all.insert(all.end(), choice.suites.begin(), choice.suites.end());
  choice.suites = std::move(all);
}

cipher_choice of_word(cipher_level limit, const version_set& versions) {
  cipher_choice choice;
  const bool best_of_old = versions.old() && limit == cipher_level::secure;
  for (const cipher_suite& s : suites) {
    const bool best = best_of_old && s.level == cipher_level::compat && s.exchange != rsa;
    if (s.level <= limit || best) choice.suites.push_back(&s);
  }
  return choice;
}

// One part of an expression, as `ECDHE` and `AESGCM` in `ECDHE+AESGCM`: it gives OpenSSL's spelling.
result<std::string_view> parse_part(std::string_view part, std::string_view item) {
  if (const std::string_view group = find_group(part); !group.empty()) return group;
  const cipher_suite* suite = find_cipher(part);
  if (suite != nullptr && suite->tls1_3()) {
    return fail(errc::bad_config,
                cat({"ciphers: ", in_quotes(item), ": TLS 1.3's are chosen by naming those wanted"}));
  }
  if (suite != nullptr) return suite->openssl_name;
  if (part.empty()) return fail(errc::bad_config, cat({"ciphers: ", in_quotes(item), ": a word is missing"}));
  return refuse_unknown(part);
}

result<std::string> parse_item(std::string_view item, bool first) {
  if (same_word(item, "@STRENGTH")) return std::string("@STRENGTH");
  if (lower_case(item).starts_with("@seclevel")) {
    return fail(errc::bad_config,
                cat({"ciphers: ", in_quotes(item), ": a list cannot change the security level"}));
  }
  if (item.front() == '@') return refuse_unknown(item);
  std::string spelling;
  std::string_view rest = item;
  const bool adds = !is_operator(rest.front());
  if (!adds) {
    spelling += rest.front();
    rest.remove_prefix(1);
  }
  for (bool more = true; more;) {
    const std::size_t end = rest.find('+');
    more = end != std::string_view::npos;
    if (adds && names_unsafe_suite(rest.substr(0, end))) return refuse_unsafe(item);
    auto part = parse_part(rest.substr(0, end), item);
    if (!part) return fail(std::move(part.error()));
    if (adds && contains(unsafe_groups, *part)) return refuse_unsafe(item);
    // OpenSSL would pass over it.
    if (*part == "DEFAULT" && !(first && adds)) {
      return fail(errc::bad_config, "ciphers: 'DEFAULT' can only stand at the beginning");
    }
    spelling += *part;
    if (more) {
      spelling += '+';
      rest.remove_prefix(end + 1);
    }
  }
  return spelling;
}

result<cipher_choice> of_expression(std::string_view value) {
  cipher_choice choice{.how = cipher_choice::kind::expression};
  for (const std::string_view item : split(value, expression_separators)) {
    if (const cipher_suite* suite = find_cipher(item); suite != nullptr && suite->tls1_3()) {
      add(choice.suites, suite);
      choice.names_1_3 = true;
      continue;
    }
    auto spelling = parse_item(item, choice.expression.empty());
    if (!spelling) return fail(std::move(spelling.error()));
    choice.expression += cat({choice.expression.empty() ? "" : ":", *spelling});
  }
  if (!choice.names_1_3) put_default_1_3_first(choice);
  return choice;
}

result<cipher_choice> of_names(std::span<const std::string_view> items) {
  cipher_choice choice{.how = cipher_choice::kind::names};
  for (const std::string_view item : items) {
    const cipher_suite* suite = find_cipher(item);
    if (suite == nullptr && names_unsafe_suite(item)) return refuse_unsafe(item);
    for (const word& w : words) {
      if (same_word(item, w.name))
        return fail(errc::bad_config, cat({"ciphers: the word '", w.name, "' stands alone"}));
    }
    if (suite == nullptr) return refuse_unknown(item);
    add(choice.suites, suite);
    choice.names_1_3 = choice.names_1_3 || suite->tls1_3();
  }
  if (!choice.names_1_3) put_default_1_3_first(choice);
  return choice;
}

}  // namespace

const cipher_suite* find_cipher(std::string_view name) noexcept {
  const auto* const found = std::find_if(suites.begin(), suites.end(), [&](const cipher_suite& s) {
    return same_word(name, s.name) || same_word(name, s.openssl_name);
  });
  return found == suites.end() ? nullptr : found;
}

cipher_list all_ciphers() {
  cipher_list all;
  for (const cipher_suite& s : suites) all.push_back(&s);
  return all;
}

result<cipher_choice> parse_ciphers(std::string_view value, const version_set& versions) {
  const auto items = split(value, list_separators);
  if (items.empty()) return of_word(cipher_level::secure, versions);
  if (items.size() == 1) {
    for (const word& w : words) {
      if (same_word(w.name, items.front())) return of_word(w.limit, versions);
    }
  }
  if (std::any_of(items.begin(), items.end(), looks_like_expression)) return of_expression(value);
  return of_names(items);
}

STLS_NAMESPACE_END
