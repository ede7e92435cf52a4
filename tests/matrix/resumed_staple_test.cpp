// Staples and resumption: nothing is stapled to a resumed session, whose certificate was judged when it
// began.
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/pki.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

const std::string absent = "no stapled OCSP response provided";

class matrix_resumed_staple : public ::testing::TestWithParam<engine_case> {
 protected:
  static options lenient() { return GetParam().client_options(); }
  static options strict() {
    auto opt = lenient();
    opt.ocsp_require_stapling = true;
    return opt;
  }
  // Servers that resume each other's sessions, each with its own staple or none.
  static config server(const std::optional<bytes>& staple, char key = 'k') {
    auto opt = GetParam().server_options();
    opt.ticket_keys = {{.keyrev = 1, .key = std::string(48, key)}};
    if (staple) opt.ocsp_staple = material::bytes(*staple);
    return made(opt);
  }
};

TEST_P(matrix_resumed_staple, none_is_required_of_a_resumed_session) {
  const auto c = made(strict());
  const auto full = meet(c, server(make_ocsp()));
  ASSERT_TRUE(full.ok) << full.client.message;
  EXPECT_EQ(full.client_info.ocsp.result, "good");
  const auto again = meet(c, server({}));
  EXPECT_TRUE(again.ok) << again.client.message;
  EXPECT_TRUE(again.client_info.resumed && again.server_info.resumed);
  EXPECT_EQ(again.client_info.ocsp, ocsp_info()) << "nothing was judged now";
  EXPECT_EQ(again.client_info.peer, full.client_info.peer);
}

TEST_P(matrix_resumed_staple, a_session_that_the_server_does_not_take_is_no_excuse) {
  const auto c = made(strict());
  ASSERT_TRUE(meet(c, server(make_ocsp())).ok);
  const auto m = meet(c, server({}, 'o'));
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.client, errc::revocation_unknown, absent));
  EXPECT_EQ(m.server_alert(), "bad_certificate_status_response");
}

TEST_P(matrix_resumed_staple, who_was_refused_for_want_of_one_has_no_session) {
  const auto c = made(strict());
  EXPECT_TRUE(is_error(meet(c, server({})).client, errc::revocation_unknown, absent));
  EXPECT_TRUE(is_error(meet(c, server({})).client, errc::revocation_unknown, absent));
  const auto m = meet(c, server(make_ocsp()));
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_FALSE(m.client_info.resumed);
}

TEST_P(matrix_resumed_staple, who_was_revoked_has_no_session) {
  const auto c = made(lenient());
  const auto revoked = meet(c, server(make_ocsp({.status = ocsp_status::revoked})));
  EXPECT_TRUE(is_error(revoked.client, errc::certificate_revoked));
  const auto m = meet(c, server({}));
  EXPECT_TRUE(m.ok) << m.client.message;
  EXPECT_FALSE(m.client_info.resumed);
}

TEST_P(matrix_resumed_staple, the_strict_do_not_offer_sessions_of_the_lenient) {
  const auto s = server({});
  tls_link link;
  link.open(made(lenient()), s);
  actor a(link.client);
  actor b(link.server);
  a.handshake().recv(5);
  b.handshake().send(to_bytes("hello"));
  play(a, b);
  const auto session = link.client.conn().export_session();
  ASSERT_TRUE(succeeded(session));
  memory_pair nowhere;
  const auto by = [&](const options& opt) {
    return client::make(made(opt))->connect("localhost", transport::from(nowhere.client), *session);
  };
  EXPECT_TRUE(succeeded(by(lenient())));
  EXPECT_TRUE(is_error(by(strict()), errc::invalid_argument, "session: made with other settings"));
}

TEST_P(matrix_resumed_staple, what_a_staple_lacked_is_told_when_the_session_begins_and_not_again) {
  std::vector<std::string> warnings;
  auto opt = lenient();
  opt.on_warning = [&](const warning& w) { warnings.push_back(w.message); };
  const auto c = made(opt);
  const auto s = server(make_ocsp({.this_update = -48h, .next_update = -24h}));
  EXPECT_FALSE(meet(c, s).client_info.resumed);
  const std::vector<std::string> once = {
      "localhost: ocsp verify failed: ocsp response not current: it has expired"};
  EXPECT_EQ(warnings, once);
  const test_clock later(2min);  // by when the same warning could be given again
  const auto m = meet(c, s);
  EXPECT_TRUE(m.ok && m.client_info.resumed);
  EXPECT_EQ(warnings, once);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_resumed_staple, ::testing::ValuesIn(ocsp_cases()), case_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(matrix_resumed_staple);

}  // namespace
}  // namespace stls::test
