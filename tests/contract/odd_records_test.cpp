// Records behind the handshake that no real peer sends, or not at such a moment. They are of TLS 1.2, which
// every engine has.
#include "support/expect.hpp"
#include "support/flight.hpp"
#include "support/record_forger.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

constexpr std::uint8_t alert_type = 21;
constexpr std::uint8_t handshake_type = 22;
constexpr std::uint8_t data_type = 23;

std::vector<end_case> ends_of_tls1_2() {
  std::vector<end_case> all;
  for (const auto& c : end_cases()) {
    if (!c.tls1_3()) all.push_back(c);
  }
  return all;
}

// An end of stls after the handshake. What it is sent from then on is forged; the peer goes on receiving.
class contract_odd_records : public ::testing::TestWithParam<end_case> {
 protected:
  contract_odd_records() : subject(link.end(GetParam().end)), peer(link.other(GetParam().end)) {}

  void SetUp() override {
    std::string keys;
    auto client = GetParam().both().client_options();
    client.ciphers = forged_ciphers;
    client.keylog = [&keys](std::string_view line) { keys = line; };
    link.wire.client.tap();
    link.wire.server.tap();
    link.open(made(client), made(GetParam().both().server_options()));
    actor a(subject);
    actor b(peer);
    a.handshake();
    b.handshake();
    play(a, b);
    forger.emplace(keys, link.wire.server.sent(), peers_role());
  }

  static role peers_role() { return GetParam().is_client() ? role::server : role::client; }

  void inject(std::uint8_t type, std::span<const std::byte> content) {
    link.wire_of(peers_role()).inject(forger->forge(type, content));
  }
  void inject_data(std::string_view text) { inject(data_type, to_bytes(text)); }

  // A server's wish to renegotiate is a HelloRequest, a client's a ClientHello.
  [[nodiscard]] bytes wish() const {
    if (GetParam().is_client()) return from_hex("00000000");
    return records(link.wire.client.sent()).front().content;
  }

  void expect_received(std::string_view text) {
    EXPECT_EQ(subject.recv(room), (io_result{text.size(), io_status::ok}));
    EXPECT_EQ(to_text(std::span(room).first(text.size())), text);
  }

  // RFC 5246 section 7.2.2 has unexpected_message for what came at the wrong time.
  void expect_too_much() {
    EXPECT_EQ(subject.recv(room), failed);
    EXPECT_TRUE(is_error(subject.failure(), errc::protocol));
    EXPECT_EQ(subject.failure().alert, 10) << "unexpected_message";
    EXPECT_EQ(peer.recv(room), failed);
    EXPECT_TRUE(is_error(peer.failure(), errc::alert_received));
    EXPECT_EQ(peer.failure().alert, 10);
  }

  tls_link link;
  tls_end& subject;
  tls_end& peer;
  std::optional<record_forger> forger;
  bytes room = bytes(20000);
};

TEST_P(contract_odd_records, empty_records_without_end_end_the_connection) {
  for (int i = 0; i < 1000; ++i) inject(data_type, {});
  expect_too_much();
}

TEST_P(contract_odd_records, some_empty_records_are_no_data_and_do_no_harm) {
  for (int turn = 0; turn < 5; ++turn) {
    for (int i = 0; i < 20; ++i) inject(data_type, {});
    inject_data("data");
    expect_received("data");
  }
  EXPECT_EQ(subject.recv(room), want_read);
}

TEST_P(contract_odd_records, warnings_without_end_end_the_connection) {
  for (int i = 0; i < 1000; ++i) inject(alert_type, from_hex("015a"));  // user_canceled
  expect_too_much();
}

TEST_P(contract_odd_records, some_warnings_are_no_data_and_do_no_harm) {
  for (int turn = 0; turn < 5; ++turn) {
    for (int i = 0; i < 3; ++i) inject(alert_type, from_hex("015a"));
    inject_data("data");
    expect_received("data");
  }
  EXPECT_EQ(subject.recv(room), want_read);
}

TEST_P(contract_odd_records, a_wish_to_renegotiate_is_refused_and_data_goes_on) {
  for (int turn = 0; turn < 3; ++turn) {
    inject_data("before");
    inject(handshake_type, wish());
    inject_data("after");
    expect_received("before");
    expect_received("after");
    EXPECT_EQ(subject.send(to_bytes("there")), (io_result{5, io_status::ok}));
  }
  EXPECT_EQ(subject.recv(room), want_read);
}

TEST_P(contract_odd_records, wishes_to_renegotiate_without_end_are_an_error_or_come_to_a_want) {
  for (int i = 0; i < 100; ++i) inject(handshake_type, wish());
  const auto r = subject.recv(room);
  EXPECT_TRUE(r == failed || r == want_read) << to_string(r);
}

// The answer cannot be sent before the rest of the record, and must not be sent in the middle of it.
TEST_P(contract_odd_records, a_wish_to_renegotiate_is_answered_behind_a_record_that_is_half_sent) {
  const auto block = pattern(16384, 7);
  std::size_t sent = 0;
  while (subject.send(block).ok()) ++sent;
  inject(handshake_type, wish());
  inject_data("data");
  bytes got;
  const auto r = subject.recv(room);
  ASSERT_TRUE(r == want_write || r == (io_result{4, io_status::ok}))
      << to_string(r) << subject.failure().message;
  got.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(r.bytes));

  bytes expected;
  for (std::size_t i = 0; i <= sent; ++i) append(expected, block);
  bytes received;
  bool waits = true;
  while (received.size() < expected.size()) {
    const auto part = peer.recv(room);
    ASSERT_TRUE(part.ok()) << to_string(part) << peer.failure().message;
    append(received, std::span(room).first(part.bytes));
    if (waits) {
      const auto again = subject.send(block);
      ASSERT_TRUE(again.ok() || again == want_write) << to_string(again) << subject.failure().message;
      waits = !again.ok();
    }
  }
  EXPECT_EQ(difference(received, expected), "");
  if (got.empty()) {
    expect_received("data");
  } else {
    EXPECT_EQ(to_text(got), "data");
  }
  EXPECT_EQ(subject.recv(room), want_read);
  EXPECT_TRUE(subject.send(to_bytes("more")).ok());
  // Now the answer comes, which every engine takes for the end when it did not ask.
  EXPECT_EQ(peer.recv(room), failed);
}

// BearSSL reads no further than the first, and nothing of its own makes it come back for the second.
TEST_P(contract_odd_records, two_wishes_in_one_record_do_not_make_recv_spin) {
  auto two = wish();
  append(two, wish());
  inject(handshake_type, two);
  inject_data("data");
  const auto r = subject.recv(room);
  if (r == failed) {
    EXPECT_TRUE(is_error(subject.failure(), errc::protocol, "unexpected message"));
    EXPECT_EQ(subject.failure().alert, 10);
  } else {
    EXPECT_EQ(r, (io_result{4, io_status::ok}));
  }
}

TEST_P(contract_odd_records, while_half_a_wish_has_come_send_waits_for_the_rest) {
  const auto whole = wish();
  inject(handshake_type, std::span(whole).first(1));
  EXPECT_EQ(subject.recv(room), want_read);
  auto r = subject.send(to_bytes("there"));
  ASSERT_TRUE(r == want_read || r.ok()) << to_string(r) << subject.failure().message;
  inject(handshake_type, std::span(whole).subspan(1));
  if (r.wants()) r = subject.send(to_bytes("there"));
  EXPECT_EQ(r, (io_result{5, io_status::ok}));
  inject_data("data");
  expect_received("data");
}

// -- an alert behind a record that is half sent --

TEST_P(contract_odd_records, an_alert_that_is_due_while_a_record_is_half_sent_does_not_break_that_record) {
  const auto block = pattern(16384, 7);
  bytes expected;
  while (subject.send(block).ok()) append(expected, block);
  auto spoiled = forger->forge(data_type, to_bytes("data"));
  spoiled.back() ^= std::byte{1};
  link.wire_of(peers_role()).inject(spoiled);
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::protocol));
  EXPECT_EQ(subject.send(block), failed) << "for good";
  EXPECT_EQ(subject.close(), done);
  link.wire_of(GetParam().end).close();

  // The peer has the records that were whole, and then a truncation: nothing that it would misread.
  actor b(peer);
  b.recv_end();
  (void)drive(b);
  EXPECT_EQ(difference(b.received, expected), "");
  EXPECT_TRUE(is_error(b.failure, errc::truncated));
}

INSTANTIATE_TEST_SUITE_P(engines, contract_odd_records, ::testing::ValuesIn(ends_of_tls1_2()), end_name);

}  // namespace
}  // namespace stls::test
