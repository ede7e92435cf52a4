// The option on_handshake: one event per handshake, whatever becomes of it.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/tls_link.hpp"

#include <stls/handshake_event.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace stls::test {
namespace {

using std::chrono::steady_clock;

class matrix_events : public ::testing::TestWithParam<engine_case> {
 protected:
  options client() {
    auto opt = GetParam().client_options();
    opt.on_handshake = [this](const handshake_event& e) { client_events.push_back(e); };
    return opt;
  }
  options server(const std::string& certificate = "server") {
    auto opt = GetParam().server_options(certificate);
    opt.on_handshake = [this](const handshake_event& e) { server_events.push_back(e); };
    return opt;
  }

  std::vector<handshake_event> client_events;
  std::vector<handshake_event> server_events;
};

TEST_P(matrix_events, success_is_told_with_what_was_agreed_on) {
  auto c = client();
  auto s = server();
  c.alpn = s.alpn = "h2";
  const auto start = steady_clock::now();
  const auto m = meet(c, s);
  const auto whole = steady_clock::now() - start;
  ASSERT_TRUE(m.ok);
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_EQ(server_events.size(), 1U);
  for (const auto* e : {&client_events.front(), &server_events.front()}) {
    EXPECT_FALSE(e->error);
    EXPECT_EQ(e->servername, "localhost");
    EXPECT_EQ(e->version, GetParam().version_name());
    EXPECT_EQ(e->cipher, m.client_info.cipher);
    EXPECT_EQ(e->group, m.client_info.group);
    EXPECT_EQ(e->alpn, "h2");
    EXPECT_FALSE(e->resumed);
    EXPECT_GT(e->duration.count(), 0);
    EXPECT_LT(e->duration, whole);
  }
  EXPECT_EQ(client_events.front().role, role::client);
  EXPECT_EQ(server_events.front().role, role::server);
}

TEST_P(matrix_events, failure_is_told_once_by_both) {
  const auto m = meet(client(), server("expired"));
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_EQ(server_events.size(), 1U);
  const auto& c = client_events.front();
  ASSERT_TRUE(c.error);
  EXPECT_TRUE(is_error(*c.error, errc::certificate_expired, m.client.message));
  EXPECT_EQ(c.error->alert, m.client.alert);
  EXPECT_EQ(c.servername, "localhost");
  EXPECT_EQ(c.version + c.cipher + c.group + c.alpn, "");
  EXPECT_GT(c.duration.count(), 0);
  const auto& s = server_events.front();
  ASSERT_TRUE(s.error);
  EXPECT_TRUE(is_error(*s.error, errc::alert_received, m.server.message));
  EXPECT_EQ(s.servername, "localhost");
}

TEST_P(matrix_events, without_a_common_version_the_server_tells_so) {
  auto c = client();
  c.protocols = GetParam().tls1_3() ? "tlsv1.2" : "tlsv1.3";
  if (!GetParam().tls1_3() && !GetParam().client->capabilities().tls1_3) {
    EXPECT_TRUE(is_error(config::make(c), errc::unsupported,
                         "protocols 'tlsv1.3': not supported by engine 'bearssl'"));
    c.protocols = "tlsv1.1";
  }
  meet(c, server());
  ASSERT_EQ(server_events.size(), 1U);
  ASSERT_TRUE(server_events.front().error);
  EXPECT_TRUE(is_error(*server_events.front().error, errc::handshake_failed));
}

TEST_P(matrix_events, later_errors_are_no_handshakes) {
  tls_link link;
  link.open(made(client()), made(server()));
  actor a(link.client);
  actor b(link.server);
  a.handshake().send(to_bytes("hello"));
  b.handshake().recv(5);
  play(a, b);
  link.client.destroy();
  link.client.hang_up();
  b.recv(1);
  drive(b);
  EXPECT_TRUE(is_error(b.failure, errc::truncated));
  EXPECT_EQ(client_events.size(), 1U);
  EXPECT_EQ(server_events.size(), 1U);
}

TEST_P(matrix_events, a_peer_that_vanishes_is_told_of) {
  tls_link link;
  link.open(made(client()), made(server()));
  actor a(link.client);
  a.handshake();
  drive(a);  // the hello is out
  link.server.hang_up();
  drive(a);
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_TRUE(client_events.front().error);
  EXPECT_TRUE(is_error(*client_events.front().error, errc::truncated));
}

TEST_P(matrix_events, destruction_in_the_middle_is_told_of) {
  tls_link link;
  link.open(made(client()), made(server()));
  actor a(link.client);
  a.handshake();
  drive(a);
  EXPECT_TRUE(client_events.empty());
  link.client.destroy();
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_TRUE(client_events.front().error);
  EXPECT_TRUE(is_error(*client_events.front().error, errc::closed,
                       "handshake failed: the connection was destroyed in the middle of it"));
  EXPECT_EQ(client_events.front().servername, "localhost");
}

TEST_P(matrix_events, close_in_the_middle_is_told_of_once) {
  tls_link link;
  link.open(made(client()), made(server()));
  actor a(link.client);
  a.handshake();
  drive(a);
  EXPECT_EQ(link.client.close(), done);
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_TRUE(client_events.front().error);
  EXPECT_TRUE(is_error(*client_events.front().error, errc::closed,
                       "handshake failed: the connection was closed in the middle of it"));
  link.client.destroy();
  EXPECT_EQ(client_events.size(), 1U);
}

TEST_P(matrix_events, a_handshake_that_never_began_is_none) {
  tls_link link;
  link.open(made(client()), made(server()));
  EXPECT_EQ(link.server.handshake(), want_read);
  link.server.destroy();
  EXPECT_EQ(link.client.close(), done);
  link.client.destroy();
  EXPECT_TRUE(client_events.empty());
  EXPECT_TRUE(server_events.empty());
}

TEST_P(matrix_events, a_transport_that_fails_at_once_is_told_of) {
  auto conn = *stls::client::make(made(client()))->connect("localhost", transport{});
  EXPECT_EQ(conn.handshake(), failed);
  EXPECT_EQ(conn.handshake(), failed);
  ASSERT_EQ(client_events.size(), 1U);
  ASSERT_TRUE(client_events.front().error);
  EXPECT_TRUE(is_error(*client_events.front().error, errc::transport, conn.last_error().message));
  EXPECT_EQ(client_events.front().duration.count(), 0);
}

// A server's accept may lie long before the client's first byte.
TEST_P(matrix_events, the_duration_begins_with_the_first_byte) {
  tls_link link;
  link.open(made(client()), made(server()));
  const auto accepted = steady_clock::now();
  EXPECT_EQ(link.server.handshake(), want_read);
  while (steady_clock::now() - accepted < std::chrono::milliseconds(2)) {
  }
  const auto client_starts = steady_clock::now();
  actor a(link.client);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);
  ASSERT_EQ(server_events.size(), 1U);
  EXPECT_LT(server_events.front().duration, steady_clock::now() - client_starts);
}

TEST_P(matrix_events, an_exception_does_not_concern_the_connection) {
  auto c = GetParam().client_options();
  auto s = GetParam().server_options();
  c.on_handshake = s.on_handshake = [](const handshake_event&) { throw std::runtime_error("no disk"); };
  EXPECT_TRUE(meet(c, s).ok);
  tls_link link;
  link.open(made(c), made(s));
  actor a(link.client);
  a.handshake();
  drive(a);
  link.client.destroy();
}

TEST_P(matrix_events, the_callback_may_not_call_back) {
  tls_link link;
  auto c = GetParam().client_options();
  std::size_t events = 0;
  c.on_handshake = [&](const handshake_event&) {
    ++events;
    std::array<std::byte, 1> byte{};
    EXPECT_EQ(link.client.conn().recv(byte), failed);
    EXPECT_TRUE(is_error(link.client.conn().last_error(), errc::busy));
  };
  link.open(made(c), made(GetParam().server_options()));
  actor a(link.client);
  actor b(link.server);
  a.handshake().recv(5);
  b.handshake().send(to_bytes("hello"));
  play(a, b);
  EXPECT_EQ(events, 1U);
}

// One byte a call, wants before every call, captured pointers: still one event.
TEST_P(matrix_events, dribbling_transports_change_nothing) {
  for (const auto p : paces) {
    client_events.clear();
    server_events.clear();
    tls_link link(p, p);
    link.open(made(client()), made(server()));
    actor a(link.client);
    actor b(link.server);
    a.handshake().exchange(pattern(1000), 1000).close();
    b.handshake().exchange(pattern(1000), 1000).recv_end();
    play(a, b);
    EXPECT_EQ(client_events.size(), 1U);
    EXPECT_EQ(server_events.size(), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_events, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
