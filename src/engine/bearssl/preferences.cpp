#include "engine/bearssl/preferences.hpp"

#include "engine/bearssl/curves.hpp"
#include "engine/bearssl/suites.hpp"

#include <algorithm>
#include <array>
#include <cstring>

STLS_NAMESPACE_BEGIN

namespace {

struct candidate {
  br_suite_translated suite;
  std::size_t rank;  // the lower, the better
};

bool is_chacha(const br_suite_translated& suite) noexcept {
  return (suite[1] >> 8U & 0xfU) == BR_SSLENC_CHACHA20;
}

std::size_t rank_of(std::uint16_t number, const cipher_list& list) noexcept {
  const auto found = std::find_if(list.begin(), list.end(), [&](const cipher_suite* s) {
    const bearssl_suite* known = bearssl_suite_named(s->name);
    return known != nullptr && known->number == number;
  });
  return static_cast<std::size_t>(found - list.begin());
}

void order_suites(br_ssl_server_context& server, const cipher_choice& ciphers) noexcept {
  const std::size_t count = server.client_suites_num;
  if (count == 0) return;
  // A client that puts ChaCha20 first has no AES in hardware. An order that was chosen by the application
  // stands.
  const bool chacha = ciphers.how == cipher_choice::kind::word && is_chacha(server.client_suites[0]);
  std::array<candidate, BR_MAX_CIPHER_SUITES> all{};
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(all.at(i).suite, server.client_suites[i], sizeof(br_suite_translated));
    all.at(i).rank =
        chacha && is_chacha(all.at(i).suite) ? 0 : 1 + rank_of(all.at(i).suite[0], ciphers.suites);
  }
  std::stable_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const candidate& a, const candidate& b) { return a.rank < b.rank; });
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(server.client_suites[i], all.at(i).suite, sizeof(br_suite_translated));
  }
}

}  // namespace

void set_preferences(br_ssl_server_context& server, const settings& set) noexcept {
  if (!set.prefer_client_ciphers) order_suites(server, set.ciphers);
  for (const std::string_view group : set.groups.names) {
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(curve_number(group));
    if ((server.curves & bit) == 0) continue;
    server.curves = bit;
    break;
  }
  if (set.versions.old()) return;
  // A client of TLS 1.2 may offer nothing but SHA-1, which is not signed with here. A bit a hash: RSA, ECDSA.
  constexpr std::uint32_t sha1 = (1U << br_sha1_ID) | (1U << (8 + br_sha1_ID));
  server.hashes &= ~sha1;
}

STLS_NAMESPACE_END
