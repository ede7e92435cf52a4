// Sessions: what is resumed, on both sides, and what must not be.
#include "support/bytes.hpp"
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/raw_peer.hpp"
#include "support/test_clock.hpp"
#include "support/tls_link.hpp"

#include <stls/buffered.hpp>
#include <stls/connection.hpp>
#include <stls/keyring.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

ticket_key key_of(std::uint32_t keyrev) {
  return {.keyrev = keyrev, .key = std::string(48, static_cast<char>(keyrev))};
}

class matrix_sessions : public ::testing::TestWithParam<engine_case> {
 protected:
  static options client() { return GetParam().client_options(); }
  static options server() { return GetParam().server_options(); }

  // resumed meets once, and says whether both sides call it a resumption; they must agree.
  static bool resumed(const config& c, const config& s, std::string_view name = "localhost") {
    const auto m = meet(c, s, name);
    EXPECT_TRUE(m.ok) << m.client.message << "; " << m.server.message;
    EXPECT_EQ(m.client_info.resumed, m.server_info.resumed);
    EXPECT_EQ(m.client_info.peer, meet_peer) << "a resumed session knows the peer as the full handshake did";
    return m.client_info.resumed;
  }

  void SetUp() override {
    meet_peer = meet(client(), server()).client_info.peer;
    ASSERT_FALSE(meet_peer.hash.empty());
  }

  // no_ticket_keys: for an engine without tickets, asserts that keys for them are refused.
  static bool no_ticket_keys(const options& opt) {
    if (GetParam().server->capabilities().tickets) return false;
    EXPECT_TRUE(
        is_error(config::make(opt), errc::unsupported, "ticket_keys: not supported by engine 'bearssl'"));
    return true;
  }

  static inline peer_certificate meet_peer;
};

TEST_P(matrix_sessions, the_second_connection_resumes_by_default) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s));
  EXPECT_TRUE(resumed(c, s));
  EXPECT_TRUE(resumed(c, s));
}

// More often than a full handshake gives tickets: each resumed connection must bring the next one.
TEST_P(matrix_sessions, so_does_every_further_one) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(resumed(c, s)) << i;
}

TEST_P(matrix_sessions, copies_of_a_config_share_them_and_equal_configs_do_not) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s));
  const config copy = c;
  EXPECT_TRUE(resumed(copy, s));
  EXPECT_FALSE(resumed(made(client()), s));
}

TEST_P(matrix_sessions, another_name_of_the_same_server_is_not_resumed) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s, "localhost"));
  EXPECT_FALSE(resumed(c, s, "test.example"));
  EXPECT_TRUE(resumed(c, s, "localhost"));
}

TEST_P(matrix_sessions, a_server_by_its_address_is_resumed_too) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s, "127.0.0.1"));
  EXPECT_TRUE(resumed(c, s, "127.0.0.1"));
  EXPECT_FALSE(resumed(c, s, "::1"));
}

TEST_P(matrix_sessions, either_side_can_turn_them_off) {
  auto opt = client();
  opt.sessions = 0;
  const auto without = made(opt);
  const auto s = made(server());
  EXPECT_FALSE(resumed(without, s));
  EXPECT_FALSE(resumed(without, s));
  auto off = server();
  off.session_lifetime = 0s;
  const auto c = made(client());
  const auto none = made(off);
  EXPECT_FALSE(resumed(c, none));
  EXPECT_FALSE(resumed(c, none));
}

TEST_P(matrix_sessions, servers_that_share_ticket_keys_resume_each_other) {
  auto opt = server();
  opt.ticket_keys = {key_of(7)};
  if (no_ticket_keys(opt)) return;
  if (!GetParam().client->capabilities().tickets) GTEST_SKIP() << "a client without tickets";
  const auto c = made(client());
  EXPECT_FALSE(resumed(c, made(opt)));
  EXPECT_TRUE(resumed(c, made(opt)));
  opt.ticket_keys = {key_of(8)};
  EXPECT_FALSE(resumed(c, made(opt)));
}

TEST_P(matrix_sessions, keys_rotate_without_a_restart) {
  auto ring = keyring::make({key_of(1)});
  ASSERT_TRUE(ring);
  auto opt = server();
  opt.ticket_keys = *ring;
  if (no_ticket_keys(opt)) return;
  if (!GetParam().client->capabilities().tickets) GTEST_SKIP() << "a client without tickets";
  const auto c = made(client());
  const auto s = made(opt);
  EXPECT_FALSE(resumed(c, s));
  ASSERT_TRUE(ring->add(key_of(2)));
  EXPECT_TRUE(resumed(c, s)) << "the old key is still listed";
  EXPECT_TRUE(resumed(c, s)) << "by the ticket that came then, in place of the old one";
  auto old = server();
  old.ticket_keys = {key_of(1)};
  EXPECT_FALSE(resumed(c, made(old))) << "new tickets are sealed with the new key";
}

TEST_P(matrix_sessions, a_dropped_key_ends_its_sessions) {
  auto ring = keyring::make({key_of(1)});
  ASSERT_TRUE(ring);
  auto opt = server();
  opt.ticket_keys = *ring;
  if (no_ticket_keys(opt)) return;
  if (!GetParam().client->capabilities().tickets) GTEST_SKIP() << "a client without tickets";
  const auto c = made(client());
  const auto s = made(opt);
  EXPECT_FALSE(resumed(c, s));
  for (std::uint32_t keyrev = 2; keyrev <= 5; ++keyrev) ASSERT_TRUE(ring->add(key_of(keyrev)));
  EXPECT_FALSE(resumed(c, s)) << "of five keys the first is gone";
}

TEST_P(matrix_sessions, a_session_ends_with_its_lifetime) {
  auto opt = server();
  opt.session_lifetime = 1h;
  const auto c = made(client());
  const auto s = made(opt);
  EXPECT_FALSE(resumed(c, s));
  if (GetParam().server->capabilities().tickets && !GetParam().client->capabilities().tickets)
    return;  // for clients without tickets libssl keeps the sessions itself, by a clock of its own
  {
    const test_clock later(59min);
    EXPECT_TRUE(resumed(c, s));
  }
  {
    const test_clock later(61min);
    EXPECT_FALSE(resumed(c, s)) << "resuming has not made it younger";
    EXPECT_TRUE(resumed(c, s));
  }
}

TEST_P(matrix_sessions, given_keys_stop_working_when_they_are_as_old_as_the_lifetime) {
  auto ring = keyring::make({key_of(1)});
  ASSERT_TRUE(ring);
  auto opt = server();
  opt.ticket_keys = *ring;
  if (no_ticket_keys(opt)) return;
  if (!GetParam().client->capabilities().tickets) GTEST_SKIP() << "a client without tickets";
  opt.session_lifetime = 1h;
  const auto c = made(client());
  const auto s = made(opt);
  const test_clock later(2h);
  EXPECT_FALSE(resumed(c, s));
  EXPECT_FALSE(resumed(c, s)) << "no ticket is sealed with a dead key";
  ASSERT_TRUE(ring->add(key_of(1))) << "the newest may be added again";
  EXPECT_FALSE(resumed(c, s));
  EXPECT_TRUE(resumed(c, s)) << "which makes it young";
}

TEST_P(matrix_sessions, automatic_keys_rotate_and_sessions_go_on) {
  auto opt = server();
  opt.session_lifetime = 1h;
  const auto c = made(client());
  const auto s = made(opt);
  EXPECT_FALSE(resumed(c, s));
  const test_clock later(40min);  // more than half a lifetime: there is a new key
  EXPECT_TRUE(resumed(c, s));
}

TEST_P(matrix_sessions, a_session_does_not_outlive_the_certificate) {
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s));
  const test_clock later(24h * 365 * 50);
  const auto m = meet(c, s);
  EXPECT_FALSE(m.ok);
  EXPECT_TRUE(is_error(m.client, errc::certificate_expired));
}

TEST_P(matrix_sessions, a_certificate_without_an_end_does_not_end_the_session) {
  const auto endless = make_certificate({.not_after = "99991231235959Z"});  // RFC 5280 section 4.1.2.5
  auto c = client();
  c.ca = pem::text(endless.cert);
  auto s = server();
  s.cert = pem::text(endless.cert);
  s.key = pem::text(endless.key);
  const auto client_conf = made(c);
  const auto server_conf = made(s);
  EXPECT_FALSE(meet(client_conf, server_conf).client_info.resumed);
  EXPECT_TRUE(meet(client_conf, server_conf).client_info.resumed);
}

TEST_P(matrix_sessions, servers_that_verify_clients_otherwise_do_not_resume) {
  auto opt = server();
  opt.ticket_keys = {key_of(7)};
  if (no_ticket_keys(opt)) return;
  if (!GetParam().client->capabilities().tickets) GTEST_SKIP() << "a client without tickets";
  opt.verify_client = true;
  opt.ca = pki::file("ca.pem");
  auto c_opt = client();
  pki::present(c_opt, "client");
  const auto c = made(c_opt);
  EXPECT_FALSE(resumed(c, made(opt)));
  const auto m = meet(c, made(opt));
  EXPECT_TRUE(m.server_info.resumed);
  EXPECT_EQ(m.server_info.peer.common_name, "client") << "the client is known from the session";
  opt.ca = pki::file("ca-bundle.pem");
  EXPECT_FALSE(resumed(c, made(opt))) << "other roots for clients";
  opt.verify_depth = 5;
  EXPECT_FALSE(resumed(c, made(opt))) << "another depth";
  opt.session_id = "vouched for";
  EXPECT_FALSE(resumed(c, made(opt)));
  opt.ca = pki::file("ca.pem");
  EXPECT_TRUE(resumed(c, made(opt))) << "the owner of the id vouches for equal settings";
  opt.verify_client = false;
  opt.session_id = "";
  EXPECT_FALSE(resumed(c, made(opt)));
}

TEST_P(matrix_sessions, a_reset_server_opens_the_tickets_of_the_old_config) {
  const auto c = made(client());
  const auto first = made(server());
  auto s = server::make(first);
  ASSERT_TRUE(s);
  EXPECT_FALSE(resumed(c, first));
  auto opt = server();
  opt.alpn = "h2";
  const auto second = made(opt);
  ASSERT_TRUE(s->reset(second));
  // Sessions without tickets are in the server's memory, which is the config's.
  const bool tickets = GetParam().client->capabilities().tickets && GetParam().server->capabilities().tickets;
  EXPECT_EQ(resumed(c, second), tickets);
  const auto third = made(opt);
  EXPECT_FALSE(resumed(c, third)) << "one that no server was reset to";
}

TEST_P(matrix_sessions, a_connection_that_is_just_dropped_leaves_its_session_good) {
  const auto c = made(client());
  const auto s = made(server());
  {
    tls_link link;
    link.open(c, s);
    actor a(link.client);
    actor b(link.server);
    a.handshake().recv(5);
    b.handshake().send(to_bytes("hello"));
    play(a, b);
  }
  EXPECT_TRUE(resumed(c, s));
}

TEST_P(matrix_sessions, a_client_that_only_writes_has_its_tickets_all_the_same) {
  const auto c = made(client());
  const auto s = made(server());
  {
    tls_link link;
    link.open(c, s);
    actor a(link.client);
    actor b(link.server);
    a.handshake().send(to_bytes("one"));
    b.handshake().recv(3);
    play(a, b);
    actor once_more(link.client);
    actor and_read(link.server);
    once_more.send(to_bytes("two")).close();
    and_read.recv(3);
    play(once_more, and_read);
  }
  EXPECT_TRUE(resumed(c, s));
}

TEST_P(matrix_sessions, tickets_of_tls_1_3_are_used_once) {
  if (!GetParam().tls1_3()) return;  // sessions of TLS 1.2 are used again and again
  const auto c = made(client());
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s));  // two tickets
  auto handle = client::make(c);
  ASSERT_TRUE(handle);
  buffered nowhere;
  // Each of these takes a ticket, and never brings a new one.
  const auto first = handle->connect("localhost", transport::from(nowhere));
  const auto second = handle->connect("localhost", transport::from(nowhere));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(resumed(c, s));
}

TEST_P(matrix_sessions, the_store_is_bounded) {
  auto opt = client();
  opt.sessions = 2;
  const auto c = made(opt);
  const auto s = made(server());
  EXPECT_FALSE(resumed(c, s, "a.wild.example"));
  EXPECT_FALSE(resumed(c, s, "b.wild.example"));
  EXPECT_FALSE(resumed(c, s, "c.wild.example"));
  EXPECT_FALSE(resumed(c, s, "a.wild.example")) << "the least recently used went";
}

// -- exported sessions --

std::vector<std::byte> exported(const config& c, const config& s) {
  tls_link link;
  link.open(c, s);
  EXPECT_TRUE(is_error(link.client.conn().export_session().error(), errc::invalid_state,
                       "export_session: before the handshake is done"));
  actor a(link.client);
  actor b(link.server);
  a.handshake().recv(5);
  b.handshake().send(to_bytes("hello"));
  play(a, b);
  EXPECT_TRUE(is_error(link.server.conn().export_session().error(), errc::invalid_state,
                       "export_session: a server keeps no session"));
  auto bytes = link.client.conn().export_session();
  EXPECT_TRUE(bytes) << bytes.error().message;
  return bytes.value_or(std::vector<std::byte>());
}

TEST_P(matrix_sessions, an_exported_session_is_resumed_by_another_config_of_equal_settings) {
  const auto s = made(server());
  const auto session = exported(made(client()), s);
  EXPECT_TRUE(resumes(made(client()), s, session));
}

TEST_P(matrix_sessions, on_session_gets_each_session_and_a_store_of_0_keeps_none) {
  const auto s = made(server());
  auto opt = client();
  opt.sessions = 0;
  std::vector<std::byte> latest;
  std::string whose;
  opt.on_session = [&](std::string_view servername, std::span<const std::byte> session) {
    whose = servername;
    latest.assign(session.begin(), session.end());
  };
  const auto c = made(opt);
  EXPECT_FALSE(resumed(c, s));
  EXPECT_EQ(whose, "localhost");
  ASSERT_FALSE(latest.empty());
  EXPECT_FALSE(resumed(c, s)) << "it was given away, and not kept";
  EXPECT_TRUE(resumes(c, s, latest));
}

TEST_P(matrix_sessions, an_exported_session_is_refused_elsewhere) {
  const auto s = made(server());
  const auto session = exported(made(client()), s);
  buffered nowhere;
  const auto refusal = [&](const options& opt, std::string_view name, std::span<const std::byte> bytes) {
    const auto handle = client::make(made(opt));
    const auto conn = handle->connect(name, transport::from(nowhere), bytes);
    return conn ? error() : conn.error();
  };
  EXPECT_FALSE(refusal(client(), "localhost", session).code);
  EXPECT_TRUE(is_error(refusal(client(), "test.example", session), errc::invalid_argument,
                       "session: of another server"));
  auto opt = client();
  opt.insecure_noverifyname = true;
  EXPECT_TRUE(is_error(refusal(opt, "localhost", session), errc::invalid_argument,
                       "session: made with other settings"));
  opt = client();
  opt.alpn = "h2";
  EXPECT_TRUE(is_error(refusal(opt, "localhost", session), errc::invalid_argument,
                       "session: made with other settings"));
  opt = client();
  pki::present(opt, "client");
  EXPECT_TRUE(is_error(refusal(opt, "localhost", session), errc::invalid_argument,
                       "session: made with other settings"));
  for (std::size_t size = 1; size < session.size(); ++size) {
    EXPECT_TRUE(refusal(client(), "localhost", std::span(session).first(size)) == errc::invalid_argument)
        << size;
  }
  auto longer = session;
  longer.push_back(std::byte{0});
  EXPECT_TRUE(is_error(refusal(client(), "localhost", longer), errc::invalid_argument,
                       "session: not an exported session"));
  const test_clock later(24h * 8);
  EXPECT_FALSE(refusal(client(), "localhost", session).code) << "too old is a full handshake, not an error";
}

INSTANTIATE_TEST_SUITE_P(engines, matrix_sessions, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
