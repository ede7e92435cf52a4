// OCSP responses that a client fetched itself.
#include "support/actor.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/ocsp_maker.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

namespace stls::test {
namespace {

class matrix_ocsp_check : public ::testing::TestWithParam<engine_case> {};

TEST_P(matrix_ocsp_check, judges_as_a_staple_would_be_and_ends_nothing) {
  tls_link link;
  link.open(GetParam());
  connection& conn = link.client.conn();
  EXPECT_TRUE(is_error(conn.check_ocsp(make_ocsp()), errc::invalid_state,
                       "check_ocsp: before the handshake is done"));
  actor a(link.client);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(conn.info().ocsp.cert_status, -1);

  if (!GetParam().client->capabilities().ocsp) {
    EXPECT_TRUE(is_error(conn.check_ocsp(make_ocsp()), errc::unsupported));
    return;
  }
  EXPECT_TRUE(succeeded(conn.check_ocsp(make_ocsp())));
  EXPECT_EQ(conn.info().ocsp.cert_status, 0);
  EXPECT_EQ(conn.info().ocsp.result, "good");

  EXPECT_TRUE(is_error(conn.check_ocsp(make_ocsp({.status = ocsp_status::revoked, .reason = 1})),
                       errc::certificate_revoked));
  EXPECT_EQ(conn.info().ocsp.cert_status, 1);
  EXPECT_EQ(conn.info().ocsp.crl_reason, 1);
  EXPECT_TRUE(conn.info().ocsp.revocation_time.has_value());

  EXPECT_TRUE(is_error(conn.check_ocsp(make_ocsp({.certificate = "server-a"})), errc::revocation_unknown));
  EXPECT_TRUE(is_error(conn.check_ocsp(to_bytes("no response")), errc::revocation_unknown));
  EXPECT_EQ(conn.info().ocsp.response_status, -1) << "nothing of the one before is left";

  actor c(link.client);
  actor d(link.server);
  c.send(to_bytes("it goes on")).close();
  d.recv(10).close();
  play(c, d);
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_ocsp_check, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
