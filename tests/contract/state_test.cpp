// The contract of engine.hpp, rules 2 and 6: what each verb answers in each state, and what changes nothing.
#include "support/expect.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

class contract_state : public ::testing::TestWithParam<end_case> {
 protected:
  contract_state() : subject(link.end(GetParam().end)), peer(link.other(GetParam().end)) {}

  void SetUp() override { link.open(GetParam().both()); }

  void shake_hands() {
    actor a(subject);
    actor b(peer);
    a.handshake();
    b.handshake();
    play(a, b);
  }

  // Both ends still work: what was refused changed nothing.
  void expect_still_good() {
    actor a(subject);
    actor b(peer);
    a.exchange(to_bytes("there"), 4);
    b.exchange(to_bytes("back"), 5);
    play(a, b);
    EXPECT_EQ(to_text(a.received), "back");
    EXPECT_EQ(to_text(b.received), "there");
  }

  // Fills the wire until the subject's send wants; it gives what was offered then.
  bytes fill_the_wire() {
    const auto block = pattern(16384, 7);
    for (int i = 0; i < 100; ++i) {
      if (subject.send(block) == want_write) return block;
    }
    ADD_FAILURE() << "the wire is never full";
    return block;
  }

  tls_link link;
  tls_end& subject;
  tls_end& peer;
  bytes room = bytes(100);
};

TEST_P(contract_state, a_second_handshake_is_refused_and_changes_nothing) {
  shake_hands();
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_state));
  expect_still_good();
}

TEST_P(contract_state, handshake_after_data_is_refused_and_changes_nothing) {
  actor a(subject);
  actor b(peer);
  a.send(to_bytes("x"));
  b.recv(1);
  play(a, b);
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_state));
  expect_still_good();
}

TEST_P(contract_state, info_is_empty_before_the_handshake) {
  EXPECT_EQ(subject.info().version, "");
  EXPECT_EQ(subject.info().peer_chain.size(), 0U);
  EXPECT_EQ(subject.conn().pending(), 0U);
  shake_hands();
  EXPECT_EQ(subject.info().version, GetParam().both().version_name());
}

TEST_P(contract_state, last_error_is_empty_before_any_error) {
  EXPECT_FALSE(subject.conn().last_error().code);
  shake_hands();
  EXPECT_FALSE(subject.conn().last_error().code);
}

TEST_P(contract_state, sending_nothing_does_nothing) {
  const auto before = link.wire_of(GetParam().end).writes().calls;
  EXPECT_EQ(subject.send({}), done);
  EXPECT_EQ(link.wire_of(GetParam().end).writes().calls, before) << "not even the handshake";
  shake_hands();
  EXPECT_EQ(subject.send({}), done);
  EXPECT_EQ(subject.send({}), done);
  expect_still_good();
  EXPECT_EQ(subject.close(), done);
}

TEST_P(contract_state, receiving_into_nothing_is_refused_and_changes_nothing) {
  EXPECT_EQ(subject.recv({}), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_argument));
  shake_hands();
  EXPECT_EQ(subject.recv({}), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_argument));
  expect_still_good();
}

TEST_P(contract_state, shutdown_before_the_handshake_is_refused_and_changes_nothing) {
  EXPECT_EQ(subject.shutdown(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_state));
  shake_hands();
  expect_still_good();
}

TEST_P(contract_state, after_shutdown_sending_is_closed_and_receiving_is_not) {
  if (!GetParam().engine->capabilities().half_close) return;  // contract_transfer tests that it is refused
  shake_hands();
  EXPECT_EQ(subject.shutdown(), done);
  EXPECT_EQ(subject.send(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
  EXPECT_EQ(subject.shutdown(), done) << "a second time";
  actor a(subject);
  actor b(peer);
  a.recv(6);
  b.recv_end().send(to_bytes("answer"));
  play(a, b);
  EXPECT_EQ(to_text(a.received), "answer");
}

TEST_P(contract_state, after_close_all_but_close_is_closed) {
  shake_hands();
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
  EXPECT_EQ(subject.send(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
  EXPECT_EQ(subject.shutdown(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
  EXPECT_EQ(subject.close(), done) << "a second time";
  EXPECT_EQ(subject.info().version, GetParam().both().version_name()) << "info stays";
  EXPECT_EQ(peer.recv(room), at_eof);
}

TEST_P(contract_state, close_sends_its_alert_once) {
  shake_hands();
  EXPECT_EQ(subject.close(), done);
  const auto before = link.wire_of(GetParam().end).writes().bytes;
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(link.wire_of(GetParam().end).writes().bytes, before);
}

TEST_P(contract_state, close_before_the_handshake_is_ok) {
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
}

TEST_P(contract_state, close_in_the_middle_of_the_handshake_is_ok) {
  (void)link.client.handshake();
  (void)link.server.handshake();
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(subject.send(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::closed));
}

TEST_P(contract_state, close_that_waits_for_the_transport_is_repeated_until_ok) {
  shake_hands();
  fill_the_wire();
  EXPECT_EQ(subject.close(), want_write);
  EXPECT_EQ(subject.close(), want_write);
  actor a(subject);
  actor b(peer);
  a.close();
  b.recv_end();
  EXPECT_EQ(drive(a, b), outcome::finished) << a.story() << "; " << b.story();
  EXPECT_TRUE(a.done()) << a.story();
}

TEST_P(contract_state, errors_of_the_connection_are_repeated) {
  shake_hands();
  link.wire_of(GetParam().is_client() ? role::server : role::client).close();
  EXPECT_EQ(subject.recv(room), failed);
  const auto first = subject.failure();
  EXPECT_TRUE(is_error(first, errc::truncated));
  const auto used = subject.wire().calls();
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated, first.message));
  EXPECT_EQ(subject.send(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated, first.message));
  EXPECT_EQ(subject.shutdown(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated, first.message));
  EXPECT_EQ(subject.close(), done) << "closing what failed is ok";
  EXPECT_EQ(subject.wire().calls(), used) << "the transport of a failed connection is not used any more";
}

TEST_P(contract_state, a_send_after_a_want_may_lie_elsewhere_and_be_longer) {
  shake_hands();
  const auto block = fill_the_wire();
  bytes moved = block;  // the same bytes at another address, and more of them
  append(moved, pattern(5000, 8));
  EXPECT_EQ(subject.send(moved), want_write);
  (void)link.wire_of(GetParam().is_client() ? role::server : role::client).arrived();
  const auto r = subject.send(moved);
  EXPECT_TRUE(r.ok()) << to_string(r);
}

TEST_P(contract_state, a_send_after_a_want_of_fewer_bytes_is_refused_and_changes_nothing) {
  shake_hands();
  const auto block = fill_the_wire();
  EXPECT_EQ(subject.send(std::span(block).first(block.size() - 1)), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::invalid_argument));
  EXPECT_EQ(subject.send(block), want_write) << "the same bytes still wait";
  const auto received = link.wire_of(GetParam().is_client() ? role::server : role::client).arrived();
  EXPECT_EQ(subject.send(block), (io_result{block.size(), io_status::ok}));
}

TEST_P(contract_state, what_was_sent_after_many_wants_arrives_once) {
  shake_hands();
  const auto data = pattern(300000, 9);
  std::size_t sent = 0;
  bytes received;
  while (received.size() < data.size()) {
    if (sent < data.size()) {
      const auto r = subject.send(std::span(data).subspan(sent));
      if (r.ok()) sent += r.bytes;
      if (r.wants()) {
        EXPECT_EQ(subject.send(std::span(data).subspan(sent)), want_write);
      }
      ASSERT_NE(r.status, io_status::error);
    }
    bytes into(10000);
    const auto r = peer.recv(into);
    ASSERT_NE(r.status, io_status::error);
    append(received, std::span(into).first(r.bytes));
  }
  EXPECT_EQ(difference(received, data), "");
}

TEST_P(contract_state, release_buffers_of_an_idle_connection_loses_nothing) {
  shake_hands();
  expect_still_good();
  EXPECT_TRUE(succeeded(subject.conn().release_buffers()));
  expect_still_good();
  EXPECT_TRUE(succeeded(subject.conn().release_buffers()));
  EXPECT_TRUE(succeeded(subject.conn().release_buffers()));
  expect_still_good();
}

TEST_P(contract_state, release_buffers_is_busy_while_a_want_is_pending) {
  shake_hands();
  actor drain(subject);  // tickets
  drain.recv(1);
  EXPECT_EQ(drive(drain), outcome::stuck);
  EXPECT_EQ(subject.recv(room), want_read);
  EXPECT_TRUE(is_error(subject.conn().release_buffers(), errc::busy));
  expect_still_good();
}

// Rule 4 holds until the callback is called again, whatever happened in the other direction meanwhile.
TEST_P(contract_state, release_buffers_is_busy_while_recv_waits_though_a_send_went_through) {
  shake_hands();
  actor drain(subject);  // tickets
  drain.recv(1);
  EXPECT_EQ(drive(drain), outcome::stuck);
  EXPECT_EQ(subject.recv(room), want_read);
  EXPECT_EQ(subject.send(to_bytes("there")), (io_result{5, io_status::ok}));
  EXPECT_TRUE(is_error(subject.conn().release_buffers(), errc::busy));
  actor a(subject);
  actor b(peer);
  a.recv(4);
  b.recv(5).send(to_bytes("back"));
  play(a, b);
  EXPECT_TRUE(succeeded(subject.conn().release_buffers()));
  expect_still_good();
}

TEST_P(contract_state, release_buffers_is_busy_while_send_waits_though_a_recv_went_through) {
  shake_hands();
  actor drain(subject);
  drain.recv(1);
  EXPECT_EQ(drive(drain), outcome::stuck);
  ASSERT_TRUE(peer.send(to_bytes("back")).ok());
  const auto block = fill_the_wire();
  EXPECT_EQ(subject.recv(room), (io_result{4, io_status::ok}));
  EXPECT_TRUE(is_error(subject.conn().release_buffers(), errc::busy));
  EXPECT_EQ(subject.send(block), want_write);
}

TEST_P(contract_state, release_buffers_does_not_lose_what_is_pending) {
  shake_hands();
  actor a(subject);
  actor b(peer);
  b.send(to_bytes("abcdef"));
  a.recv(2);
  play(a, b);
  EXPECT_EQ(subject.conn().pending(), 4U);
  (void)subject.conn().release_buffers();
  EXPECT_EQ(subject.recv(room), (io_result{4, io_status::ok}));
  EXPECT_EQ(to_text(std::span(room).first(4)), "cdef");
  EXPECT_EQ(subject.conn().pending(), 0U);
}

TEST_P(contract_state, pending_is_what_recv_gives_without_the_transport) {
  shake_hands();
  EXPECT_EQ(subject.conn().pending(), 0U);
  actor a(subject);
  actor b(peer);
  b.send(pattern(1000));
  a.recv(1);
  play(a, b);
  EXPECT_EQ(subject.conn().pending(), 999U);
  const auto used = subject.wire().calls();
  bytes rest(999);
  EXPECT_EQ(subject.recv(rest), (io_result{999, io_status::ok}));
  EXPECT_EQ(subject.wire().calls(), used);
}

TEST_P(contract_state, a_moved_connection_goes_on) {
  shake_hands();
  connection moved = std::move(subject.conn());
  EXPECT_EQ(moved.info().version, GetParam().both().version_name());
  subject.conn() = std::move(moved);
  expect_still_good();
  EXPECT_EQ(moved.handshake(), failed);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_TRUE(is_error(moved.last_error(), errc::invalid_state));
}

TEST_P(contract_state, a_connection_may_move_while_it_waits) {
  (void)link.client.handshake();
  connection moved = std::move(subject.conn());
  subject.conn() = std::move(moved);
  shake_hands();
  expect_still_good();
}

INSTANTIATE_TEST_SUITE_P(engines, contract_state, ::testing::ValuesIn(end_cases()), end_name);

}  // namespace
}  // namespace stls::test
