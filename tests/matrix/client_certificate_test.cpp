// Certificates of clients: required, optional, and what each end learns when one is missing or bad.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stls::test {
namespace {

class matrix_client_certificate : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client(const std::string& certificate = {}) {
    auto opt = GetParam().client_options();
    if (!certificate.empty()) pki::present(opt, certificate);
    return opt;
  }
  static options requiring() {
    auto opt = GetParam().server_options();
    opt.ca = pki::file("ca.pem");
    opt.verify_client = true;
    return opt;
  }
  static options asking() {
    auto opt = requiring();
    opt.verify_client = false;
    opt.verify_client_optional = true;
    return opt;
  }

  // Under TLS 1.3 the client's handshake is done before the server has seen its certificate: the refusal
  // arrives at the first recv (RFC 8446 section 4.4.2.4 and appendix C.4).
  static void expect_refused(const meeting& m, errc code, std::string_view sentence, std::string_view alert) {
    EXPECT_FALSE(m.ok);
    EXPECT_EQ(m.server_at, "handshake");
    EXPECT_TRUE(is_error(m.server, code, sentence));
    EXPECT_EQ(m.server_alert(), alert);
    EXPECT_EQ(m.client_at, GetParam().tls1_3() ? "recv of 5" : "handshake");
    EXPECT_TRUE(is_error(m.client, errc::alert_received));
    EXPECT_EQ(m.client_alert(), alert);
  }
};

TEST_P(matrix_client_certificate, without_the_option_none_is_asked_for) {
  const auto m = meet(client("client"), GetParam().server_options());
  EXPECT_TRUE(m.ok) << m.server.message;
  EXPECT_FALSE(m.server_info.peer_certificate_given);
  EXPECT_TRUE(m.server_info.peer_chain.empty());
}

TEST_P(matrix_client_certificate, required_and_good) {
  const auto m = meet(client("client"), requiring());
  EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
  EXPECT_TRUE(m.server_info.peer_certificate_given);
  EXPECT_EQ(m.server_info.peer.common_name, "client");
}

TEST_P(matrix_client_certificate, required_and_missing) {
  expect_refused(meet(client(), requiring()), errc::certificate_missing,
                 "handshake failed: peer sent no certificate",
                 GetParam().tls1_3() ? "certificate_required" : "handshake_failure");
}

TEST_P(matrix_client_certificate, required_and_untrusted) {
  expect_refused(meet(client("client-untrusted"), requiring()), errc::certificate_untrusted,
                 "certificate verification failed: unable to get local issuer certificate", "unknown_ca");
}

TEST_P(matrix_client_certificate, required_and_expired) {
  expect_refused(meet(client("client-expired"), requiring()), errc::certificate_expired,
                 "certificate verification failed: certificate has expired", "certificate_expired");
}

TEST_P(matrix_client_certificate, required_and_made_for_servers) {
  expect_refused(meet(client("server"), requiring()), errc::certificate_untrusted,
                 "certificate verification failed: unsuitable certificate purpose",
                 "unsupported_certificate");
}

TEST_P(matrix_client_certificate, optional_and_good) {
  const auto m = meet(client("client"), asking());
  EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
  EXPECT_EQ(m.server_info.peer.common_name, "client");
}

TEST_P(matrix_client_certificate, optional_and_missing) {
  const auto m = meet(client(), asking());
  EXPECT_TRUE(m.ok) << m.client.message << m.server.message;
  EXPECT_FALSE(m.server_info.peer_certificate_given);
  EXPECT_EQ(m.server_info.peer, peer_certificate());
}

TEST_P(matrix_client_certificate, optional_does_not_mean_that_anything_goes) {
  expect_refused(meet(client("client-untrusted"), asking()), errc::certificate_untrusted,
                 "certificate verification failed: unable to get local issuer certificate", "unknown_ca");
  expect_refused(meet(client("client-expired"), asking()), errc::certificate_expired,
                 "certificate verification failed: certificate has expired", "certificate_expired");
}

TEST_P(matrix_client_certificate, noverifytime_holds_for_clients_too) {
  auto server = requiring();
  server.insecure_noverifytime = true;
  const auto m = meet(client("client-expired"), server);
  EXPECT_TRUE(m.ok) << m.server.message;
  EXPECT_TRUE(is_error(meet(client("client-untrusted"), server).server, errc::certificate_untrusted));
}

TEST_P(matrix_client_certificate, verify_depth_holds_for_clients_too) {
  auto server = requiring();
  server.verify_depth = 0;
  const auto m = meet(client("client"), server);
  EXPECT_TRUE(is_error(m.server, errc::certificate_untrusted,
                       "certificate verification failed: certificate chain too long"));
}

TEST_P(matrix_client_certificate, names_are_not_verified_on_clients) {
  auto server = requiring();
  server.insecure_noverifyname = false;
  EXPECT_TRUE(meet(client("client"), server).ok);  // it names no host at all
}

TEST_P(matrix_client_certificate, ca_path_is_as_good_as_ca) {
  auto server = requiring();
  server.ca = {};
  server.ca_path = pki::path("ca-dir");
  EXPECT_TRUE(meet(client("client"), server).ok);
  EXPECT_TRUE(is_error(meet(client("client-untrusted"), server).server, errc::certificate_untrusted));
}

TEST_P(matrix_client_certificate, a_client_shows_its_first_keypair) {
  auto c = GetParam().client_options();
  c.keypairs = {pki::pair("client"), pki::pair("client-untrusted")};
  const auto m = meet(c, requiring());
  EXPECT_TRUE(m.ok) << m.server.message;
  EXPECT_EQ(m.server_info.peer.issuer, "/CN=stls test intermediate");
}

// A certificate, although its issuer is none of those that the server named, is better than none: the server
// says what is wrong with it.
TEST_P(matrix_client_certificate, the_chain_of_the_client_is_known_to_the_server) {
  const auto m = meet(client("client"), requiring());
  ASSERT_TRUE(m.ok) << m.server.message;
  EXPECT_EQ(m.server_info.peer_chain.size(), 2U) << "its own, and the intermediate";
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_client_certificate, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
