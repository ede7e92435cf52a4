// The contract of engine.hpp over handshake, transfer, shutdown and close, on transports of every kind. What
// tls_end and dribble check at each call (rules 1, 2 and 4) is half of each test here.
#include "support/expect.hpp"
#include "support/tls_link.hpp"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace stls::test {
namespace {

// What is under test: a connection, or the engine below it, with each kind of buffering that promises rule 4.
enum class layer { connection, engine_exact, engine_ahead };

struct transfer_case {
  end_case subject;
  layer level = layer::connection;
  pace at = pace::plain;
};

std::string name_of(const transfer_case& c) {
  constexpr std::array<std::string_view, 3> layers = {"connection", "engine_exact", "engine_ahead"};
  return c.subject.name()
      .append("_")
      .append(layers.at(static_cast<std::size_t>(c.level)))
      .append("_")
      .append(name_of(c.at));
}
void PrintTo(const transfer_case& c, std::ostream* out) { *out << name_of(c); }
std::string transfer_name(const ::testing::TestParamInfo<transfer_case>& info) { return name_of(info.param); }

std::vector<transfer_case> transfer_cases() {
  std::vector<transfer_case> all;
  for (const auto& subject : end_cases()) {
    for (const auto level : {layer::connection, layer::engine_exact, layer::engine_ahead}) {
      for (const auto at : paces) all.push_back({subject, level, at});
    }
  }
  return all;
}

class contract_transfer : public ::testing::TestWithParam<transfer_case> {
 protected:
  contract_transfer() : contract_transfer(std::size_t{64} << 10) {}
  explicit contract_transfer(std::size_t capacity)
      : link(GetParam().subject.is_client() ? GetParam().at : pace::plain,
             GetParam().subject.is_client() ? pace::plain : GetParam().at, capacity),
        subject(link.end(GetParam().subject.end)),
        peer(link.other(GetParam().subject.end)) {}

  void SetUp() override {
    const auto both = GetParam().subject.both();
    switch (GetParam().level) {
      case layer::connection:
        link.open(both);
        break;
      case layer::engine_exact:
        link.open_engine(both, GetParam().subject.end, buffering::exact);
        break;
      case layer::engine_ahead:
        link.open_engine(both, GetParam().subject.end, buffering::ahead);
        break;
    }
    ASSERT_FALSE(HasFatalFailure());
  }

  void both_send(std::size_t size) {
    const auto there = pattern(size, 1);
    const auto back = pattern(size, 2);
    actor a(subject);
    actor b(peer);
    a.handshake().exchange(there, size);
    b.handshake().exchange(back, size);
    play(a, b);
    EXPECT_EQ(difference(a.received, back), "");
    EXPECT_EQ(difference(b.received, there), "");
  }

  [[nodiscard]] bool half_close() const { return GetParam().subject.engine->capabilities().half_close; }

  tls_link link;
  tls_end& subject;
  tls_end& peer;
};

class contract_narrow : public contract_transfer {
 protected:
  contract_narrow() : contract_transfer(777) {}
};

TEST_P(contract_transfer, handshake_succeeds_at_both_ends) {
  actor a(subject);
  actor b(peer);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(subject.info().version, GetParam().subject.both().version_name());
  EXPECT_EQ(peer.info().version, subject.info().version);
  EXPECT_EQ(link.client.info().peer.common_name, "localhost");
}

TEST_P(contract_transfer, sending_does_the_handshake) {
  actor a(subject);
  actor b(peer);
  a.send(to_bytes("first"));
  b.recv(5);
  play(a, b);
  EXPECT_EQ(to_text(b.received), "first");
}

TEST_P(contract_transfer, receiving_does_the_handshake) {
  actor a(subject);
  actor b(peer);
  a.recv(5);
  b.send(to_bytes("first"));
  play(a, b);
  EXPECT_EQ(to_text(a.received), "first");
}

TEST_P(contract_transfer, one_byte_each_way) { both_send(1); }
TEST_P(contract_transfer, one_record_each_way) { both_send(std::size_t{16} << 10); }
TEST_P(contract_transfer, a_mebibyte_each_way_at_once) { both_send(std::size_t{1} << 20); }

// The wire holds less than a record, so that both ends wait for writing in the middle of one.
TEST_P(contract_narrow, a_wire_smaller_than_a_record) { both_send(std::size_t{64} << 10); }

TEST_P(contract_transfer, reading_in_small_pieces_loses_nothing) {
  const auto data = pattern(40000);
  actor a(subject);
  actor b(peer);
  a.piece = 7;
  a.recv(data.size());
  b.send(data);
  play(a, b);
  EXPECT_EQ(difference(a.received, data), "");
}

TEST_P(contract_transfer, close_ends_the_peers_stream_after_all_that_was_sent) {
  const auto data = pattern(100000);
  actor a(subject);
  actor b(peer);
  a.send(data).close();
  b.recv_end().close();
  play(a, b);
  EXPECT_EQ(difference(b.received, data), "");
}

TEST_P(contract_transfer, the_peers_close_is_the_end_again_and_again) {
  const auto data = pattern(100000);
  actor a(subject);
  actor b(peer);
  a.recv_end().recv_end().recv_end().close();
  b.send(data).close();
  play(a, b);
  EXPECT_EQ(difference(a.received, data), "");
}

TEST_P(contract_transfer, after_shutdown_receiving_goes_on) {
  if (!half_close()) {
    actor a(subject);
    actor b(peer);
    a.handshake();
    b.handshake();
    play(a, b);
    EXPECT_EQ(subject.shutdown(), failed);
    EXPECT_TRUE(is_error(subject.failure(), errc::unsupported));
    actor c(subject);
    actor d(peer);
    c.send(to_bytes("unchanged"));
    d.recv(9);
    play(c, d);
    return;
  }
  const auto request = pattern(5000, 1);
  const auto answer = pattern(200000, 2);
  actor a(subject);
  actor b(peer);
  a.send(request).shutdown().recv_end().close();
  b.recv_end().send(answer).close();
  play(a, b);
  EXPECT_EQ(difference(b.received, request), "");
  EXPECT_EQ(difference(a.received, answer), "");
}

TEST_P(contract_transfer, after_the_peers_shutdown_sending_goes_on) {
  if (!half_close()) return;  // the peer, of the same engine, cannot: see above
  const auto answer = pattern(200000, 2);
  actor a(subject);
  actor b(peer);
  a.recv_end().send(answer).close();
  b.send(to_bytes("request")).shutdown().recv_end();
  play(a, b);
  EXPECT_EQ(to_text(a.received), "request");
  EXPECT_EQ(difference(b.received, answer), "");
}

TEST_P(contract_transfer, close_with_data_in_flight_is_orderly) {
  actor a(subject);
  actor b(peer);
  a.recv(10000).close();
  b.send(pattern(400000));
  EXPECT_EQ(drive(a, b), outcome::stuck);  // the peer fills the wire, and nobody reads it
  EXPECT_TRUE(a.done()) << a.story();
  EXPECT_TRUE(b.last.wants()) << b.story();
  bytes room(100);
  EXPECT_EQ(peer.recv(room), at_eof);
}

TEST_P(contract_transfer, an_end_without_close_notify_is_truncated) {
  const auto data = pattern(50000);
  actor a(subject);
  actor b(peer);
  a.recv(data.size()).recv_end();
  b.send(data).hang_up();
  EXPECT_EQ(drive(a, b), outcome::finished);
  EXPECT_EQ(difference(a.received, data), "");
  EXPECT_EQ(a.at, "recv to the end");
  EXPECT_TRUE(is_error(a.failure, errc::truncated));
  EXPECT_EQ(a.failure.alert, -1);
}

INSTANTIATE_TEST_SUITE_P(engines, contract_transfer, ::testing::ValuesIn(transfer_cases()), transfer_name);
INSTANTIATE_TEST_SUITE_P(engines, contract_narrow, ::testing::ValuesIn(transfer_cases()), transfer_name);

}  // namespace
}  // namespace stls::test
