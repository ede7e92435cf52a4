// Versions, ciphers, groups and ALPN of a tls_config.
#include "base/text.hpp"
#include "capi/config.hpp"

#include <stls/options.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

using stls::options;
using stls::same_word;
using stls::capi::change;
using stls::capi::entry;

namespace {

struct version_word {
  std::string_view word;
  std::uint32_t bits;
};
constexpr std::array<version_word, 9> version_words = {{
    {"all", TLS_PROTOCOLS_ALL},
    {"legacy", TLS_PROTOCOLS_ALL},
    {"default", TLS_PROTOCOLS_DEFAULT},
    {"secure", TLS_PROTOCOLS_DEFAULT},
    {"tlsv1", TLS_PROTOCOL_TLSv1},
    {"tlsv1.0", TLS_PROTOCOL_TLSv1_0},
    {"tlsv1.1", TLS_PROTOCOL_TLSv1_1},
    {"tlsv1.2", TLS_PROTOCOL_TLSv1_2},
    {"tlsv1.3", TLS_PROTOCOL_TLSv1_3},
}};

std::optional<std::uint32_t> bits_of(std::string_view word) noexcept {
  for (const version_word& known : version_words) {
    if (same_word(word, known.word)) return known.bits;
  }
  return std::nullopt;
}

// The items are between commas and colons; an empty one is unknown. What is taken away while nothing is there
// is taken from all.
std::optional<std::uint32_t> mask_of(std::string_view words) noexcept {
  std::uint32_t mask = 0;
  for (;;) {
    const auto end = words.find_first_of(",:");
    std::string_view word = words.substr(0, end);
    word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
    const bool negative = word.starts_with('!');
    if (negative) word.remove_prefix(1);
    const auto bits = bits_of(word);
    if (!bits) return std::nullopt;
    if (negative && mask == 0) mask = TLS_PROTOCOLS_ALL;
    mask = negative ? mask & ~*bits : mask | *bits;
    if (end == std::string_view::npos) return mask;
    words.remove_prefix(end + 1);
  }
}

// A null pointer is the default.
int set_words(tls_config* config, const char* words, std::string options::*field) {
  return entry(config, [&] {
    return config->change_checked([&](options& opt) { opt.*field = words == nullptr ? "" : words; });
  });
}

bool is_default(const char* curves) noexcept {
  return curves == nullptr || same_word(curves, "default") || same_word(curves, "auto");
}

int set_curves(tls_config* config, const char* curve, const char* curves) {
  return entry(config, [&] {
    return config->change_checked([&](options& opt) {
      opt.ecdhecurve = curve == nullptr ? "" : curve;
      opt.ecdhecurves = curves == nullptr ? "" : curves;
    });
  });
}

}  // namespace

int tls_config_parse_protocols(uint32_t* protocols, const char* words) {
  const stls::capi::errno_cleared at_end;
  if (protocols == nullptr || words == nullptr) return -1;
  const auto mask = mask_of(words);
  if (!mask) return -1;
  *protocols = *mask;
  return 0;
}

int tls_config_set_protocols(tls_config* config, uint32_t protocols) {
  return entry(config, [&] {
    config->set_protocols(protocols);
    return 0;
  });
}

int tls_config_set_alpn(tls_config* config, const char* alpn) {
  return set_words(config, alpn, &options::alpn);
}

int tls_config_set_ciphers(tls_config* config, const char* ciphers) {
  return set_words(config, ciphers, &options::ciphers);
}

int tls_config_set_dheparams(tls_config* config, const char* params) {
  return set_words(config, params, &options::dheparams);
}

// libtls has only the list by now: `none` once meant no ECDHE, and means the default since.
int tls_config_set_ecdhecurve(tls_config* config, const char* curve) {
  if (is_default(curve) || same_word(curve, "none")) return set_curves(config, nullptr, nullptr);
  return set_curves(config, curve, nullptr);
}

int tls_config_set_ecdhecurves(tls_config* config, const char* curves) {
  return set_curves(config, nullptr, is_default(curves) ? nullptr : curves);
}

void tls_config_prefer_ciphers_client(tls_config* config) {
  change(config, [](options& opt) { opt.prefer_ciphers_client = true; });
}

void tls_config_prefer_ciphers_server(tls_config* config) {
  change(config, [](options& opt) { opt.prefer_ciphers_client = false; });
}
