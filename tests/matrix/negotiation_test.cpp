// What two ends agree on: version, cipher, group, application protocol; and what they never do.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace stls::test {
namespace {

class matrix_negotiation : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client() { return GetParam().client_options(); }
  static options server() { return GetParam().server_options(); }

  // RSA, so that TLS 1.2 does not depend on the certificate's curve being among the client's groups.
  static options rsa_client() {
    auto opt = client();
    opt.ca = pki::file("ca-rsa.pem");
    return opt;
  }
  static options rsa_server() { return GetParam().server_options("server-rsa"); }
};

// -- protocols --

TEST_P(matrix_negotiation, the_version_is_the_one_that_is_allowed) {
  const auto m = meet(client(), server());
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.version, GetParam().version_name());
  EXPECT_EQ(m.server_info.version, GetParam().version_name());
}

TEST_P(matrix_negotiation, one_end_with_all_versions_adapts) {
  auto c = client();
  c.protocols = "";
  auto m = meet(c, server());
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.version, GetParam().version_name());
  auto s = server();
  s.protocols = "all";
  m = meet(client(), s);
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.server_info.version, GetParam().version_name());
}

TEST_P(matrix_negotiation, two_ends_with_all_versions_take_the_newest) {
  auto c = client();
  c.protocols = "";
  auto s = server();
  s.protocols = "default";
  const bool both13 = GetParam().client->capabilities().tls1_3 && GetParam().server->capabilities().tls1_3;
  EXPECT_EQ(meet(c, s).client_info.version, both13 ? "TLSv1.3" : "TLSv1.2");
}

TEST_P(matrix_negotiation, without_a_common_version_both_say_so) {
  const auto other = GetParam().tls1_3() ? "tlsv1.2" : "tlsv1.3";
  auto s = server();
  s.protocols = other;
  if (const auto conf = config::make(s); !conf) return;  // the server's engine has only one version
  const auto m = meet(client(), s);
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed, "handshake failed: no common protocol version"));
  EXPECT_EQ(m.server_alert(), "protocol_version");
  EXPECT_TRUE(is_error(m.client, errc::alert_received));
  EXPECT_EQ(m.client_alert(), "protocol_version");
}

TEST_P(matrix_negotiation, old_versions_are_neither_offered_nor_accepted) {
  auto c = client();
  c.protocols = "";
  const auto m = meet(c, server());
  const auto first = client_hello(m.client_sent);
  ASSERT_TRUE(first);
  for (const auto version : first->versions()) EXPECT_GE(version, 0x0303);

  auto s = server();
  s.protocols = "all";
  raw_link link(role::server, s, {.min_version = tls1_0_wire, .max_version = tls1_1_wire});
  tls_end& end = link.end;
  raw_peer& old = link.peer;
  actor a(end);
  actor b(old);
  a.handshake();
  b.handshake();
  EXPECT_EQ(drive(a, b), outcome::finished);
  EXPECT_TRUE(is_error(a.failure, errc::handshake_failed, "handshake failed: no common protocol version"));
  EXPECT_EQ(old.alerts(), std::vector<std::string>{"protocol_version"});
}

// -- ciphers --

TEST_P(matrix_negotiation, secure_ciphers_have_forward_secrecy_and_are_aead) {
  const auto m = meet(client(), server());
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.cipher, m.server_info.cipher);
  EXPECT_GE(m.client_info.cipher_strength, 128);
  if (!GetParam().tls1_3()) {
    EXPECT_TRUE(m.client_info.cipher.starts_with("ECDHE-")) << m.client_info.cipher;
  }
}

TEST_P(matrix_negotiation, the_words_of_ciphers_are_in_effect) {
  if (GetParam().tls1_3()) return;  // its ciphers are all secure
  struct cipher_case {
    std::string cipher;  // the only one of the raw peer
    bool secure;
    bool compat;
  };
  const std::vector<cipher_case> all = {{"ECDHE-RSA-AES128-GCM-SHA256", true, true},
                                        {"ECDHE-RSA-CHACHA20-POLY1305", true, true},
                                        {"ECDHE-RSA-AES128-SHA", false, true},
                                        {"AES128-GCM-SHA256", false, true},
                                        {"AES256-SHA", false, true},
                                        {"AECDH-AES128-SHA", false, false},
                                        {"NULL-SHA256", false, false},
                                        {"ECDHE-RSA-NULL-SHA", false, false}};
  for (const auto& c : all) {
    for (const std::string word : {"", "secure", "compat", "legacy", "insecure"}) {
      SCOPED_TRACE(c.cipher + " with ciphers '" + word + "'");
      auto opt = rsa_client();
      opt.ciphers = word;
      raw_link link(
          role::client, opt,
          {.max_version = tls1_2_wire, .certificate = "server-rsa", .ciphers = c.cipher + ":@SECLEVEL=0"});
      tls_end& end = link.end;
      raw_peer& peer = link.peer;
      actor a(end);
      actor b(peer);
      a.handshake();
      b.handshake();
      EXPECT_EQ(drive(a, b), outcome::finished);
      const bool secure = word.empty() || word == "secure";
      if (secure ? c.secure : c.compat) {
        EXPECT_TRUE(a.done()) << a.story();
        EXPECT_EQ(end.info().cipher, c.cipher);
      } else {
        EXPECT_TRUE(is_error(a.failure, errc::alert_received));
        EXPECT_EQ(a.failure.alert, 40) << "handshake_failure";
      }
    }
  }
}

TEST_P(matrix_negotiation, a_server_keeps_to_its_word_of_ciphers_too) {
  if (GetParam().tls1_3()) return;
  for (const std::string word : {"secure", "compat"}) {
    auto opt = rsa_server();
    opt.ciphers = word;
    raw_link link(role::server, opt, {.max_version = tls1_2_wire, .ciphers = "AES128-SHA:@SECLEVEL=0"});
    tls_end& end = link.end;
    raw_peer& peer = link.peer;
    actor a(end);
    actor b(peer);
    a.handshake();
    b.handshake();
    EXPECT_EQ(drive(a, b), outcome::finished);
    if (word == "compat") {
      EXPECT_TRUE(a.done() && b.done()) << a.story();
    } else {
      EXPECT_TRUE(is_error(a.failure, errc::handshake_failed, "handshake failed: no common cipher"));
      EXPECT_EQ(peer.alerts(), std::vector<std::string>{"handshake_failure"});
    }
  }
}

TEST_P(matrix_negotiation, no_word_of_ciphers_offers_what_does_not_encrypt_or_authenticate) {
  for (const std::string word : {"secure", "compat", "legacy", "insecure"}) {
    auto c = client();
    c.ciphers = word;
    c.protocols = "";
    const auto first = client_hello(meet(c, server()).client_sent);
    ASSERT_TRUE(first);
    for (const auto id : first->ciphers) {
      // NULL, EXPORT, anonymous, RC4, DES and single-key suites of the old numbers; the new ones are 0x13xx,
      // 0xC0xx, 0xCCxx.
      const bool known_good =
          (id >= 0x1301 && id <= 0x1305) || (id >= 0xc023 && id <= 0xc032) ||
          (id >= 0xc009 && id <= 0xc014 && id != 0xc00b && id != 0xc010 && id != 0xc00c && id != 0xc011) ||
          (id >= 0xc072 && id <= 0xc09b) || (id >= 0xc09c && id <= 0xc0af) ||
          (id >= 0xc050 && id <= 0xc053) || (id >= 0xc05c && id <= 0xc061) || id == 0x0041 || id == 0x0084 ||
          id == 0x00ba || id == 0x00c0 || (id >= 0xcca8 && id <= 0xccaa) || id == 0x002f || id == 0x0035 ||
          id == 0x003c || id == 0x003d || id == 0x009c || id == 0x009d || id == 0x00ff;
      EXPECT_TRUE(known_good) << word << ": " << std::hex << id;
    }
  }
}

TEST_P(matrix_negotiation, the_words_of_ciphers_grow) {
  if (GetParam().tls1_3()) return;
  std::vector<std::uint16_t> before;
  for (const std::string word : {"secure", "compat", "legacy", "insecure"}) {
    auto c = client();
    c.ciphers = word;
    auto now = client_hello(meet(c, server()).client_sent)->ciphers;
    std::sort(now.begin(), now.end());
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end())) << word;
    if (word == "compat") {
      EXPECT_GT(now.size(), before.size());
    }
    before = now;
  }
}

// -- groups --

TEST_P(matrix_negotiation, each_group_of_the_engines_can_be_chosen) {
  for (const std::string name : {"X25519", "P-256", "P-384", "P-521", "X448", "X25519MLKEM768"}) {
    if (!GetParam().client->has_group(name) || !GetParam().server->has_group(name)) continue;
    if (name == "X25519MLKEM768" && !GetParam().tls1_3()) continue;  // it is TLS 1.3's only
    SCOPED_TRACE(name);
    auto c = rsa_client();
    c.ecdhecurve = name;
    auto s = rsa_server();
    s.ecdhecurves = "P-521,X448,P-384,P-256,X25519";
    if (name == "X25519MLKEM768") s.ecdhecurves = name;
    const auto m = meet(c, s);
    EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
    EXPECT_EQ(m.client_info.group, name);
    EXPECT_EQ(m.server_info.group, name);
  }
}

TEST_P(matrix_negotiation, other_spellings_mean_the_same_group) {
  for (const std::string name : {"prime256v1", "secp256r1", "P-256", "p-256"}) {
    auto c = rsa_client();
    c.ecdhecurve = name;
    EXPECT_EQ(meet(c, rsa_server()).client_info.group, "P-256") << name;
  }
}

TEST_P(matrix_negotiation, the_order_of_the_servers_groups_decides_in_tls_1_2_and_is_respected_in_1_3) {
  auto c = rsa_client();
  c.ecdhecurves = "P-256:P-384";
  auto s = rsa_server();
  s.ecdhecurves = "P-384 P-256";
  const auto group = meet(c, s).client_info.group;
  // In TLS 1.3 a server may prefer the group for which the key share already came.
  if (GetParam().tls1_3()) {
    EXPECT_TRUE(group == "P-384" || group == "P-256") << group;
  } else {
    EXPECT_EQ(group, "P-384");
  }
}

TEST_P(matrix_negotiation, a_key_share_that_the_server_lacks_is_asked_for_again) {
  auto c = rsa_client();
  c.ecdhecurves = "X25519,P-384";
  auto s = rsa_server();
  s.ecdhecurve = "P-384";
  const auto m = meet(c, s);
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.group, "P-384");
}

TEST_P(matrix_negotiation, without_a_common_group_both_say_so) {
  auto c = rsa_client();
  c.ecdhecurve = "P-384";
  auto s = rsa_server();
  s.ecdhecurve = "P-256";
  const auto m = meet(c, s);
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed));
  EXPECT_EQ(m.server_alert(), "handshake_failure");
  EXPECT_TRUE(is_error(m.client, errc::alert_received));
  EXPECT_EQ(m.client_alert(), "handshake_failure");
}

TEST_P(matrix_negotiation, no_group_at_all_leaves_rsa_key_exchange) {
  if (GetParam().tls1_3()) return;  // refused when the config is made
  auto c = rsa_client();
  c.ecdhecurve = "none";
  c.ciphers = "compat";
  auto s = rsa_server();
  s.ciphers = "compat";
  const auto m = meet(c, s);
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.group, "");
  EXPECT_TRUE(m.client_info.cipher.starts_with("AES")) << m.client_info.cipher;
}

TEST_P(matrix_negotiation, the_default_groups_are_offered_in_their_order) {
  const auto first = client_hello(meet(client(), server()).client_sent);
  ASSERT_TRUE(first);
  std::vector<std::uint16_t> expected = {0x001d, 0x0017, 0x0018};  // X25519, P-256, P-384
  if (GetParam().tls1_3() && GetParam().client->has_group("X25519MLKEM768"))
    expected.insert(expected.begin(), 0x11ec);
  auto offered = first->groups();
  std::erase_if(offered, [](std::uint16_t id) { return id == 0x11ec; });
  auto without = expected;
  std::erase_if(without, [](std::uint16_t id) { return id == 0x11ec; });
  if (GetParam().client->name() == "bearssl") {  // which offers them by their numbers
    std::sort(without.begin(), without.end());
  }
  EXPECT_EQ(offered, without);
  if (expected.front() == 0x11ec) {
    EXPECT_EQ(first->groups().front(), 0x11ec);
  }
}

// -- alpn --

TEST_P(matrix_negotiation, the_servers_order_of_protocols_wins) {
  auto c = client();
  c.alpn = "http/1.1,h2,other";
  auto s = server();
  s.alpn = "h2,http/1.1";
  const auto m = meet(c, s);
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.alpn, "h2");
  EXPECT_EQ(m.server_info.alpn, "h2");
  EXPECT_EQ(client_hello(m.client_sent)->alpn(), (std::vector<std::string>{"http/1.1", "h2", "other"}));
}

TEST_P(matrix_negotiation, without_a_common_protocol_both_say_so) {
  auto c = client();
  c.alpn = "h2";
  auto s = server();
  s.alpn = "http/1.1";
  const auto m = meet(c, s);
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed, "handshake failed: no common application protocol"));
  EXPECT_EQ(m.server_alert(), "no_application_protocol");
  EXPECT_TRUE(is_error(m.client, errc::alert_received));
  EXPECT_EQ(m.client_alert(), "no_application_protocol");
}

TEST_P(matrix_negotiation, a_client_without_protocols_is_served) {
  auto s = server();
  s.alpn = "h2";
  const auto m = meet(client(), s);
  EXPECT_TRUE(m.ok) << m.server.message;
  EXPECT_EQ(m.client_info.alpn, "");
  EXPECT_TRUE(client_hello(m.client_sent)->alpn().empty());
}

TEST_P(matrix_negotiation, a_server_without_protocols_is_accepted) {
  auto c = client();
  c.alpn = "h2";
  const auto m = meet(c, server());
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_EQ(m.client_info.alpn, "");
}

TEST_P(matrix_negotiation, protocols_of_255_bytes_work) {
  const std::string longest(255, 'x');
  auto c = client();
  c.alpn = "short," + longest;
  auto s = server();
  s.alpn = longest;
  EXPECT_EQ(meet(c, s).client_info.alpn, longest);
}

TEST_P(matrix_negotiation, an_answer_that_was_not_offered_is_an_error) {
  auto c = client();
  c.alpn = "h2,http/1.1";
  raw_link link(role::client, c, {.alpn = {"spdy/3"}});
  tls_end& end = link.end;
  raw_peer& peer = link.peer;
  actor a(end);
  actor b(peer);
  a.handshake();
  b.handshake().recv(1);
  EXPECT_EQ(drive(a, b), outcome::finished);
  EXPECT_TRUE(a.stopped());
  EXPECT_TRUE(is_error(a.failure, errc::protocol));
  // RFC 7301 does not name the alert.
  ASSERT_EQ(peer.alerts().size(), 1U);
  EXPECT_EQ(peer.alerts().front(), alert_name(a.failure.alert));
}

// A ServerHello of TLS 1.2 by hand, in the clear: it answers ALPN although the client offered none.
TEST_P(matrix_negotiation, an_answer_to_no_offer_is_an_error) {
  if (GetParam().tls1_3()) return;  // there the answer is encrypted
  memory_pair wire;
  tls_end end("client", transport::from(wire.client));
  begin(end, role::client, client());
  EXPECT_EQ(end.handshake(), want_read);
  (void)wire.server.arrived();
  wire.server.inject(
      from_hex("16 0303 003a 02 000036 0303"
               "0101010101010101010101010101010101010101010101010101010101010101"
               "00 c02b 00 000e ff01 0001 00 0010 0005 0003 02 6832"));
  EXPECT_EQ(end.handshake(), failed);
  EXPECT_TRUE(is_error(end.failure(), errc::protocol));
  EXPECT_EQ(plain_alerts(wire.server.arrived()), (std::vector<plain_alert>{{2, 110}}))
      << "unsupported_extension";
}

// -- what is never done --

TEST_P(matrix_negotiation, compression_is_not_offered_and_not_chosen) {
  const auto m = meet(client(), server());
  EXPECT_EQ(client_hello(m.client_sent)->compressions, bytes{std::byte{0}});
  EXPECT_EQ(server_hello(m.server_sent)->compressions, bytes{std::byte{0}});

  // A client that offers DEFLATE too.
  auto first = *client_hello(m.client_sent);
  first.compressions = {std::byte{1}, std::byte{0}};
  memory_pair wire;
  tls_end end("server", transport::from(wire.server));
  begin(end, role::server, server());
  wire.client.inject(to_wire(first));
  const auto r = end.handshake();
  const auto answer = wire.client.arrived();
  if (GetParam().tls1_3()) {
    // RFC 8446 section 4.1.2: anything but null alone is an illegal_parameter.
    EXPECT_EQ(r, failed);
    EXPECT_EQ(plain_alerts(answer), (std::vector<plain_alert>{{2, 47}}));
  } else {
    EXPECT_EQ(r, want_read);
    ASSERT_TRUE(server_hello(answer));
    EXPECT_EQ(server_hello(answer)->compressions, bytes{std::byte{0}});
  }
}

TEST_P(matrix_negotiation, renegotiation_asked_by_a_client_is_refused) {
  if (GetParam().tls1_3()) return;  // it has none
  raw_link link(role::server, server(), {.max_version = tls1_2_wire});
  tls_end& end = link.end;
  raw_peer& peer = link.peer;
  actor a(end);
  actor b(peer);
  a.handshake().recv(5);
  b.handshake().send(to_bytes("hello"));
  play(a, b);
  ASSERT_EQ(peer.handshakes(), 1U);
  actor c(end);
  actor d(peer);
  c.recv(1);
  d.then("renegotiate", [&] { return peer.renegotiate(); }).then("again", [&] { return peer.handshake(); });
  (void)drive(c, d);
  EXPECT_EQ(peer.handshakes(), 1U) << "no second handshake was done";
  EXPECT_EQ(peer.alerts(), std::vector<std::string>{"no_renegotiation"});
}

TEST_P(matrix_negotiation, renegotiation_asked_by_a_server_is_refused) {
  if (GetParam().tls1_3()) return;
  raw_link link(role::client, client(), {.max_version = tls1_2_wire});
  tls_end& end = link.end;
  raw_peer& peer = link.peer;
  actor a(end);
  actor b(peer);
  a.handshake().recv(5);
  b.handshake().send(to_bytes("hello"));
  play(a, b);
  ASSERT_EQ(peer.handshakes(), 1U);
  actor c(end);
  actor d(peer);
  c.recv(1);
  d.then("renegotiate", [&] { return peer.renegotiate(); })
      .then("again", [&] { return peer.handshake(); })
      .recv(1);
  (void)drive(c, d);
  EXPECT_EQ(peer.handshakes(), 1U) << "no second handshake was done";
  EXPECT_EQ(peer.alerts(), std::vector<std::string>{"no_renegotiation"});
}

// -- alerts by name --

TEST_P(matrix_negotiation, every_alert_that_arrives_is_named) {
  struct alert {
    int number;
    std::string name;
  };
  const std::vector<alert> all = {
      {10, "unexpected_message"},     {20, "bad_record_mac"},        {22, "record_overflow"},
      {40, "handshake_failure"},      {42, "bad_certificate"},       {47, "illegal_parameter"},
      {49, "access_denied"},          {50, "decode_error"},          {51, "decrypt_error"},
      {70, "protocol_version"},       {71, "insufficient_security"}, {80, "internal_error"},
      {86, "inappropriate_fallback"}, {109, "missing_extension"},    {110, "unsupported_extension"},
      {112, "unrecognized_name"},     {116, "certificate_required"}, {120, "no_application_protocol"}};
  const auto conf = made(client());
  for (const auto& [number, name] : all) {
    memory_pair wire;
    tls_end end("client", transport::from(wire.client));
    begin(end, role::client, conf);
    EXPECT_EQ(end.handshake(), want_read);
    wire.server.inject(to_wire(
        record{.type = 21, .version = 0x0303, .content = {std::byte{2}, static_cast<std::byte>(number)}}));
    EXPECT_EQ(end.handshake(), failed);
    EXPECT_TRUE(is_error(end.failure(), errc::alert_received, "handshake failed: alert received: " + name));
    EXPECT_EQ(end.failure().alert, number);
  }
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_negotiation, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
