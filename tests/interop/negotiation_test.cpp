// Ciphers, old versions, DHE and the key log, against `openssl s_client` and `gnutls-cli`.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

class Negotiation : public by_kind {
 protected:
  void SetUp() override { need("openssl", "openssl"); }

  static std::vector<std::string> s_client(const listener& server, const std::string& ca,
                                           std::vector<std::string> more = {}) {
    std::vector<std::string> argv = {
        "openssl",  "s_client", "-connect", server.address(), "-CAfile", pki(ca), "-verify_return_error",
        "-ign_eof", "-brief"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  static std::vector<std::string> gnutls_cli(const listener& server, const std::string& ca,
                                             const std::string& priority) {
    return {"gnutls-cli", "--x509cafile=" + pki(ca), "--port=" + server.port(), "--priority=" + priority,
            "localhost"};
  }
};

class Negotiation12 : public Negotiation {};

TEST_P(Negotiation, OpensslGetsTheCipherThatItDemands) {
  const bool is_1_3 = GetParam().is_1_3();
  listener server(GetParam().server());
  for (const auto& name :
       is_1_3 ? std::vector<std::string>{"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
              : std::vector<std::string>{"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    program client(s_client(server, "ca.pem", {is_1_3 ? "-ciphersuites" : "-cipher", name}));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake());
    EXPECT_EQ(ours->info().cipher, name);
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_TRUE(client.says("Ciphersuite: " + name)) << client.everything();
  }
}

TEST_P(Negotiation, OurListIsKeptToWhateverOpensslOffers) {
  auto options = GetParam().server();
  options.ciphers = GetParam().is_1_3() ? "TLS_CHACHA20_POLY1305_SHA256" : "ECDHE-ECDSA-CHACHA20-POLY1305";
  listener server(options);
  program client(s_client(server, "ca.pem", {"-cipher", "ALL:@SECLEVEL=0"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().cipher, options.ciphers);
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(Negotiation, GnutlsGetsTheCipherThatItsPrioritiesName) {
  need("gnutls-cli", "gnutls-bin");
  listener server(GetParam().server());
  const std::string version = GetParam().is_1_3() ? "1.3" : "1.2";
  program client(gnutls_cli(
      server, "ca.pem",
      "NORMAL:-VERS-ALL:+VERS-TLS" + version + ":-CIPHER-ALL:+AES-256-GCM:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().cipher,
            GetParam().is_1_3() ? "TLS_AES_256_GCM_SHA384" : "ECDHE-ECDSA-AES256-GCM-SHA384");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

// The lines of a key log, without comments.
std::set<std::string> lines_of(const std::string& path) {
  std::set<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') lines.insert(line);
  }
  return lines;
}

TEST_P(Negotiation, OurKeyLogIsTheOneThatOpensslWrites) {
  if (!GetParam().can(&stls::capabilities::keylog)) GTEST_SKIP() << "an engine without it";
  const temporary_directory directory;
  const std::string path = directory.path() + "/keys";
  auto options = GetParam().server();
  std::set<std::string> ours_logged;
  options.keylog = [&](std::string_view line) { ours_logged.emplace(line); };
  listener server(options);
  program client(s_client(server, "ca.pem", {"-keylogfile", path}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_FALSE(ours_logged.empty());
  EXPECT_EQ(ours_logged, lines_of(path));
}

// The old versions need no run for each of the new ones.
TEST_P(Negotiation12, OldVersionsServeOldClients) {
  if (!GetParam().can(&stls::capabilities::old_versions)) GTEST_SKIP() << "an engine without them";
  for (const bool is_1_1 : {false, true}) {
    auto options = GetParam().server("server-rsa");
    options.protocols = is_1_1 ? "tlsv1.1" : "tlsv1.0";
    listener server(options);
    {
      program client(
          s_client(server, "ca-rsa.pem", {is_1_1 ? "-tls1_1" : "-tls1", "-cipher", "ALL:@SECLEVEL=0"}));
      auto ours = server.accept(client);
      ASSERT_TRUE(ours->handshake());
      EXPECT_EQ(ours->info().version, is_1_1 ? "TLSv1.1" : "TLSv1");
      ASSERT_TRUE(ours->send("old, but there\n"));
      ASSERT_TRUE(ours->close());
      EXPECT_EQ(client.status(), 0) << client.everything();
      EXPECT_TRUE(client.says("old, but there")) << client.everything();
    }
    if (find_program("gnutls-cli").empty()) continue;
    program client(gnutls_cli(
        server, "ca-rsa.pem",
        std::string("NORMAL:-VERS-ALL:+VERS-TLS") + (is_1_1 ? "1.1" : "1.0") + ":%VERIFY_ALLOW_BROKEN"));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake()) << client.everything();
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
  }
}

TEST_P(Negotiation12, OldClientsAreNotServedByDefault) {
  auto options = GetParam().server();
  options.protocols = "";
  options.ciphers = "all";
  listener server(options);
  program client(s_client(server, "ca.pem", {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::handshake_failed);
  EXPECT_TRUE(client.fails()) << client.everything();
}

TEST_P(Negotiation12, DheIsAsStrongAsTheKey) {
  if (!GetParam().can(&stls::capabilities::dhe)) GTEST_SKIP() << "an engine without it";
  auto options = GetParam().server("server-rsa");
  options.dheparams = "auto";
  listener server(options);
  {
    program client(s_client(server, "ca-rsa.pem", {"-cipher", "DHE"}));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake());
    EXPECT_EQ(ours->info().cipher.substr(0, 8), "DHE-RSA-");
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_TRUE(client.says(" Temp Key: DH, 2048 bits")) << client.everything();
  }
  need("gnutls-cli", "gnutls-bin");
  program client(gnutls_cli(server, "ca-rsa.pem", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA"));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake()) << client.everything();
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(Negotiation12, OurClientTakesWhatOpensslServerHas) {
  if (!GetParam().can(&stls::capabilities::dhe)) GTEST_SKIP() << "an engine without it";
  reserved_port port;
  const std::string cert = pki("server-rsa.pem");
  program server({"openssl", "s_server", "-accept", port.text(), "-cert", cert, "-key", pki("server-rsa.key"),
                  "-quiet", "-cipher", "DHE-RSA-AES256-GCM-SHA384", "-tls1_2"});
  auto options = GetParam().client();
  options.ca = pki_file("ca-rsa.pem");
  options.dheparams = "auto";
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().cipher, "DHE-RSA-AES256-GCM-SHA384");
  ASSERT_TRUE(ours->close());
}

INSTANTIATE_TEST_SUITE_P(All, Negotiation, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(All, Negotiation12, testing::ValuesIn(kinds_of("TLSv1.2")), name_of);

}  // namespace
}  // namespace interop
