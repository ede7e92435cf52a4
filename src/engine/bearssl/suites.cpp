#include "engine/bearssl/suites.hpp"

#include <bearssl.h>

#include <algorithm>
#include <array>

STLS_NAMESPACE_BEGIN

namespace {

constexpr std::array suites = {
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 128},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 128},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 256},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 256},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                  BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 256},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                  BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 256},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CCM, 128},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CCM", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CCM, 256},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, 128},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8, 256},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, 128},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, 128},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, 256},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, 256},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, 128},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, 128},
    bearssl_suite{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, 256},
    bearssl_suite{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, 256},
    bearssl_suite{"TLS_RSA_WITH_AES_128_GCM_SHA256", BR_TLS_RSA_WITH_AES_128_GCM_SHA256, 128},
    bearssl_suite{"TLS_RSA_WITH_AES_256_GCM_SHA384", BR_TLS_RSA_WITH_AES_256_GCM_SHA384, 256},
    bearssl_suite{"TLS_RSA_WITH_AES_128_CCM", BR_TLS_RSA_WITH_AES_128_CCM, 128},
    bearssl_suite{"TLS_RSA_WITH_AES_256_CCM", BR_TLS_RSA_WITH_AES_256_CCM, 256},
    bearssl_suite{"TLS_RSA_WITH_AES_128_CCM_8", BR_TLS_RSA_WITH_AES_128_CCM_8, 128},
    bearssl_suite{"TLS_RSA_WITH_AES_256_CCM_8", BR_TLS_RSA_WITH_AES_256_CCM_8, 256},
    bearssl_suite{"TLS_RSA_WITH_AES_128_CBC_SHA256", BR_TLS_RSA_WITH_AES_128_CBC_SHA256, 128},
    bearssl_suite{"TLS_RSA_WITH_AES_256_CBC_SHA256", BR_TLS_RSA_WITH_AES_256_CBC_SHA256, 256},
    bearssl_suite{"TLS_RSA_WITH_AES_128_CBC_SHA", BR_TLS_RSA_WITH_AES_128_CBC_SHA, 128},
    bearssl_suite{"TLS_RSA_WITH_AES_256_CBC_SHA", BR_TLS_RSA_WITH_AES_256_CBC_SHA, 256},
};
static_assert(suites.size() <= BR_MAX_CIPHER_SUITES);

}  // namespace

const bearssl_suite* bearssl_suite_named(std::string_view iana_name) noexcept {
  const auto* const found =
      std::find_if(suites.begin(), suites.end(), [&](const bearssl_suite& s) { return s.name == iana_name; });
  return found == suites.end() ? nullptr : found;
}

const bearssl_suite* bearssl_suite_numbered(std::uint16_t number) noexcept {
  const auto* const found =
      std::find_if(suites.begin(), suites.end(), [&](const bearssl_suite& s) { return s.number == number; });
  return found == suites.end() ? nullptr : found;
}

std::vector<std::uint16_t> suite_numbers(const cipher_list& list) {
  std::vector<std::uint16_t> numbers;
  numbers.reserve(list.size());
  for (const cipher_suite* suite : list) {
    if (const bearssl_suite* known = bearssl_suite_named(suite->name)) numbers.push_back(known->number);
  }
  return numbers;
}

STLS_NAMESPACE_END
