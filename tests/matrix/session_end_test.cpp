// When a session ends: by its age, with the certificate that it stands for, and with a connection that
// failed.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// A certificate that ends then, from now.
made_certificate ending_in(std::chrono::seconds from_now) {
  const std::time_t end = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm parts{};
  gmtime_r(&end, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d%H%M%SZ", &parts);
  return make_certificate({.not_after = text.data()});
}

class matrix_session_end : public ::testing::TestWithParam<engine_case> {
 protected:
  static bool both_have_tickets() {
    return GetParam().client->capabilities().tickets && GetParam().server->capabilities().tickets;
  }

  static bool resumed(const config& c, const config& s) {
    const auto m = meet(c, s);
    EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
    return m.client_info.resumed;
  }
};

TEST_P(matrix_session_end, a_client_offers_a_session_without_a_ticket_for_two_hours) {
  if (both_have_tickets()) return;  // there the server says how long
  auto opt = GetParam().server_options();
  opt.session_lifetime = 6h;
  const auto c = made(GetParam().client_options());
  const auto s = made(opt);
  EXPECT_FALSE(resumed(c, s));
  {
    const test_clock later(119min);
    EXPECT_TRUE(resumed(c, s));
  }
  const test_clock later(121min);
  EXPECT_FALSE(resumed(c, s)) << "having been used has made it no younger";
}

// The session would be resumed without another look at the certificate.
TEST_P(matrix_session_end, a_clients_session_ends_with_the_certificate_of_the_server) {
  const auto mortal = ending_in(30min);
  auto client = GetParam().client_options();
  client.ca = pem::text(mortal.cert);
  auto server = GetParam().server_options();
  server.cert = pem::text(mortal.cert);
  server.key = pem::text(mortal.key);
  const auto c = made(client);
  const auto s = made(server);
  EXPECT_FALSE(resumed(c, s));
  {
    const test_clock later(29min);
    EXPECT_TRUE(resumed(c, s));
  }
  const test_clock later(31min);
  const auto m = meet(c, s);
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.client, errc::certificate_expired));
}

TEST_P(matrix_session_end, a_servers_session_ends_with_the_certificate_of_the_client) {
  if (GetParam().server->capabilities().tickets) return;  // libssl's tickets do not know of it
  const auto mortal = ending_in(30min);
  auto client = GetParam().client_options();
  client.cert = pem::text(mortal.cert);
  client.key = pem::text(mortal.key);
  auto server = GetParam().server_options();
  server.ca = pem::text(mortal.cert);
  server.verify_client = true;
  const auto c = made(client);
  const auto s = made(server);
  EXPECT_FALSE(resumed(c, s));
  {
    const test_clock later(29min);
    EXPECT_TRUE(resumed(c, s));
  }
  const test_clock later(31min);
  const auto m = meet(c, s);
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.server, errc::certificate_expired));
}

// RFC 5246 section 7.2.2: a session is not resumed after a fatal alert. It is enough if one end heeds that.
// TLS 1.3 has no such rule.
TEST_P(matrix_session_end, a_connection_that_failed_takes_its_session_with_it) {
  if (GetParam().tls1_3() || both_have_tickets()) return;  // a ticket cannot be taken back
  for (const role spoiled : {role::client, role::server}) {
    if ((spoiled == role::client ? GetParam().client : GetParam().server)->capabilities().tickets)
      continue;  // libssl's
    const auto c = made(GetParam().client_options());
    const auto s = made(GetParam().server_options());
    EXPECT_FALSE(resumed(c, s));
    {
      tls_link link;
      link.open(c, s);
      actor a(link.client);
      actor b(link.server);
      a.handshake();
      b.handshake();
      play(a, b);
      EXPECT_TRUE(link.client.info().resumed);
      ASSERT_TRUE(link.other(spoiled).send(to_bytes("data")).ok());
      auto arrived = link.wire_of(spoiled).arrived();
      arrived.back() ^= std::byte{1};
      link.wire_of(spoiled == role::client ? role::server : role::client).inject(arrived);
      bytes room(10);
      EXPECT_EQ(link.end(spoiled).recv(room), failed);
    }
    EXPECT_FALSE(resumed(c, s)) << (spoiled == role::client ? "the client failed" : "the server failed");
    EXPECT_TRUE(resumed(c, s)) << "the next one is good";
  }
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_session_end, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
