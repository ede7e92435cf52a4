// Our server and `openssl s_client`.
#include <gtest/gtest.h>

#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

class OpensslClient : public by_kind {
 protected:
  void SetUp() override { need("openssl", "openssl"); }

  // s_client that verifies the server, does what it is told, and nothing else: input is data, never a
  // command.
  static std::vector<std::string> s_client(const listener& server, std::vector<std::string> more = {}) {
    std::vector<std::string> argv = {
        "openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca.pem"), "-verify_return_error",
        "-ign_eof"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  static std::vector<std::string> shown_certificate(const std::string& name) {
    const std::string cert = pki(name + ".pem");
    return {"-brief", "-cert", cert, "-cert_chain", cert, "-key", pki(name + ".key")};
  }

  static std::string alert_number(int alert) { return "SSL alert number " + std::to_string(alert) + "\n"; }
};

TEST_P(OpensslClient, VerifiesOurServerAndExchangesDataBothWays) {
  listener server(GetParam().server());
  program client(s_client(server, {"-brief", "-verify_hostname", "localhost"}));
  const std::string question = payload(100'000, 1);
  const std::string answer = payload(300'000, 2);
  ASSERT_TRUE(client.give(question));

  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().version, GetParam().version);
  EXPECT_EQ(ours->receive(question.size()), question);
  ASSERT_TRUE(ours->send(answer));
  ASSERT_TRUE(ours->close());

  EXPECT_EQ(client.status(), 0) << client.everything();  // our close_notify ends it
  EXPECT_EQ(client.output(), answer);
  EXPECT_TRUE(client.says("Protocol version: " + GetParam().version)) << client.everything();
  EXPECT_TRUE(client.says("Verification: OK")) << client.everything();
  EXPECT_TRUE(client.says("Verified peername: localhost")) << client.everything();
}

TEST_P(OpensslClient, SeesOurCloseNotifyAsAnOrderlyEnd) {
  listener server(GetParam().server());
  program client(s_client(server, {"-brief", "-msg"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("close_notify")) << client.everything();
  EXPECT_FALSE(client.says("unexpected eof")) << client.everything();
}

TEST_P(OpensslClient, SeesATruncationWhereWeHangUpWithoutCloseNotify) {
  listener server(GetParam().server());
  program client(s_client(server, {"-brief"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->send("half a sentence"));
  ours->hang_up();
  EXPECT_TRUE(client.fails()) << client.everything();
  EXPECT_TRUE(client.says("unexpected eof while reading")) << client.everything();
}

TEST_P(OpensslClient, EndsOurStreamInOrderWithItsCloseNotify) {
  listener server(GetParam().server());
  // Without -ign_eof, the end of its input is the end of the connection.
  program client({"openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca.pem"), "-brief"});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(client.give("that was all\n"));
  client.end_input();
  EXPECT_EQ(ours->receive_all(), "that was all\n");
  EXPECT_TRUE(ours->ended_well()) << ours->error();
}

TEST_P(OpensslClient, KilledLeavesOurServerWithATruncation) {
  listener server(GetParam().server());
  program client(s_client(server, {"-brief"}));
  ASSERT_TRUE(client.give("half a sentence"));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->receive(15), "half a sentence");
  client.kill();
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_FALSE(ours->ended_well());
  // A process that is killed with unread bytes, here tickets, resets its connection instead of ending it.
  EXPECT_TRUE(ours->error() == stls::errc::truncated || ours->error() == stls::errc::transport)
      << ours->error();
}

TEST_P(OpensslClient, GetsTheCertificateForTheServerNameItSends) {
  struct question {
    std::string servername, expected_subject;
  };
  const question questions[] = {{"a.example", "/CN=a.example"},        {"x.a.example", "/CN=a.example"},
                                {"b.example", "/CN=b.example"},        {"B.Example", "/CN=b.example"},
                                {"test.example", "/CN=localhost"},     {"y.wild.example", "/CN=localhost"},
                                {"x.y.wild.example", "/CN=localhost"},  // no name of ours: the first keypair
                                {"stranger.example", "/CN=localhost"}};
  auto options = GetParam().server();
  options.keypairs = {pki_pair("server-a"), pki_pair("server-b")};
  listener server(options);
  for (const question& q : questions) {
    SCOPED_TRACE(q.servername);
    program client(s_client(server, {"-servername", q.servername, "-nameopt", "compat"}));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake());
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
    EXPECT_TRUE(client.says("\nsubject=" + q.expected_subject + "\n")) << client.everything();
    EXPECT_EQ(ours->info().servername, q.servername);
  }
}

TEST_P(OpensslClient, WithoutServerNameGetsTheFirstCertificate) {
  auto options = GetParam().server("server-b");
  options.keypairs = {pki_pair("server-a")};
  listener server(options);
  program client(s_client(server, {"-noservername", "-nameopt", "compat"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("\nsubject=/CN=b.example\n")) << client.everything();
  EXPECT_EQ(ours->info().servername, "");
}

TEST_P(OpensslClient, AgreesOnTheProtocolThatOurServerPrefers) {
  auto options = GetParam().server();
  options.alpn = "one/1,two/2";
  listener server(options);
  program client(s_client(server, {"-alpn", "zero/0,two/2,one/1"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "one/1");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("\nALPN protocol: one/1\n")) << client.everything();
}

TEST_P(OpensslClient, ThatOffersNoProtocolIsServed) {
  auto options = GetParam().server();
  options.alpn = "one/1,two/2";
  listener server(options);
  program client(s_client(server));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().alpn, "");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("\nNo ALPN negotiated\n")) << client.everything();
}

TEST_P(OpensslClient, WithoutACommonProtocolIsToldSo) {
  auto options = GetParam().server();
  options.alpn = "one/1,two/2";
  listener server(options);
  program client(s_client(server, {"-alpn", "zero/0"}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::handshake_failed) << ours->error();
  EXPECT_EQ(ours->error().alert, no_application_protocol);
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  EXPECT_TRUE(client.says(alert_number(no_application_protocol))) << client.everything();
}

TEST_P(OpensslClient, OfAnotherVersionIsToldSo) {
  listener server(GetParam().server());
  program client(s_client(server, {GetParam().is_1_3() ? "-tls1_2" : "-tls1_3"}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::handshake_failed) << ours->error();
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  // An engine that has never heard of TLS 1.3 sees a client of TLS 1.2 that offers no cipher of it.
  const int expected = GetParam().can(&stls::capabilities::tls1_3) ? protocol_version : handshake_failure;
  EXPECT_TRUE(client.says(alert_number(expected))) << client.everything();
}

TEST_P(OpensslClient, ThatDoesNotTrustOurServerSaysSo) {
  struct refusal {
    std::string pair;
    int alert;
  };
  const refusal refusals[] = {
      {"untrusted", unknown_ca}, {"expired", certificate_expired}, {"self-signed", unknown_ca}};
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    listener server(GetParam().server(r.pair));
    program client(s_client(server, {"-brief"}));
    auto ours = server.accept(client);
    EXPECT_TRUE(got_alert(ours->fail(), r.alert));
    ours->hang_up();
    EXPECT_TRUE(client.fails());
  }
}

TEST_P(OpensslClient, ShowsItsCertificateToOurServer) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(s_client(server, shown_certificate("client")));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().peer.subject, "/CN=client");
  EXPECT_EQ(ours->info().peer.issuer, "/CN=stls test intermediate");
  EXPECT_EQ(ours->info().peer.emails, std::vector<std::string>{"client@test.example"});
  EXPECT_EQ(ours->info().peer.uris, std::vector<std::string>{"spiffe://example/client"});
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(OpensslClient, IsToldWhyItsCertificateIsRefused) {
  struct refusal {
    std::string pair;
    stls::errc code;
    std::string sentence;
    int alert;
    std::string alert_words;  // s_client's
    std::string crl{};
  };
  const std::string failed = "certificate verification failed: ";
  const refusal refusals[] = {
      {"client-untrusted", stls::errc::certificate_untrusted,
       failed + "unable to get local issuer certificate", unknown_ca, "unknown CA"},
      {"client-expired", stls::errc::certificate_expired, failed + "certificate has expired",
       certificate_expired, "certificate expired"},
      {"server", stls::errc::certificate_untrusted, failed + "unsuitable certificate purpose",
       unsupported_certificate, "unsupported certificate"},
      {"of-ca-sha1", stls::errc::certificate_untrusted, failed + "certificate signature algorithm too weak",
       bad_certificate, "bad certificate"},
      {"client", stls::errc::certificate_revoked, failed + "certificate revoked", certificate_revoked,
       "certificate revoked", "crl-of-client.pem"}};
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client_optional = true;  // what is sent is verified there too
  for (const refusal& r : refusals) {
    SCOPED_TRACE(r.pair);
    if (!r.crl.empty() && !GetParam().can(&stls::capabilities::crl)) continue;
    options.crl = r.crl.empty() ? stls::pem() : pki_file(r.crl);
    listener server(options);
    auto shown = shown_certificate(r.pair);
    shown.insert(shown.end(), {"-state", "-cipher", "DEFAULT@SECLEVEL=0"});  // else it would not show SHA-1
    program client(s_client(server, shown));
    auto ours = server.accept(client);
    EXPECT_EQ(ours->fail(), r.code) << ours->error();
    EXPECT_EQ(ours->error().message, r.sentence);
    EXPECT_EQ(ours->error().alert, r.alert);
    ours->hang_up();
    EXPECT_TRUE(client.fails());
    EXPECT_TRUE(client.says("SSL3 alert read:fatal:" + r.alert_words + "\n")) << client.everything();
    EXPECT_TRUE(client.says(alert_number(r.alert))) << client.everything();
  }
}

TEST_P(OpensslClient, IsToldThatACertificateIsRequired) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client = true;
  listener server(options);
  program client(s_client(server, {"-brief"}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::certificate_missing) << ours->error();
  ours->hang_up();
  EXPECT_TRUE(client.fails());
  // TLS 1.2 has no alert of its own for that.
  EXPECT_TRUE(client.says(alert_number(GetParam().is_1_3() ? certificate_required : handshake_failure)))
      << client.everything();
}

TEST_P(OpensslClient, NeedsNoCertificateWhereItIsOptional) {
  auto options = GetParam().server();
  options.ca = pki_file("ca.pem");
  options.verify_client_optional = true;
  listener server(options);
  program client(s_client(server, {"-brief"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_FALSE(ours->info().peer_certificate_given);
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(OpensslClient, AgreesOnTheGroupThatOurServerDemands) {
  auto options = GetParam().server();
  options.ecdhecurves = "P-384";
  listener server(options);
  program client(s_client(server, {"-brief", "-groups", "X25519:P-256:P-384"}));
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  EXPECT_EQ(ours->info().group, "P-384");
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
}

TEST_P(OpensslClient, VerifiesAnRsaCertificateOfOurs) {
  listener server(GetParam().server("server-rsa"));
  program client({"openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca-rsa.pem"),
                  "-verify_return_error", "-verify_hostname", "localhost", "-ign_eof", "-brief"});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(ours->close());
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("Verification: OK")) << client.everything();
}

class OpensslClientOfOldVersion : public OpensslClient {};

// What BearSSL by itself answers with memory from behind its list of protocols.
TEST_P(OpensslClientOfOldVersion, ThatResumesWithOtherProtocolsIsRefused) {
  const temporary_directory directory;
  const std::string session = directory.path() + "/session";
  auto options = GetParam().server();
  options.alpn = "h2";
  listener server(options);
  {
    program client(s_client(server, {"-no_ticket", "-alpn", "h2", "-sess_out", session}));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake());
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
  }
  {
    program client(s_client(server, {"-no_ticket", "-alpn", "h2", "-sess_in", session}));
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake());
    EXPECT_TRUE(ours->info().resumed);
    EXPECT_EQ(ours->info().alpn, "h2");
    ASSERT_TRUE(ours->close());
    EXPECT_EQ(client.status(), 0) << client.everything();
  }
  program client(s_client(server, {"-no_ticket", "-alpn", "http/1.1", "-sess_in", session}));
  auto ours = server.accept(client);
  EXPECT_EQ(ours->fail(), stls::errc::handshake_failed) << ours->error();
  EXPECT_EQ(ours->error().message, "handshake failed: no common application protocol");
  ours->hang_up();
  EXPECT_TRUE(client.says(alert_number(120))) << client.everything();
}

TEST_P(OpensslClientOfOldVersion, ReconnectsFiveTimesWithItsSession) {
  listener server(GetParam().server());
  program client(s_client(server, {"-reconnect"}));
  for (int i = 0; i <= 5; ++i) {
    SCOPED_TRACE(i);
    auto ours = server.accept(client);
    ASSERT_TRUE(ours->handshake()) << client.everything();
    EXPECT_EQ(ours->info().resumed, i > 0);
    if (i < 5) {
      EXPECT_EQ(ours->receive_all(), "");
    } else {
      ASSERT_TRUE(ours->close());
    }
  }
  EXPECT_EQ(client.status(), 0) << client.everything();
  EXPECT_TRUE(client.says("Reused, TLSv1.2, Cipher is ")) << client.everything();
}

TEST_P(OpensslClientOfOldVersion, CannotRenegotiate) {
  listener server(GetParam().server());
  program client({"openssl", "s_client", "-connect", server.address(), "-CAfile", pki("ca.pem")});
  auto ours = server.accept(client);
  ASSERT_TRUE(ours->handshake());
  ASSERT_TRUE(client.give("R\n"));  // its command to renegotiate
  EXPECT_EQ(ours->receive_all(), "");
  EXPECT_FALSE(ours->ended_well());
  ours->hang_up();
  EXPECT_TRUE(client.says("RENEGOTIATING")) << client.everything();
  EXPECT_TRUE(client.says("no renegotiation")) << client.everything();
}

INSTANTIATE_TEST_SUITE_P(Interop, OpensslClient, testing::ValuesIn(all_kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Interop, OpensslClientOfOldVersion, testing::ValuesIn(kinds_of("TLSv1.2")), name_of);

}  // namespace
}  // namespace interop
