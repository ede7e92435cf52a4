// Certificate revocation lists: who is refused, with which sentence and alert, by clients and by servers.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace stls::test {
namespace {

const std::string failed_prefix = "certificate verification failed: ";

std::vector<engine_case> crl_cases() {
  auto all = engine_cases();
  std::erase_if(all, [](const engine_case& c) {
    return !c.client->capabilities().crl || !c.server->capabilities().crl;
  });
  return all;
}

class matrix_crl : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client(const std::string& crl) {
    auto opt = GetParam().client_options();
    opt.crl = pki::file(crl);
    return opt;
  }

  static void expect_refused(const meeting& m, errc code, const std::string& why, const std::string& alert) {
    EXPECT_FALSE(m.ok);
    EXPECT_TRUE(is_error(m.client, code, failed_prefix + why));
    EXPECT_EQ(m.client_alert(), alert) << "what the client says that it sent";
    EXPECT_TRUE(is_error(m.server, errc::alert_received));
    EXPECT_EQ(m.server_alert(), alert) << "what the server received";
  }
};

TEST_P(matrix_crl, who_is_not_listed_is_good) {
  const auto m = meet(client("crl.pem"), GetParam().server_options());
  EXPECT_TRUE(m.ok) << m.client.message;
}

TEST_P(matrix_crl, who_is_listed_is_revoked) {
  const auto server = GetParam().server_options("revoked");
  EXPECT_TRUE(meet(GetParam().client_options(), server).ok) << "without a list";
  expect_refused(meet(client("crl.pem"), server), errc::certificate_revoked, "certificate revoked",
                 "certificate_revoked");
}

TEST_P(matrix_crl, intermediates_are_looked_up_too) {
  expect_refused(meet(client("crl-of-intermediate.pem"), GetParam().server_options()),
                 errc::certificate_revoked, "certificate revoked", "certificate_revoked");
}

TEST_P(matrix_crl, each_issuer_needs_a_list) {
  for (const std::string crl : {"crl-ca.pem", "crl-intermediate.pem"}) {
    SCOPED_TRACE(crl);
    expect_refused(meet(client(crl), GetParam().server_options()), errc::revocation_unknown,
                   "unable to get certificate CRL", "certificate_unknown");
  }
}

TEST_P(matrix_crl, lists_of_several_sources_add_up) {
  auto opt = GetParam().client_options();
  opt.crl = pem::text("first\n" + pki::read(pki::path("crl-ca.pem")) + "then\r\n" +
                      pki::read(pki::path("crl-intermediate.pem")) + pki::read(pki::path("ca.pem")));
  const auto m = meet(opt, GetParam().server_options());
  EXPECT_TRUE(m.ok) << m.client.message;
}

TEST_P(matrix_crl, lists_must_be_current) {
  expect_refused(meet(client("crl-expired.pem"), GetParam().server_options()), errc::revocation_unknown,
                 "CRL has expired", "certificate_unknown");
  expect_refused(meet(client("crl-not-yet-valid.pem"), GetParam().server_options()), errc::revocation_unknown,
                 "CRL is not yet valid", "certificate_unknown");
  auto timeless = client("crl-expired.pem");
  timeless.insecure_noverifytime = true;
  EXPECT_TRUE(meet(timeless, GetParam().server_options()).ok);
}

TEST_P(matrix_crl, noverifytime_still_revokes) {
  auto timeless = client("crl.pem");
  timeless.insecure_noverifytime = true;
  expect_refused(meet(timeless, GetParam().server_options("revoked")), errc::certificate_revoked,
                 "certificate revoked", "certificate_revoked");
}

TEST_P(matrix_crl, the_clock_of_stls_decides) {
  const auto conf = made(client("crl-not-yet-valid.pem"));
  const auto server = made(GetParam().server_options());
  EXPECT_FALSE(meet(conf, server).ok);
  const test_clock later(std::chrono::days(370));
  const auto m = meet(conf, server);
  EXPECT_TRUE(m.ok) << m.client.message;
}

TEST_P(matrix_crl, lists_must_be_signed_by_the_issuer) {
  auto text = pki::read(pki::path("crl.pem"));
  // Another base64 digit in the last line before the end: the signature of the second list.
  const auto end = text.rfind("\n-----END");
  ASSERT_NE(end, std::string::npos);
  auto at = text.rfind('\n', end - 1) + 1;
  text[at] = text[at] == 'A' ? 'B' : 'A';
  auto opt = GetParam().client_options();
  opt.crl = pem::text(text);
  const auto m = meet(opt, GetParam().server_options());
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.client, errc::revocation_unknown));
}

TEST_P(matrix_crl, is_of_one_config_though_the_trust_store_is_shared) {
  const auto server = made(GetParam().server_options("revoked"));
  const auto with = made(client("crl.pem"));
  const auto without = made(GetParam().client_options());
  EXPECT_FALSE(meet(with, server).ok);
  EXPECT_TRUE(meet(without, server).ok);
  EXPECT_FALSE(meet(with, server).ok);
}

// -- clients' certificates --

TEST_P(matrix_crl, servers_refuse_revoked_clients) {
  auto server = GetParam().server_options();
  server.ca = pki::file("ca.pem");
  auto client = GetParam().client_options();
  pki::present(client, "client");
  for (const bool optional : {false, true}) {
    SCOPED_TRACE(optional);
    server.verify_client = !optional;
    server.verify_client_optional = optional;
    server.crl = pki::file("crl.pem");
    EXPECT_TRUE(meet(client, server).ok);
    server.crl = pki::file("crl-of-client.pem");
    auto m = meet(client, server);
    EXPECT_FALSE(m.ok);
    EXPECT_TRUE(is_error(m.server, errc::certificate_revoked, failed_prefix + "certificate revoked"));
    EXPECT_EQ(m.server_alert(), "certificate_revoked");
    EXPECT_EQ(m.client_alert(), "certificate_revoked");
    server.crl = pki::file("crl-ca.pem");
    m = meet(client, server);
    EXPECT_TRUE(
        is_error(m.server, errc::revocation_unknown, failed_prefix + "unable to get certificate CRL"));
    EXPECT_EQ(m.client_alert(), "certificate_unknown");
  }
  server.crl = pki::file("crl-of-client.pem");
  EXPECT_TRUE(meet(GetParam().client_options(), server).ok)
      << "a client without a certificate, which is optional";
}

TEST_P(matrix_crl, of_a_server_that_verifies_nobody_has_no_effect) {
  auto server = GetParam().server_options();
  server.crl = pki::file("crl-ca.pem");
  EXPECT_TRUE(meet(GetParam().client_options(), server).ok);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_crl, ::testing::ValuesIn(crl_cases()), case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(matrix_crl);

// -- configs; what they refuse is in unit/options_test.cpp --

TEST(config_crl, is_described) {
  if (!of_default_engine().crl) GTEST_SKIP() << "no engine of this build has CRLs";
  options opt;
  opt.ca = pki::file("ca.pem");
  EXPECT_EQ(made(opt).describe().find("crl"), std::string::npos);
  opt.crl = pki::file("crl.pem");
  EXPECT_NE(made(opt).describe().find("\ncrl: 2 lists\n"), std::string::npos);
}

TEST(config_crl, that_is_not_current_is_warned_of) {
  if (!of_default_engine().crl) GTEST_SKIP() << "no engine of this build has CRLs";
  std::vector<std::string> got;
  options opt;
  opt.ca = pki::file("ca.pem");
  opt.on_warning = [&](const warning& w) {
    EXPECT_EQ(w.level, warning::severity::serious);
    got.push_back(std::string(w.code) + "|" + w.message);
  };
  opt.crl = pki::file("crl.pem");
  (void)made(opt);
  EXPECT_TRUE(got.empty()) << got.front();
  opt.crl = pki::file("crl-expired.pem");
  (void)made(opt);
  EXPECT_EQ(got, std::vector<std::string>{"crl_expired|crl: list 2: has expired"});
  got.clear();
  opt.crl = pki::file("crl-not-yet-valid.pem");
  (void)made(opt);
  EXPECT_EQ(got, std::vector<std::string>{"crl_not_yet_valid|crl: list 2: is not yet valid"});
  got.clear();
  opt.insecure_noverifytime = true;
  (void)made(opt);
  EXPECT_TRUE(got.empty()) << "nobody looks at its dates";
}

}  // namespace
}  // namespace stls::test
