// Our client and `openssl s_server`.
#include <gtest/gtest.h>

#include <chrono>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

class OpensslServer : public by_kind {
 protected:
  void SetUp() override { need("openssl", "openssl"); }

  // s_server for one connection. -quiet also turns its commands off: its input is data.
  static std::vector<std::string> s_server(const reserved_port& port, const std::string& pair = "server",
                                           std::vector<std::string> more = {"-quiet"}) {
    const std::string cert = pki(pair + ".pem");
    std::vector<std::string> argv = {"openssl",     "s_server", "-accept", port.address(),
                                     "-naccept",    "1",        "-cert",   cert,
                                     "-cert_chain", cert,       "-key",    pki(pair + ".key")};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  static std::string alert_number(int alert) { return "SSL alert number " + std::to_string(alert) + "\n"; }
};

TEST_P(OpensslServer, IsVerifiedByOurClientAndExchangesDataBothWays) {
  const reserved_port port;
  program server(s_server(port));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());

  const std::string question = payload(300'000, 3);
  const std::string answer = payload(100'000, 4);
  ASSERT_TRUE(ours->send(question));
  EXPECT_EQ(server.gave(question.size()), question);
  ASSERT_TRUE(server.give(answer));
  EXPECT_EQ(ours->receive(answer.size()), answer);
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(server.status(), 0) << server.everything();
  EXPECT_EQ(server.messages().find("error"), std::string::npos)
      << server.everything();  // no truncation either
}

TEST_P(OpensslServer, IsDescribedToOurClient) {
  const reserved_port port;
  program server(s_server(port, "server", {"-quiet", "-alpn", "file/1", "-groups", "P-256"}));
  auto options = GetParam().client();
  options.alpn = "other/1,file/1";
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());

  const stls::conn_info& info = ours->info();
  EXPECT_EQ(info.engine, GetParam().engine);
  EXPECT_EQ(info.version, GetParam().version);
  EXPECT_FALSE(info.cipher.empty());
  EXPECT_TRUE(info.cipher_strength == 128 || info.cipher_strength == 256) << info.cipher_strength;
  EXPECT_EQ(info.group, "P-256");
  EXPECT_EQ(info.alpn, "file/1");
  EXPECT_EQ(info.servername, "localhost");
  EXPECT_FALSE(info.resumed);
  ASSERT_TRUE(info.peer_certificate_given);
  EXPECT_EQ(info.peer.subject, "/CN=localhost");
  EXPECT_EQ(info.peer.common_name, "localhost");
  EXPECT_EQ(info.peer.issuer, "/CN=stls test intermediate");
  EXPECT_EQ(info.peer.dns_names, (std::vector<std::string>{"localhost", "test.example", "*.wild.example"}));
  EXPECT_EQ(info.peer.ip_addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(info.peer.not_before, now);
  EXPECT_GT(info.peer.not_after, now);
  EXPECT_GE(info.peer_chain.size(), 2U);
}

TEST_P(OpensslServer, SendsAFileAndAnOrderlyEnd) {
  const temporary_directory directory;
  const std::string file = noise(1'000'000, 5);
  directory.write("file", file);
  const reserved_port port;
  program server(s_server(port, "server", {"-HTTP"}),
                 directory.path());  // the file as it is, without a header
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->send("GET /file HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(ours->receive_all(), file);
  EXPECT_TRUE(ours->ended_well()) << ours->error();
}

TEST_P(OpensslServer, SeesOurCloseNotifyAsAnOrderlyEnd) {
  const reserved_port port;
  program server(s_server(port, "server", {"-msg"}));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_TRUE(server.says("close_notify")) << server.everything();
  EXPECT_EQ(server.status(), 0) << server.everything();
  EXPECT_FALSE(server.says("unexpected eof")) << server.everything();
}

TEST_P(OpensslServer, SeesATruncationWhereWeHangUpWithoutCloseNotify) {
  const reserved_port port;
  program server(s_server(port));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->send("half a sentence"));
  ours->hang_up();
  EXPECT_TRUE(server.says("unexpected eof while reading")) << server.everything();
}

TEST_P(OpensslServer, KilledLeavesOurClientWithATruncation) {
  const reserved_port port;
  program server(s_server(port));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(server.give("half a sentence"));
  EXPECT_EQ(ours->receive(15), "half a sentence");
  server.kill();
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_FALSE(ours->ended_well());
  EXPECT_EQ(ours->error(), stls::errc::truncated) << ours->error();
}

TEST_P(OpensslServer, IsToldWhyItsCertificateIsRefused) {
  struct refusal {
    std::string pair;
    stls::errc code;
    std::string sentence;
    int alert;
    std::string alert_words;  // s_server's
    std::string crl{};
  };
  const std::string failed = "certificate verification failed: ";
  const refusal refusals[] = {
      {"expired", stls::errc::certificate_expired, failed + "certificate has expired", certificate_expired,
       "certificate expired"},
      {"not-yet-valid", stls::errc::certificate_not_yet_valid, failed + "certificate is not yet valid",
       certificate_expired, "certificate expired"},
      {"untrusted", stls::errc::certificate_untrusted, failed + "unable to get local issuer certificate",
       unknown_ca, "unknown CA"},
      {"self-signed", stls::errc::certificate_untrusted, failed + "self-signed certificate", unknown_ca,
       "unknown CA"},
      {"no-server-auth", stls::errc::certificate_untrusted, failed + "unsuitable certificate purpose",
       unsupported_certificate, "unsupported certificate"},
      {"of-ca-sha1", stls::errc::certificate_untrusted, failed + "certificate signature algorithm too weak",
       bad_certificate, "bad certificate"},
      {"of-ca-false", stls::errc::certificate_untrusted, failed + "invalid CA certificate", unknown_ca,
       "unknown CA"},
      {"revoked", stls::errc::certificate_revoked, failed + "certificate revoked", certificate_revoked,
       "certificate revoked", "crl.pem"},
      {"server", stls::errc::revocation_unknown, failed + "CRL has expired", certificate_unknown,
       "certificate unknown", "crl-expired.pem"},
      {"wrong-name", stls::errc::certificate_name_mismatch,
       "name `localhost' not present in server certificate", bad_certificate, "bad certificate"},
      {"cn-only", stls::errc::certificate_name_mismatch, "name `localhost' not present in server certificate",
       bad_certificate, "bad certificate"}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    if (!r.crl.empty() && !GetParam().can(&stls::capabilities::crl)) continue;
    const reserved_port port;
    // At its own level s_server would not show SHA-1.
    program server(s_server(port, r.pair, {"-quiet", "-state", "-cipher", "DEFAULT@SECLEVEL=0"}));
    auto options = GetParam().client();
    if (!r.crl.empty()) options.crl = pki_file(r.crl);
    auto ours = connect(port, server, options);
    EXPECT_EQ(ours->fail(), r.code) << ours->error();
    EXPECT_EQ(ours->error().message, r.sentence);
    EXPECT_EQ(ours->error().alert, r.alert);
    ours->hang_up();
    EXPECT_TRUE(server.says("SSL3 alert read:fatal:" + r.alert_words + "\n")) << server.everything();
    EXPECT_TRUE(server.says(alert_number(r.alert))) << server.everything();
  }
}

TEST_P(OpensslServer, IsAcceptedForEachNameOfItsCertificate) {
  for (const char* name :
       {"localhost", "LocalHost.", "test.example", "any.wild.example", "127.0.0.1", "::1"}) {
    SCOPED_TRACE(name);
    const reserved_port port;
    program server(s_server(port));
    auto ours = connect(port, server, GetParam().client(), name);
    EXPECT_TRUE(ours->handshake());
  }
}

TEST_P(OpensslServer, IsRefusedForAnyOtherName) {
  for (const char* name : {"example", "wild.example", "a.b.wild.example", "127.0.0.2", "::2"}) {
    SCOPED_TRACE(name);
    const reserved_port port;
    program server(s_server(port));
    auto ours = connect(port, server, GetParam().client(), name);
    EXPECT_EQ(ours->fail(), stls::errc::certificate_name_mismatch) << ours->error();
  }
}

TEST_P(OpensslServer, ChoosesItsCertificateByTheServerNameThatOurClientSends) {
  const reserved_port port;
  // -CAfile is where it finds the intermediate certificate for its second certificate.
  program server(s_server(port, "server",
                          {"-servername", "a.example", "-servername_fatal", "-cert2", pki("server-a.pem"),
                           "-key2", pki("server-a.key"), "-CAfile", pki("intermediate.pem")}));
  auto ours = connect(port, server, GetParam().client(), "a.example");
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().peer.subject, "/CN=a.example");
  EXPECT_TRUE(server.says("Hostname in TLS extension: \"a.example\"")) << server.everything();
}

TEST_P(OpensslServer, IsSentNoServerNameForAnAddress) {
  const reserved_port port;
  program server(s_server(port, "server", {"-tlsextdebug"}));
  auto ours = connect(port, server, GetParam().client(), "127.0.0.1");
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().servername, "127.0.0.1");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(server.status(), 0) << server.everything();
  EXPECT_TRUE(server.says("TLS client extension \"supported_groups\"")) << server.everything();
  EXPECT_FALSE(server.says("TLS client extension \"server name\"")) << server.everything();
}

TEST_P(OpensslServer, AgreesOnAProtocolThatOurClientOffers) {
  const reserved_port port;
  program server(s_server(port, "server", {"-alpn", "two/2,one/1"}));
  auto options = GetParam().client();
  options.alpn = "one/1,two/2";
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "two/2");  // s_server's own order decides
  ASSERT_TRUE(ours->close());
  EXPECT_TRUE(server.says("ALPN protocols advertised by the client: one/1, two/2")) << server.everything();
}

TEST_P(OpensslServer, ThatAnswersNoProtocolIsAccepted) {
  const reserved_port port;
  program server(s_server(port));
  auto options = GetParam().client();
  options.alpn = "one/1";
  auto ours = connect(port, server, options);
  EXPECT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "");
}

TEST_P(OpensslServer, TellsOurClientThatThereIsNoCommonProtocol) {
  const reserved_port port;
  program server(s_server(port, "server", {"-quiet", "-alpn", "two/2"}));
  auto options = GetParam().client();
  options.alpn = "one/1";
  auto ours = connect(port, server, options);
  EXPECT_TRUE(got_alert(ours->fail(), no_application_protocol));
}

TEST_P(OpensslServer, OfAnotherVersionIsRefused) {
  const reserved_port port;
  program server(s_server(port, "server", {"-quiet", GetParam().is_1_3() ? "-tls1_2" : "-tls1_3"}));
  auto ours = connect(port, server, GetParam().client());
  EXPECT_TRUE(got_alert(ours->fail(), protocol_version));
}

TEST_P(OpensslServer, AcceptsTheCertificateOfOurClient) {
  const reserved_port port;
  program server(
      s_server(port, "server", {"-quiet", "-Verify", "2", "-verify_return_error", "-CAfile", pki("ca.pem")}));
  auto options = GetParam().client();
  options.cert = pki_file("client.pem");
  options.key = pki_file("client.key");
  auto ours = connect(port, server, options);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(server.give("welcome"));
  EXPECT_EQ(ours->receive(7), "welcome");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(server.status(), 0) << server.everything();
  EXPECT_TRUE(server.says("client\nverify return:1\n")) << server.everything();
}

TEST_P(OpensslServer, TellsOurClientWhyItsCertificateIsRefused) {
  struct refusal {
    std::string pair;
    int alert;
  };
  const refusal refusals[] = {{"client-untrusted", unknown_ca}, {"client-expired", certificate_expired}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    const reserved_port port;
    program server(s_server(port, "server",
                            {"-quiet", "-Verify", "2", "-verify_return_error", "-CAfile", pki("ca.pem")}));
    auto options = GetParam().client();
    options.keypairs = {pki_pair(r.pair)};
    auto ours = connect(port, server, options);
    EXPECT_TRUE(got_alert(ours->fail(), r.alert));
  }
}

TEST_P(OpensslServer, TellsOurClientThatACertificateIsRequired) {
  const reserved_port port;
  program server(
      s_server(port, "server", {"-quiet", "-Verify", "2", "-verify_return_error", "-CAfile", pki("ca.pem")}));
  auto ours = connect(port, server, GetParam().client());
  EXPECT_TRUE(got_alert(ours->fail(), GetParam().is_1_3() ? certificate_required : handshake_failure));
}

class OpensslServerOfOldVersion : public OpensslServer {};

TEST_P(OpensslServerOfOldVersion, CannotRenegotiate) {
  const reserved_port port;
  program server(s_server(port, "server", {}));
  auto ours = connect(port, server, GetParam().client());
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(server.says("BEGIN SSL SESSION PARAMETERS"))
      << server.everything();       // it reads its commands now
  ASSERT_TRUE(server.give("r\n"));  // renegotiate, if the client wants to: a HelloRequest
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_TRUE(got_alert(ours->error(), handshake_failure));  // s_server takes our no_renegotiation for fatal
  ours->hang_up();
  EXPECT_TRUE(server.says("no renegotiation")) << server.everything();
}

INSTANTIATE_TEST_SUITE_P(Interop, OpensslServer, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OpensslServerOfOldVersion, testing::ValuesIn(kinds_of("TLSv1.2")), name_of);

}  // namespace
}  // namespace interop
