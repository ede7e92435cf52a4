// Our server and `gnutls-cli`, our client and `gnutls-serv`.
#include <gtest/gtest.h>

#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

// Allows one version only.
std::string priority(const kind& k) {
  return std::string("--priority=NORMAL:-VERS-ALL:+VERS-TLS") + (k.is_1_3() ? "1.3" : "1.2");
}

class GnutlsClient : public by_kind {
 protected:
  void SetUp() override { need("gnutls-cli", "gnutls-bin"); }

  // gnutls-cli that verifies the server, under a name that needs no resolver. What it has to say goes to its
  // output, as does the data.
  static std::vector<std::string> gnutls_cli(const listener& server, std::vector<std::string> more = {},
                                             const std::string& name = "localhost") {
    std::vector<std::string> argv = {"gnutls-cli", "--x509cafile=" + pki("ca.pem"), "--port=" + server.port(),
                                     "--sni-hostname=" + name, "--verify-hostname=" + name};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.emplace_back("127.0.0.1");
    return argv;
  }
};

TEST_P(GnutlsClient, VerifiesOurServerAndExchangesDataBothWays) {
  listener server(GetParam().server());
  const temporary_directory directory;
  const std::string log = directory.path() + "/log";
  program client(gnutls_cli(server, {"--logfile=" + log}));  // leaves the output to the data
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().version, GetParam().version);

  const std::string question = payload(100'000, 6);
  const std::string answer = noise(300'000, 7);
  ASSERT_TRUE(client.give(question));
  EXPECT_EQ(ours->receive(question.size()), question);
  ASSERT_TRUE(ours->send(answer));
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.output(), answer);
  // It complains of a stream that ends without close_notify.
  EXPECT_EQ(client.messages().find("***"), std::string::npos) << client.everything();
}

TEST_P(GnutlsClient, SaysWhatItVerifiedAndAgreedOn) {
  auto options = GetParam().server();
  options.alpn = "file/1";
  listener server(options);
  program client(gnutls_cli(server, {"--alpn=other/1", "--alpn=file/1"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "file/1");
  EXPECT_EQ(ours->info().servername, "localhost");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("- Status: The certificate is trusted.")) << client.everything();
  EXPECT_TRUE(client.says(GetParam().is_1_3() ? "(TLS1.3" : "(TLS1.2")) << client.everything();
  EXPECT_TRUE(client.says("- Application protocol: file/1")) << client.everything();
}

TEST_P(GnutlsClient, GetsTheVersionThatItDemands) {
  auto options = GetParam().server();
  options.protocols = "";
  listener server(options);
  program client(gnutls_cli(server, {priority(GetParam())}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().version, GetParam().version);
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(GnutlsClient, ComplainsWhereWeHangUpWithoutCloseNotify) {
  listener server(GetParam().server());
  program client(gnutls_cli(server));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->send("half a sentence"));
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says("The TLS connection was non-properly terminated")) << client.everything();
}

TEST_P(GnutlsClient, EndsOurStreamInOrderAndStillReceives) {
  if (!GetParam().can(&stls::capabilities::half_close)) {
    GTEST_SKIP() << GetParam().engine << " cannot send after the peer's close_notify";
  }
  listener server(GetParam().server());
  const temporary_directory directory;
  program client(gnutls_cli(server, {"--logfile=" + directory.path() + "/log"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(client.give("that was all\n"));
  client.end_input();  // it sends close_notify and goes on receiving
  EXPECT_EQ(ours->receive_all(), "that was all\n");
  EXPECT_TRUE(ours->ended_well()) << ours->error();
  ASSERT_TRUE(ours->send("a late answer"));
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_EQ(client.output(), "a late answer");
}

TEST_P(GnutlsClient, KilledLeavesOurServerWithATruncation) {
  listener server(GetParam().server());
  program client(gnutls_cli(server));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(client.give("half a sentence"));
  EXPECT_EQ(ours->receive(15), "half a sentence");
  client.kill();
  EXPECT_EQ(ours->receive_all(), "");
  // A process that is killed with unread bytes, here tickets, resets its connection instead of ending it.
  EXPECT_TRUE(ours->error() == stls::errc::truncated || ours->error() == stls::errc::transport)
      << ours->error();
}

TEST_P(GnutlsClient, GetsTheCertificateForTheServerNameItSends) {
  auto options = GetParam().server();
  options.keypairs = {pki_pair("server-a")};
  listener server(options);
  program client(gnutls_cli(server, {}, "a.example"));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().servername, "a.example");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("- subject `CN=a.example'")) << client.everything();
  EXPECT_TRUE(client.says("- Status: The certificate is trusted.")) << client.everything();
}

TEST_P(GnutlsClient, ThatDoesNotTrustOurServerSaysSo) {
  listener server(GetParam().server("untrusted"));
  program client(gnutls_cli(server));
  auto ours = server.accept(client);
  EXPECT_TRUE(got_alert(ours->fail(), bad_certificate));  // its word for all refusals
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says("The certificate is NOT trusted.")) << client.everything();
}

TEST_P(GnutlsClient, ShowsItsCertificateToOurServer) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(
      gnutls_cli(server, {"--x509certfile=" + pki("client.pem"), "--x509keyfile=" + pki("client.key")}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().peer.subject, "/CN=client");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(GnutlsClient, IsToldWhyItsCertificateIsRefused) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(gnutls_cli(server, {"--x509certfile=" + pki("client-untrusted.pem"),
                                     "--x509keyfile=" + pki("client-untrusted.key")}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::certificate_untrusted) << ours->error();
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says("Received alert [48]")) << client.everything();
}

INSTANTIATE_TEST_SUITE_P(Interop, GnutlsClient, testing::ValuesIn(all_kinds()), name_of);

class GnutlsServer : public by_kind {
 protected:
  void SetUp() override { need("gnutls-serv", "gnutls-bin"); }

  // gnutls-serv can only listen at all addresses. It runs until it is killed.
  static std::vector<std::string> gnutls_serv(const reserved_port& port, const std::string& pair = "server",
                                              std::vector<std::string> more = {"--echo",
                                                                               "--disable-client-cert"}) {
    std::vector<std::string> argv = {"gnutls-serv", "--port=" + port.text(),
                                     "--x509certfile=" + pki(pair + ".pem"),
                                     "--x509keyfile=" + pki(pair + ".key"), "--crlf"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  static std::vector<std::string> verifying_clients() {
    return {"--echo", "--require-client-cert", "--verify-client-cert", "--x509cafile=" + pki("ca.pem")};
  }
};

TEST_P(GnutlsServer, IsVerifiedByOurClientAndExchangesDataBothWays) {
  const reserved_port port;
  program server(gnutls_serv(port));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().version, GetParam().version);
  EXPECT_EQ(ours->info().peer.subject, "/CN=localhost");

  const std::string text = payload(50'000, 8);
  for (std::size_t from = 0; from < text.size(); from += 5'000) {
    const std::string part = text.substr(from, 5'000);
    ASSERT_TRUE(ours->send(part));
    EXPECT_EQ(ours->receive(part.size()), part);
  }
  ASSERT_TRUE(ours->close());
}

TEST_P(GnutlsServer, GetsTheVersionThatItDemands) {
  const reserved_port port;
  program server(gnutls_serv(port, "server", {"--echo", "--disable-client-cert", priority(GetParam())}));
  auto options = GetParam().client();
  options.protocols = "";
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().version, GetParam().version);
}

TEST_P(GnutlsServer, SendsAFileAndAnOrderlyEnd) {
  const temporary_directory directory;
  const std::string file = noise(500'000, 9);
  const reserved_port port;
  program server(gnutls_serv(
      port, "server", {"--http", "--httpdata=" + directory.write("file", file), "--disable-client-cert"}));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->send("GET / HTTP/1.0\r\n\r\n"));
  const std::string answer = ours->receive_all();
  EXPECT_TRUE(ours->ended_well()) << ours->error();
  const auto header_end = answer.find("\r\n\r\n");
  ASSERT_NE(header_end, answer.npos);
  EXPECT_TRUE(answer.substr(header_end + 4) == file);
}

TEST_P(GnutlsServer, KilledLeavesOurClientWithATruncation) {
  const reserved_port port;
  program server(gnutls_serv(port));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->send("half a sentence\n"));
  EXPECT_EQ(ours->receive(16), "half a sentence\n");
  server.kill();
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_EQ(ours->error(), stls::errc::truncated) << ours->error();
}

TEST_P(GnutlsServer, IsToldOfTheServerNameAndOurProtocols) {
  const reserved_port port;
  program server(gnutls_serv(port, "server", {"--echo", "--disable-client-cert", "--alpn=file/1"}));
  auto options = GetParam().client();
  options.alpn = "other/1,file/1";
  auto ours = connect(port, server, options, "test.example");
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "file/1");
  EXPECT_TRUE(server.says("- Given server name[1]: test.example")) << server.everything();
  EXPECT_TRUE(server.says("- Application protocol: file/1")) << server.everything();
}

TEST_P(GnutlsServer, IsToldThatItsCertificateIsRefused) {
  struct refusal {
    std::string pair;
    stls::errc code;
    int alert;
  };
  const refusal refusals[] = {{"expired", stls::errc::certificate_expired, certificate_expired},
                              {"untrusted", stls::errc::certificate_untrusted, unknown_ca},
                              {"wrong-name", stls::errc::certificate_name_mismatch, bad_certificate}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    const reserved_port port;
    program server(gnutls_serv(port, r.pair));
    auto ours = connect(port, server, GetParam().client());
    EXPECT_EQ(ours->fail(), r.code) << ours->error();
    EXPECT_EQ(ours->error().alert, r.alert);
    ours->hang_up();
    EXPECT_TRUE(server.says("Error in handshake")) << server.everything();
  }
}

TEST_P(GnutlsServer, AcceptsTheCertificateOfOurClient) {
  const reserved_port port;
  program server(gnutls_serv(port, "server", verifying_clients()));
  auto options = GetParam().client();
  options.cert = pki_file("client.pem");
  options.key = pki_file("client.key");
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->send("hello\n"));
  EXPECT_EQ(ours->receive(6), "hello\n");
  EXPECT_TRUE(server.says("- Status: The certificate is trusted.")) << server.everything();
  EXPECT_TRUE(server.says("Subject: CN=client")) << server.everything();
}

TEST_P(GnutlsServer, TellsOurClientThatItsCertificateIsRefused) {
  const reserved_port port;
  program server(gnutls_serv(port, "server", verifying_clients()));
  auto options = GetParam().client();
  options.keypairs = {pki_pair("client-untrusted")};
  auto ours = connect(port, server, options);
  EXPECT_EQ(ours->fail(), stls::errc::alert_received) << ours->error();
  EXPECT_TRUE(server.says("Error in handshake")) << server.everything();
}

INSTANTIATE_TEST_SUITE_P(Interop, GnutlsServer, testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace interop
