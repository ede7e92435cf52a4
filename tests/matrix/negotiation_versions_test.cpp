// TLS 1.0 and 1.1, which are there for those who name them, and groups that not every engine has.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

struct old_case {
  engine_case engines;
  std::string word;     // of protocols
  std::string version;  // of conn_info
  int wire = 0;
};

std::vector<old_case> old_cases() {
  std::vector<old_case> all;
  for (const auto& c : engine_cases()) {
    if (c.tls1_3()) continue;
    all.push_back({c, "tlsv1.0", "TLSv1", tls1_0_wire});
    all.push_back({c, "tlsv1.1", "TLSv1.1", tls1_1_wire});
  }
  return all;
}

std::string old_name(const ::testing::TestParamInfo<old_case>& info) {
  return std::string(info.param.engines.client->name())
             .append("_")
             .append(info.param.engines.server->name()) +
         (info.param.wire == tls1_0_wire ? "_tls10" : "_tls11");
}
void PrintTo(const old_case& c, std::ostream* out) { *out << c.engines.name() << ' ' << c.word; }

class old_versions : public ::testing::TestWithParam<old_case> {
 protected:
  void SetUp() override {
    if (!GetParam().engines.client->capabilities().old_versions ||
        !GetParam().engines.server->capabilities().old_versions) {
      GTEST_SKIP() << "an engine without them";
    }
  }
  static options client() {
    auto opt = GetParam().engines.client_options();
    opt.protocols = GetParam().word;
    return opt;
  }
  static options server(const std::string& certificate = "server") {
    auto opt = GetParam().engines.server_options(certificate);
    opt.protocols = GetParam().word;
    return opt;
  }
};

TEST_P(old_versions, work_where_named_alone) {
  const auto m = meet(client(), server());
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(m.client_info.version, GetParam().version);
  EXPECT_EQ(m.server_info.version, GetParam().version);
  EXPECT_EQ(m.client_info.cipher, "ECDHE-ECDSA-AES128-SHA");

  auto trusting = client();
  trusting.ca = pki::file("ca-rsa.pem");
  const auto n = meet(trusting, server("server-rsa"));
  EXPECT_TRUE(n.ok) << n.client.message << "; " << n.server.message;
  EXPECT_EQ(n.client_info.cipher, "ECDHE-RSA-AES128-SHA");
}

TEST_P(old_versions, both_together_take_the_newer) {
  auto c = client();
  auto s = server();
  c.protocols = s.protocols = "tlsv1.0,tlsv1.1";
  const auto m = meet(c, s);
  EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
  EXPECT_EQ(m.client_info.version, "TLSv1.1");
  EXPECT_EQ(meet(c, server()).client_info.version, GetParam().version);
  EXPECT_EQ(meet(client(), s).client_info.version, GetParam().version);
}

TEST_P(old_versions, are_warned_of_and_described) {
  std::vector<std::string> warnings;
  auto opt = client();
  opt.on_warning = [&](const warning& w) {
    warnings.emplace_back(w.code);
    EXPECT_EQ(w.level, warning::severity::serious);
    EXPECT_EQ(w.message,
              "protocols: " + GetParam().word +
                  " is obsolete (RFC 8996): SHA-1 and MD5 are accepted in the handshakes of this config");
  };
  const auto text = made(opt).describe();
  EXPECT_EQ(warnings, std::vector<std::string>{"old_versions"});
  EXPECT_NE(text.find("protocols: " + GetParam().word + "\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nciphers: ECDHE-ECDSA-AES128-SHA,ECDHE-RSA-AES128-SHA,ECDHE-ECDSA-AES256-SHA,"
                      "ECDHE-RSA-AES256-SHA\n"),
            std::string::npos)
      << text;
}

TEST_P(old_versions, meet_no_new_ones) {
  const auto m = meet(client(), GetParam().engines.server_options());
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.server, errc::handshake_failed, "handshake failed: no common protocol version"));
  EXPECT_EQ(m.client_alert(), "protocol_version");
  const auto n = meet(GetParam().engines.client_options(), server());
  EXPECT_FALSE(n.ok);  // the server may say first that its ciphers are not the client's
  EXPECT_EQ(n.client_at, "handshake");
}

TEST_P(old_versions, agree_with_a_foreign_peer) {
  for (const auto end : {role::client, role::server}) {
    tls_link link;
    const auto ours = end == role::client ? role::server : role::client;
    raw_peer peer(link.wire_of(end), {.end = end,
                                      .min_version = tls1_0_wire,
                                      .max_version = tls1_3_wire,
                                      .ca = end == role::client ? "ca.pem" : "",
                                      .servername = end == role::client ? "localhost" : ""});
    // The end of ours at the other side of the wire.
    if (ours == role::client) {
      link.client.adopt(stls::client::make(made(client()))->connect("localhost", link.client.io()));
    } else {
      link.server.adopt(stls::server::make(made(server()))->accept(link.server.io()));
    }
    actor a(link.end(ours));
    actor b(peer);
    a.handshake().send(to_bytes("there")).recv(4);
    b.handshake().recv(5).send(to_bytes("back"));
    play(a, b);
    EXPECT_EQ(peer.version(), GetParam().version);
  }
}

// What is let pass are the signatures of the handshake; nothing else becomes weaker.
TEST_P(old_versions, judge_certificates_as_strictly_as_ever) {
  const auto weak_root =
      make_certificate({.key = "RSA-1024", .common_name = "weak root", .names = "", .authority = true});
  const auto sha1_root = make_certificate({.common_name = "root", .names = "", .authority = true});
  struct row {
    made_certificate root;
    made_certificate leaf;
    std::string why;
  };
  const std::vector<row> rows = {
      {sha1_root, make_certificate({.key = "RSA-1024"}, &sha1_root), "EE certificate key too weak"},
      {sha1_root, make_certificate({.digest = "SHA1"}, &sha1_root), "CA signature digest algorithm too weak"},
      {weak_root, make_certificate({.key = "RSA-2048"}, &weak_root), "CA certificate key too weak"},
  };
  for (const auto& [root, leaf, why] : rows) {
    tls_link link;
    auto opt = client();
    opt.ca = pem::text(root.cert);
    raw_peer peer(link.wire.server, {.end = role::server,
                                     .min_version = GetParam().wire,
                                     .max_version = GetParam().wire,
                                     .cert_pem = leaf.cert,
                                     .key_pem = leaf.key});
    link.client.adopt(stls::client::make(made(opt))->connect("localhost", link.client.io()));
    actor a(link.client);
    actor b(peer);
    a.handshake();
    b.handshake();
    drive(a, b);
    EXPECT_TRUE(a.stopped()) << why;
    EXPECT_TRUE(is_error(a.failure, errc::certificate_untrusted)) << why;
  }
}

TEST_P(old_versions, refuse_what_cannot_be_theirs) {
  auto opt = client();
  opt.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_TRUE(is_error(
      config::make(opt), errc::bad_config,
      "ciphers: nothing is left of 'ECDHE-ECDSA-AES128-GCM-SHA256': ECDHE-ECDSA-AES128-GCM-SHA256 is "
      "not for " +
          GetParam().word));
  opt.ciphers = "";
  opt.protocols = GetParam().word + ",tlsv1.2,tlsv1.3";
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_config));
}

INSTANTIATE_TEST_SUITE_P(engines, old_versions, ::testing::ValuesIn(old_cases()), old_name);

class rare_groups : public ::testing::TestWithParam<engine_case> {};

TEST_P(rare_groups, are_agreed_on_where_both_have_them) {
  for (const char* name : {"X448", "P-521", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X25519MLKEM768"}) {
    const bool hybrid = std::string_view(name).find("MLKEM") != std::string_view::npos;
    auto client = GetParam().client_options();
    auto server =
        GetParam().server_options("server-rsa");  // in TLS 1.2 the curve of an EC certificate must be listed
    client.ca = pki::file("ca-rsa.pem");
    client.ecdhecurve = server.ecdhecurve = name;
    if (!GetParam().client->has_group(name)) {
      EXPECT_TRUE(is_error(config::make(client), errc::unsupported)) << name;
      continue;
    }
    if (!GetParam().server->has_group(name) || (hybrid && !GetParam().tls1_3())) continue;
    const auto m = meet(client, server);
    EXPECT_TRUE(m.ok) << name << ": " << m.client.message << "; " << m.server.message;
    EXPECT_EQ(m.client_info.group, name);
  }
}

TEST_P(rare_groups, that_an_engine_lacks_are_dropped_and_shown) {
  std::string list = "X25519";
  std::string dropped;
  for (const char* name : {"SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X448"}) {
    list.append(",").append(name);
    if (GetParam().client->has_group(name)) continue;
    dropped.append(dropped.empty() ? "" : ", ").append(name);
    dropped.append(" (not supported by engine '").append(GetParam().client->name()).append("')");
  }
  auto opt = GetParam().client_options();
  opt.ecdhecurves = list;
  const auto text = made(opt).describe();
  if (dropped.empty()) {
    EXPECT_EQ(text.find("dropped"), std::string::npos) << text;
  } else {
    EXPECT_NE(text.find("\ndropped: " + dropped + "\n"), std::string::npos) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(engines, rare_groups, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
