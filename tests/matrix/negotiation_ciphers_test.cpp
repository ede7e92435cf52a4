// The options ciphers, prefer_ciphers_client and prefer_ciphers_server on real connections, over all engine
// pairs.
#include "config/ciphers.hpp"
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

// The line `name: value` of config::describe(), its value.
std::string described(const config& conf, std::string_view name) {
  const std::string text = "\n" + conf.describe();
  const std::string start = std::string("\n").append(name).append(": ");
  const auto at = text.find(start);
  if (at == std::string::npos) return "(no line)";
  const auto from = at + start.size();
  return text.substr(from, text.find('\n', from) - from);
}

bool has_dropped(const config& conf) { return described(conf, "dropped") != "(no line)"; }

constexpr std::string_view default_1_3 =
    "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256";

class matrix_ciphers : public ::testing::TestWithParam<engine_case> {
 protected:
  void SetUp() override {
    first = GetParam().tls1_3() ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256";
    second = GetParam().tls1_3() ? "TLS_AES_256_GCM_SHA384" : "ECDHE-ECDSA-AES256-GCM-SHA384";
    chacha = GetParam().tls1_3() ? "TLS_CHACHA20_POLY1305_SHA256" : "ECDHE-ECDSA-CHACHA20-POLY1305";
  }

  // What two ends with these lists agree on.
  static std::string agreed(const std::string& client_list, const std::string& server_list,
                            bool prefer_client = false) {
    auto client = GetParam().client_options();
    auto server = GetParam().server_options();
    client.ciphers = client_list;
    server.ciphers = server_list;
    server.prefer_ciphers_client = prefer_client;
    const auto m = meet(client, server);
    if (!m.ok) return m.client.message + "; " + m.server.message;
    EXPECT_EQ(m.client_info.cipher, m.server_info.cipher);
    return m.client_info.cipher;
  }

  std::string first, second, chacha;
};

TEST_P(matrix_ciphers, a_list_of_one_name_is_what_is_agreed_on) {
  for (const auto& name : {first, second, chacha}) {
    EXPECT_EQ(agreed(name, ""), name);
    EXPECT_EQ(agreed("", name), name);
  }
}

TEST_P(matrix_ciphers, without_a_common_one_both_say_so) {
  auto client = GetParam().client_options();
  auto server = GetParam().server_options();
  client.ciphers = first;
  server.ciphers = second;
  const auto m = meet(client, server);
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed, "handshake failed: no common cipher"));
  EXPECT_TRUE(is_error(m.client, errc::alert_received));
  EXPECT_EQ(m.client_alert(), "handshake_failure");
}

TEST_P(matrix_ciphers, the_servers_order_decides_unless_the_clients_is_preferred) {
  const auto there = first + "," + second;
  const auto back = second + "," + first;
  EXPECT_EQ(agreed(there, back), second);
  EXPECT_EQ(agreed(back, there), first);
  EXPECT_EQ(agreed(there, back, true), first);
  EXPECT_EQ(agreed(back, there, true), second);
}

TEST_P(matrix_ciphers, prefer_ciphers_server_is_the_default) {
  auto server = GetParam().server_options();
  const auto by_default = made(server);
  server.prefer_ciphers_server = true;
  EXPECT_EQ(made(server).describe(), by_default.describe());
  EXPECT_EQ(described(by_default, "prefer_ciphers_server"), "true");
  server.prefer_ciphers_client = true;
  EXPECT_TRUE(
      is_error(config::make(server), errc::bad_config,
               "prefer_ciphers_client, prefer_ciphers_server: both given; they contradict each other"));
  server.prefer_ciphers_server = false;
  EXPECT_EQ(described(made(server), "prefer_ciphers_client"), "true");
}

// A client without AES in hardware puts ChaCha20 first. Where the server has no list of its own, it gets it.
TEST_P(matrix_ciphers, chacha_goes_to_those_who_put_it_first_unless_the_server_has_a_list) {
  const auto wish = chacha + "," + first;
  EXPECT_EQ(agreed(wish, ""), chacha);
  EXPECT_EQ(agreed(first + "," + chacha, ""), first);
  EXPECT_EQ(agreed(wish, first + "," + chacha), first);
}

TEST_P(matrix_ciphers, both_spellings_name_the_same_cipher) {
  if (GetParam().tls1_3()) GTEST_SKIP() << "there is only one in TLS 1.3";
  EXPECT_EQ(agreed("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ""), second);
  EXPECT_EQ(agreed("tls_ecdhe_ecdsa_with_aes_256_gcm_sha384", "ecdhe-ecdsa-aes256-gcm-sha384"), second);
}

TEST_P(matrix_ciphers, the_client_offers_its_list_and_nothing_else) {
  auto client = GetParam().client_options();
  client.protocols = "";
  client.ciphers = "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,ECDHE-RSA-AES256-GCM-SHA384,AES128-SHA";
  const auto m = meet(client, GetParam().server_options());
  auto sent = client_hello(m.client_sent);
  ASSERT_TRUE(sent);
  std::erase(sent->ciphers,
             std::uint16_t{0x00ff});  // says that renegotiation is secure (RFC 5746), and is no cipher
  std::vector<std::uint16_t> expected = {0x1302, 0x1301, 0xc030, 0x002f};
  if (!GetParam().client->capabilities().tls1_3) expected.erase(expected.begin(), expected.begin() + 2);
  EXPECT_EQ(sent->ciphers, expected);
}

TEST_P(matrix_ciphers, a_list_without_names_of_1_3_leaves_it_its_default) {
  auto client = GetParam().client_options();
  client.protocols = "";
  client.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  const auto conf = made(client);
  const bool has_1_3 = GetParam().client->capabilities().tls1_3;
  EXPECT_EQ(described(conf, "ciphers"),
            (has_1_3 ? std::string(default_1_3) + "," : "") + "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(described(conf, "protocols"), has_1_3 ? "tlsv1.2,tlsv1.3" : "tlsv1.2");
  EXPECT_FALSE(has_dropped(conf));
  EXPECT_TRUE(meet(conf, made(GetParam().server_options())).ok);
}

TEST_P(matrix_ciphers, a_list_of_1_3_alone_leaves_only_that_version) {
  auto client = GetParam().client_options();
  client.protocols = "";
  client.ciphers = "TLS_AES_256_GCM_SHA384";
  if (!GetParam().client->capabilities().tls1_3) {
    EXPECT_TRUE(
        is_error(config::make(client), errc::bad_config,
                 "ciphers: nothing is left of 'TLS_AES_256_GCM_SHA384': TLS_AES_256_GCM_SHA384 is not "
                 "supported by engine 'bearssl'"));
    return;
  }
  const auto conf = made(client);
  EXPECT_EQ(described(conf, "protocols"), "tlsv1.3");
  EXPECT_EQ(described(conf, "ciphers"), "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(described(conf, "dropped"), "tlsv1.2 (no cipher of it was chosen)");
  const auto m = meet(conf, made(GetParam().server_options()));
  EXPECT_EQ(m.ok, GetParam().tls1_3());
  client.protocols = "tlsv1.2,tlsv1.3";
  EXPECT_TRUE(
      is_error(config::make(client), errc::bad_config,
               "ciphers: 'TLS_AES_256_GCM_SHA384' leaves no cipher for tlsv1.2, which protocols asks for"));
  client.protocols = "tlsv1.2";
  EXPECT_TRUE(is_error(
      config::make(client), errc::bad_config,
      "ciphers: nothing is left of 'TLS_AES_256_GCM_SHA384': TLS_AES_256_GCM_SHA384 is not for tlsv1.2"));
}

TEST_P(matrix_ciphers, names_without_a_place_are_dropped_and_shown) {
  std::vector<std::string> warnings;
  auto client = GetParam().client_options();
  client.ciphers = first + ",DHE-RSA-AES128-GCM-SHA256,DES-CBC3-SHA";
  client.on_warning = [&](const warning& w) {
    warnings.emplace_back(std::string(w.code) + ": " + w.message);
  };
  const auto conf = made(client);
  EXPECT_EQ(described(conf, "ciphers"), first);
  const auto dropped = described(conf, "dropped");
  EXPECT_NE(dropped.find("DHE-RSA-AES128-GCM-SHA256 ("), std::string::npos) << dropped;
  if (GetParam().client->has_cipher("TLS_RSA_WITH_3DES_EDE_CBC_SHA")) {
    EXPECT_EQ(dropped.find("DES-CBC3-SHA ("), std::string::npos) << dropped;
  } else {
    EXPECT_NE(dropped.find("DES-CBC3-SHA (not supported by engine '" +
                           std::string(GetParam().client->name()) + "')"),
              std::string::npos)
        << dropped;
  }
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.front(), "dropped: left out: " + dropped);
  EXPECT_EQ(agreed(client.ciphers, ""), first);
}

TEST_P(matrix_ciphers, nothing_left_is_an_error) {
  auto client = GetParam().client_options();
  if (GetParam().client->has_cipher("TLS_RSA_WITH_3DES_EDE_CBC_SHA")) GTEST_SKIP() << "this engine has 3DES";
  client.protocols = "";
  client.ciphers = "DES-CBC3-SHA";
  EXPECT_TRUE(
      is_error(config::make(client), errc::bad_config,
               "ciphers: nothing is left of 'DES-CBC3-SHA': DES-CBC3-SHA is not supported by engine '" +
                   std::string(GetParam().client->name()) + "'"));
}

TEST_P(matrix_ciphers, each_cipher_of_the_engines_works_by_name) {
  auto client = GetParam().client_options();
  client.ca = pki::file("ca-bundle.pem");
  std::size_t tried = 0;
  for (const auto* suite : all_ciphers()) {
    if (suite->tls1_3() != GetParam().tls1_3()) continue;
    if (!GetParam().client->has_cipher(suite->name) || !GetParam().server->has_cipher(suite->name)) continue;
    const bool ecdsa = suite->name.find("_ECDSA_") != std::string_view::npos || suite->tls1_3();
    auto server = GetParam().server_options(ecdsa ? "server" : "server-rsa");
    if (suite->exchange == key_exchange::dhe) {
      if (!GetParam().client->capabilities().dhe || !GetParam().server->capabilities().dhe) continue;
      client.dheparams = server.dheparams = "auto";
    }
    client.ciphers = std::string(suite->name);
    server.ciphers = "insecure";
    const auto m = meet(client, server);
    EXPECT_TRUE(m.ok) << suite->name << ": " << m.client.message << "; " << m.server.message;
    EXPECT_EQ(m.client_info.cipher, suite->openssl_name);
    ++tried;
  }
  EXPECT_GE(tried, 2U);
}

class engine_expressions : public matrix_ciphers {
 protected:
  static bool has_them() { return GetParam().client->capabilities().cipher_expressions; }
};

TEST_P(engine_expressions, are_in_effect_or_refused_by_name) {
  auto client = GetParam().client_options();
  client.protocols = "";
  client.ciphers = "ECDHE+AESGCM:!aNULL:!AES256";
  if (!has_them()) {
    EXPECT_TRUE(is_error(
        config::make(client), errc::unsupported,
        "ciphers: 'ECDHE+AESGCM:!aNULL:!AES256' is an OpenSSL expression, not supported by engine '" +
            std::string(GetParam().client->name()) + "'; list the names of ciphers instead"));
    return;
  }
  const auto conf = made(client);
  EXPECT_EQ(described(conf, "ciphers"),
            std::string(default_1_3) + ",ECDHE-ECDSA-AES128-GCM-SHA256,ECDHE-RSA-AES128-GCM-SHA256");
  const auto m = meet(conf, made(GetParam().server_options()));
  EXPECT_TRUE(m.ok);
  if (!GetParam().tls1_3()) {
    EXPECT_EQ(m.client_info.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
  }
}

// ALL holds suites without certificates; nothing that would let one be agreed on is ever in effect.
TEST_P(engine_expressions, never_hold_what_does_not_authenticate) {
  if (!has_them()) GTEST_SKIP() << "not on this engine";
  auto client = GetParam().client_options();
  client.protocols = "";
  for (const char* expression :
       {"ALL:!RSA", "ALL:+HIGH", "HIGH:MEDIUM:LOW:EXPORT", "COMPLEMENTOFDEFAULT", "ALL:PSK:SRP"}) {
    client.ciphers = expression;
    const auto list = described(made(client), "ciphers");
    for (const char* word : {"NULL", "ADH", "AECDH", "PSK", "SRP", "RC4", "MD5", "DSS"}) {
      EXPECT_EQ(list.find(word), std::string::npos) << expression << ": " << list;
    }
  }
}

TEST_P(engine_expressions, that_match_nothing_are_an_error) {
  if (!has_them()) GTEST_SKIP() << "not on this engine";
  auto client = GetParam().client_options();
  client.protocols = "";
  for (const char* expression : {"PSK", "RC4", "HIGH:!ALL", "DSS"}) {
    client.ciphers = expression;
    EXPECT_TRUE(is_error(config::make(client), errc::bad_config,
                         std::string("ciphers: nothing is left of '") + expression + "'"))
        << expression;
  }
  client.ciphers = "ALL:@SECLEVEL=0";
  EXPECT_TRUE(is_error(config::make(client), errc::bad_config,
                       "ciphers: '@SECLEVEL=0': a list cannot change the security level"));
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_ciphers, ::testing::ValuesIn(engine_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(engines, engine_expressions, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
