// The option dheparams: key exchange over finite fields, which TLS 1.2 has and 1.3 does not.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace stls::test {
namespace {

// The size in bits of the prime in a server's ServerKeyExchange (RFC 5246 section 7.4.3); 0: there is none.
std::size_t prime_bits(std::span<const std::byte> flight) {
  bytes messages;
  for (const record& r : records(flight)) {
    if (r.type != 22) break;  // ChangeCipherSpec: what follows is encrypted
    append(messages, r.content);
  }
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(messages.at(i)); };
  for (std::size_t i = 0; i + 6 <= messages.size();) {
    if (at(i) == 12) return 8 * (at(i + 4) << 8U | at(i + 5));
    i += 4 + (at(i + 1) << 16U | at(i + 2) << 8U | at(i + 3));
  }
  return 0;
}

// Made by `openssl dhparam 2048`: nobody's group but ours.
constexpr const char* unnamed_dh_params =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIIBCAKCAQEA86i4qigLB12L8AkEuGjMZ8Dycp2UZXTN301vom8QP65Y8gXtA/Wm\n"
    "O2Y9AO2uRvuSwinvxZS7SXlzSyX7LLUeG0tPcxOSJEvSfBGWG8WoIPlUqllCPeb+\n"
    "DifaokOrBpenBM6xrsuXc2TKRu5Lv5ZyWOvE1EMkJPdq6XUqKthLwfQ6Do2dozeD\n"
    "tmVz0dKL0+C6xfVK5XxP9JW9ZNcMmqy789pH+4rNcbxDiTzxI6yPSCjU3/iqx5k+\n"
    "C/hTz1oz334ngQ7h/H/lXEzXg7so5+a93HAWSaEwn4XDmpKqBx296jPtit91vWIH\n"
    "JbA8vr2DStrpwr/YVvNqT3fzFBnIQZsJpwIBAg==\n"
    "-----END DH PARAMETERS-----\n";

class matrix_dhe : public ::testing::TestWithParam<engine_case> {
 protected:
  void SetUp() override {
    if (GetParam().tls1_3()) GTEST_SKIP() << "TLS 1.3 has no such option";
    if (!GetParam().client->capabilities().dhe || !GetParam().server->capabilities().dhe) {
      GTEST_SKIP() << "an engine without DHE: see options_without_dhe";
    }
  }
  static options client() {
    auto opt = GetParam().client_options();
    opt.ca = pki::file("ca-rsa.pem");
    opt.ciphers = "DHE-RSA-AES128-GCM-SHA256";
    opt.dheparams = "auto";
    return opt;
  }
  static options server(const std::string& dheparams) {
    auto opt = GetParam().server_options("server-rsa");
    opt.dheparams = dheparams;
    return opt;
  }
};

TEST_P(matrix_dhe, none_is_the_default) {
  const auto m = meet(client(), server(""));
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed, "handshake failed: no common cipher"));
  const auto text = made(server("none")).describe();
  EXPECT_EQ(text, made(server("")).describe());
  EXPECT_NE(text.find("dheparams: none\n"), std::string::npos);
  EXPECT_EQ(text.find(":DHE-"), std::string::npos);
  EXPECT_EQ(text.find(",DHE-"), std::string::npos);
}

TEST_P(matrix_dhe, auto_is_as_strong_as_the_certificates_key) {
  const auto m = meet(client(), server("auto"));
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(m.client_info.cipher, "DHE-RSA-AES128-GCM-SHA256");
  EXPECT_EQ(prime_bits(m.server_sent), 2048U);

  const auto strong = make_certificate({.key = "RSA-3072"});
  auto stronger = server("auto");
  stronger.cert = pem::text(strong.cert);
  stronger.key = pem::text(strong.key);
  auto trusting = client();
  trusting.ca = pem::text(strong.cert);
  const auto n = meet(trusting, stronger);
  EXPECT_TRUE(n.ok) << n.client.message << "; " << n.server.message;
  EXPECT_EQ(prime_bits(n.server_sent), 3072U);
}

TEST_P(matrix_dhe, both_ends_name_the_group) {
  const auto m = meet(client(), server("auto"));
  EXPECT_EQ(m.client_info.group, "modp_2048");
  EXPECT_EQ(m.server_info.group, "modp_2048");
}

TEST_P(matrix_dhe, a_group_without_a_name_is_described_by_its_size) {
  raw_options raw{.certificate = "server-rsa", .dh_params = unnamed_dh_params};
  raw.max_version = tls1_2_wire;
  raw_link link(role::client, client(), raw);
  actor a(link.end);
  actor b(link.peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(link.end.info().group, "dh 2048 bits");
}

TEST_P(matrix_dhe, legacy_is_2048_bits_and_says_so) {
  const auto strong = make_certificate({.key = "RSA-3072"});
  auto opt = server("legacy");
  opt.cert = pem::text(strong.cert);
  opt.key = pem::text(strong.key);
  std::vector<std::string> warnings;
  opt.on_warning = [&](const warning& w) { warnings.emplace_back(w.code); };
  auto trusting = client();
  trusting.ca = pem::text(strong.cert);
  const auto m = meet(trusting, opt);
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(prime_bits(m.server_sent), 2048U);
  EXPECT_EQ(warnings, std::vector<std::string>{"dheparams_legacy"});
}

TEST_P(matrix_dhe, the_words_then_hold_its_suites_behind_those_of_ecdhe) {
  auto opt = server("auto");
  const auto text = made(opt).describe();
  const auto dhe = text.find(",DHE-RSA-AES128-GCM-SHA256");
  EXPECT_NE(dhe, std::string::npos) << text;
  EXPECT_LT(text.find(",ECDHE-RSA-CHACHA20-POLY1305"), dhe);
  auto any = client();
  any.ciphers = "compat";
  const auto m = meet(any, opt);
  EXPECT_EQ(m.client_info.cipher, "ECDHE-RSA-AES128-GCM-SHA256");
}

TEST_P(matrix_dhe, it_does_without_curves) {
  auto without = client();
  without.ciphers = "";
  without.ecdhecurve = "none";
  const auto m = meet(without, server("auto"));
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(m.client_info.cipher, "DHE-RSA-AES128-GCM-SHA256");
}

TEST_P(matrix_dhe, a_name_without_the_option_is_dropped_and_says_why) {
  auto opt = client();
  opt.dheparams = "";
  EXPECT_TRUE(is_error(
      config::make(opt), errc::bad_config,
      "ciphers: nothing is left of 'DHE-RSA-AES128-GCM-SHA256': DHE-RSA-AES128-GCM-SHA256 is dropped, "
      "since dheparams is none"));
}

class options_without_dhe : public ::testing::TestWithParam<engine_case> {};

TEST_P(options_without_dhe, refuse_it_by_name) {
  auto opt = GetParam().server_options();
  opt.dheparams = "aut";
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_config,
                       "dheparams: unknown word 'aut' (did you mean 'auto'?); known are none, auto, legacy"));
  opt.dheparams = "auto";
  const auto conf = config::make(opt);
  if (GetParam().server->capabilities().dhe) {
    EXPECT_TRUE(succeeded(conf));
  } else {
    EXPECT_TRUE(
        is_error(conf, errc::unsupported,
                 "dheparams: not supported by engine '" + std::string(GetParam().server->name()) + "'"));
  }
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_dhe, ::testing::ValuesIn(engine_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(engines, options_without_dhe, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
