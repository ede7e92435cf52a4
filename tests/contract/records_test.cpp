// The contract of engine.hpp, rules 2, 3 and 7, against a peer that does what stls's own ends do not: key
// updates, tickets, refusals.
#include "support/expect.hpp"
#include "support/pki.hpp"
#include "support/raw_link.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace stls::test {
namespace {

raw_options raw_for(const end_case& c) {
  raw_options raw;
  raw.end = c.is_client() ? role::server : role::client;
  raw.min_version = raw.max_version = c.tls1_3() ? tls1_3_wire : tls1_2_wire;
  raw.servername = c.is_client() ? "" : "localhost";
  return raw;
}

options options_for(const end_case& c) {
  return c.is_client() ? c.both().client_options() : c.both().server_options();
}

struct record_case {
  end_case subject;
  pace at = pace::plain;
};
void PrintTo(const record_case& c, std::ostream* out) { *out << c.subject.name() << '_' << name_of(c.at); }
std::string record_name(const ::testing::TestParamInfo<record_case>& info) {
  return info.param.subject.name().append("_").append(name_of(info.param.at));
}
std::vector<record_case> record_cases() {
  std::vector<record_case> all;
  for (const auto& subject : end_cases()) {
    for (const auto at : paces) all.push_back({subject, at});
  }
  return all;
}

// A connection of stls on a transport of each kind, and a raw peer.
class contract_records : public ::testing::TestWithParam<record_case> {
 protected:
  contract_records()
      : subject("subject", transport::from(is_client() ? wire.client : wire.server), GetParam().at,
                [this] { (is_client() ? wire.client : wire.server).close(); }),
        peer(is_client() ? wire.server : wire.client, raw_for(GetParam().subject)) {}

  void SetUp() override { begin(subject, GetParam().subject.end, options_for(GetParam().subject)); }

  static bool is_client() { return GetParam().subject.is_client(); }
  static bool tls1_3() { return GetParam().subject.tls1_3(); }

  memory_pair wire;
  tls_end subject;
  raw_peer peer;
};

TEST_P(contract_records, talks_with_a_peer_of_another_make) {
  actor a(subject);
  actor b(peer);
  a.handshake().exchange(pattern(50000, 1), 60000).close();
  b.handshake().exchange(pattern(60000, 2), 50000).recv_end();
  play(a, b);
  EXPECT_EQ(difference(a.received, pattern(60000, 2)), "");
  EXPECT_EQ(difference(b.received, pattern(50000, 1)), "");
  EXPECT_EQ(peer.version(), GetParam().subject.both().version_name());
}

TEST_P(contract_records, answers_key_updates_while_it_reads) {
  if (!tls1_3()) return;  // TLS 1.2 has none
  actor a(subject);
  actor b(peer);
  a.handshake().recv(300).send(to_bytes("after"));
  b.handshake();
  for (int i = 0; i < 3; ++i) {
    b.send(pattern(100)).then("key update", [this] { return peer.key_update(true); });
  }
  b.recv(5);
  play(a, b);
  EXPECT_EQ(a.received.size(), 300U);
  EXPECT_EQ(to_text(b.received), "after");
  EXPECT_GE(peer.key_updates(), 1U) << "the subject's reading wrote an answer";
}

TEST_P(contract_records, key_updates_in_both_directions_of_full_duplex) {
  if (!tls1_3()) return;
  const std::size_t size = 200000;
  actor a(subject);
  actor b(peer);
  a.handshake().exchange(pattern(size, 1), size);
  b.handshake().exchange(pattern(size / 2, 2), size / 2).then("key update", [this] {
    return peer.key_update(true);
  });
  b.exchange(pattern(size / 2, 3), size / 2);
  play(a, b);
  EXPECT_EQ(difference(b.received, pattern(size, 1)), "");
}

TEST_P(contract_records, tickets_are_no_data) {
  if (!tls1_3() || !is_client()) return;  // only servers send them, and TLS 1.2 inside the handshake
  actor a(subject);
  actor b(peer);
  a.handshake().recv(4);
  b.handshake();
  for (int i = 0; i < 5; ++i) b.then("ticket", [this] { return peer.send_ticket(); });
  b.send(to_bytes("data"));
  for (int i = 0; i < 5; ++i) b.then("ticket", [this] { return peer.send_ticket(); });
  play(a, b);
  EXPECT_EQ(to_text(a.received), "data");
  // Nothing but tickets: the want is one that a callback asked for (tls_end checks it), and the end is an
  // end.
  actor c(subject);
  actor d(peer);
  c.recv_end();
  d.close();
  play(c, d);
}

TEST_P(contract_records, after_shutdown_key_updates_and_tickets_do_not_end_receiving) {
  if (!tls1_3() || !GetParam().subject.engine->capabilities().half_close) return;
  actor a(subject);
  actor b(peer);
  a.handshake().shutdown().recv(3000).recv_end().close();
  b.handshake().recv_end();
  for (const bool ask : {false, true}) {
    b.then("key update", [this, ask] { return peer.key_update(ask); }).send(pattern(1000));
  }
  if (is_client()) b.then("ticket", [this] { return peer.send_ticket(); });
  b.send(pattern(1000)).close();
  play(a, b);
  EXPECT_EQ(a.received.size(), 3000U);
}

TEST_P(contract_records, after_shutdown_a_wish_to_renegotiate_does_not_end_receiving) {
  // The raw client would wait for the answer before it goes on.
  if (tls1_3() || !is_client() || !GetParam().subject.engine->capabilities().half_close) return;
  actor a(subject);
  actor b(peer);
  a.handshake().shutdown().recv(2000).recv_end().close();
  b.handshake().recv_end().send(pattern(1000));
  b.then("hello request", [this] { return peer.renegotiate(); }).send(pattern(1000)).close();
  play(a, b);
  EXPECT_EQ(a.received.size(), 2000U);
}

INSTANTIATE_TEST_SUITE_P(engines, contract_records, ::testing::ValuesIn(record_cases()), record_name);

// -- a blocking transport: its callbacks make the peer act until there is something to read --

class contract_blocking : public ::testing::TestWithParam<end_case> {};

TEST_P(contract_blocking, a_blocking_transport_never_sees_a_want) {
  const auto& c = GetParam();
  memory_pair wire;
  pipe_end& mine = c.is_client() ? wire.client : wire.server;
  auto raw = raw_for(c);
  raw.tickets = 3;
  raw_peer peer(c.is_client() ? wire.server : wire.client, raw);
  actor b(peer);
  b.handshake();
  if (c.tls1_3()) b.then("key update", [&] { return peer.key_update(true); });
  if (c.tls1_3() && c.is_client()) b.then("ticket", [&] { return peer.send_ticket(); });
  b.send(to_bytes("data")).recv(5).close();

  struct blocking {
    io_result read(std::span<std::byte> into) {
      for (int i = 0; i < 1000; ++i) {
        if (const auto r = wire.read(into); !r.wants()) return r;
        (void)other.turn();
      }
      ADD_FAILURE() << "nothing comes: " << other.story();
      return {0, io_status::error};
    }
    io_result write(std::span<const std::byte> from) {
      for (int i = 0; i < 1000; ++i) {
        if (const auto r = wire.write(from); !r.wants()) return r;
        (void)other.turn();
      }
      return {0, io_status::error};
    }
    pipe_end& wire;
    actor& other;
  } io{mine, b};
  tls_end subject("subject", transport::from(io));
  begin(subject, c.end, options_for(c));

  bytes room(100);
  EXPECT_EQ(subject.handshake(), done);
  EXPECT_EQ(subject.recv(room), (io_result{4, io_status::ok}));
  EXPECT_EQ(subject.send(to_bytes("there")), (io_result{5, io_status::ok}));
  EXPECT_EQ(subject.recv(room), at_eof);
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(to_text(b.received), "there");
}

INSTANTIATE_TEST_SUITE_P(engines, contract_blocking, ::testing::ValuesIn(end_cases()), end_name);

// -- a transport that cannot be written while the peer asks for an answer --

class contract_gate : public ::testing::TestWithParam<end_case> {
 protected:
  struct gate {
    io_result read(std::span<std::byte> into) { return wire.read(into); }
    io_result write(std::span<const std::byte> from) {
      return open ? wire.write(from) : io_result{0, io_status::want_write};
    }
    pipe_end& wire;
    bool open = true;
  };

  // A key update has arrived, and its answer cannot be sent. An engine may want to write at once, or, as
  // libssl does, keep the answer for the next send.
  void SetUp() override {
    if (!GetParam().tls1_3()) return;  // TLS 1.2 has none
    begin(subject, GetParam().end, options_for(GetParam()));
    actor a(subject);
    actor b(peer);
    a.handshake().recv(5);
    b.handshake().send(to_bytes("hello"));
    play(a, b);
    EXPECT_EQ(peer.key_update(true), done);
    io.open = false;
    EXPECT_TRUE(subject.recv(room).wants());
    EXPECT_TRUE(subject.recv(room).wants());
  }

  memory_pair wire;
  gate io{GetParam().is_client() ? wire.client : wire.server};
  tls_end subject{"subject", transport::from(io)};
  raw_peer peer{GetParam().is_client() ? wire.server : wire.client, raw_for(GetParam())};
  bytes room = bytes(1000);
};

TEST_P(contract_gate, reading_goes_on_when_the_answer_is_sent) {
  if (!GetParam().tls1_3()) return;
  io.open = true;
  EXPECT_EQ(subject.recv(room), want_read);
  actor a(subject);
  actor b(peer);
  a.exchange(to_bytes("there"), 4);
  b.exchange(to_bytes("back"), 5);
  play(a, b);
  EXPECT_EQ(peer.key_updates(), 1U);
}

TEST_P(contract_gate, what_is_sent_meanwhile_comes_after_the_answer) {
  if (!GetParam().tls1_3()) return;
  EXPECT_EQ(subject.send(to_bytes("there")), want_write);
  io.open = true;
  actor a(subject);
  actor b(peer);
  a.send(to_bytes("there")).recv(4);
  b.recv(5).send(to_bytes("back"));
  play(a, b);
  EXPECT_EQ(to_text(b.received), "there");
  EXPECT_EQ(peer.key_updates(), 1U);
}

TEST_P(contract_gate, close_comes_after_the_answer) {
  if (!GetParam().tls1_3()) return;
  EXPECT_EQ(subject.close(), want_write);
  io.open = true;
  EXPECT_EQ(subject.close(), done);
  EXPECT_EQ(peer.recv(room), at_eof);
}

// The send that waits has no record yet: only the answer stands before it. What close finishes must not be
// data that nobody sent.
TEST_P(contract_gate, close_while_a_send_waits_for_the_answer_invents_no_data) {
  if (!GetParam().tls1_3()) return;
  EXPECT_EQ(subject.send(to_bytes("there")), want_write);
  EXPECT_EQ(subject.close(), want_write);
  io.open = true;
  EXPECT_EQ(subject.close(), done);
  const auto r = peer.recv(room);
  EXPECT_TRUE(r == at_eof || to_text(std::span(room).first(r.bytes)) == "there")
      << to_string(r) << " " << to_hex(std::span(room).first(r.bytes));
}

// The same when recv has sent the answer meanwhile: then nothing is left that close would have to finish.
TEST_P(contract_gate, close_after_recv_sent_the_answer_invents_no_data) {
  if (!GetParam().tls1_3()) return;
  EXPECT_EQ(subject.send(to_bytes("there")), want_write);
  io.open = true;
  EXPECT_EQ(subject.recv(room), want_read);
  EXPECT_EQ(subject.close(), done);
  const auto r = peer.recv(room);
  EXPECT_TRUE(r == at_eof) << to_string(r) << " " << to_hex(std::span(room).first(r.bytes));
}

TEST_P(contract_gate, destruction_is_safe) {
  if (!GetParam().tls1_3()) return;
  subject.destroy();
}

INSTANTIATE_TEST_SUITE_P(engines, contract_gate, ::testing::ValuesIn(end_cases()), end_name);

// -- buffering --

class contract_buffering : public ::testing::TestWithParam<end_case> {
 protected:
  // An engine of that buffering, handshaken with a raw peer, which then sent two records of 1000 bytes.
  void two_records(buffering how) {
    const auto& c = GetParam();
    const auto conf = made(options_for(c));
    auto by = c.engine->compile(conf, c.end);
    ASSERT_TRUE(succeeded(by));
    subject.adopt(c.is_client() ? (*by)->new_client("localhost", how, {}) : (*by)->new_server(how), *by);
    actor a(subject);
    actor b(peer);
    a.handshake();
    b.handshake().send(to_bytes("first")).send(pattern(1000, 1)).send(pattern(1000, 2));
    play(a, b);
    actor first(subject);
    first.recv(5);
    EXPECT_EQ(drive(first), outcome::finished);
    EXPECT_EQ(to_text(first.received), "first");
  }

  memory_pair wire;
  pipe_end& mine = GetParam().is_client() ? wire.client : wire.server;
  tls_end subject{"subject", transport::from(mine)};
  raw_peer peer{GetParam().is_client() ? wire.server : wire.client, raw_for(GetParam())};
  bytes room = bytes(1000);
};

TEST_P(contract_buffering, exact_never_takes_more_than_the_record_at_hand) {
  two_records(buffering::exact);
  const auto both = mine.unread();
  EXPECT_GT(both, 2000U);
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(mine.unread(), both / 2);
  EXPECT_EQ(subject.eng().pending(), 0U);
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(mine.unread(), 0U);
}

TEST_P(contract_buffering, ahead_takes_what_is_there_in_one_call) {
  two_records(buffering::ahead);
  EXPECT_EQ(mine.unread(), 0U) << "all was taken with the first record";
  const auto calls = mine.reads().calls;
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(mine.reads().calls, calls);
}

TEST_P(contract_buffering, transient_moves_the_same_bytes) {
  subject.wire().allow_other_memory();
  two_records(buffering::transient);
  actor a(subject);
  a.recv(2000);
  EXPECT_EQ(drive(a), outcome::finished);
  auto expected = pattern(1000, 1);
  append(expected, pattern(1000, 2));
  EXPECT_EQ(difference(a.received, expected), "");
  EXPECT_EQ(subject.recv(room), want_read);
}

INSTANTIATE_TEST_SUITE_P(engines, contract_buffering, ::testing::ValuesIn(end_cases()), end_name);

// -- rule 7 --

class contract_refusal : public ::testing::TestWithParam<record_case> {};

TEST_P(contract_refusal, a_refused_certificate_is_answered_with_its_alert_on_every_transport) {
  const auto& c = GetParam().subject;
  memory_pair wire;
  pipe_end& mine = c.is_client() ? wire.client : wire.server;
  auto raw = raw_for(c);
  raw.certificate = c.is_client() ? "expired" : "client-expired";
  raw_peer peer(c.is_client() ? wire.server : wire.client, raw);
  tls_end subject("subject", transport::from(mine), GetParam().at, [&] { mine.close(); });
  auto opt = options_for(c);
  opt.ca = pki::file("ca.pem");
  opt.verify_client = !c.is_client();
  begin(subject, c.end, opt);

  actor a(subject);
  actor b(peer);
  a.handshake();
  b.handshake().recv_end();
  EXPECT_EQ(drive(a, b), outcome::finished) << a.story() << "; " << b.story();
  EXPECT_TRUE(a.stopped());
  EXPECT_TRUE(is_error(a.failure, errc::certificate_expired,
                       "certificate verification failed: certificate has expired"));
  EXPECT_EQ(a.failure.alert, 45);
  EXPECT_EQ(peer.alerts(), std::vector<std::string>{"certificate_expired"});
}

TEST_P(contract_refusal, while_the_transport_cannot_take_the_alert_the_verb_wants_to_write) {
  if (GetParam().at != pace::plain) return;  // it brings its own blocked transport
  const auto& c = GetParam().subject;
  memory_pair wire;
  pipe_end& mine = c.is_client() ? wire.client : wire.server;
  auto raw = raw_for(c);
  raw.certificate = c.is_client() ? "expired" : "client-expired";
  raw_peer peer(c.is_client() ? wire.server : wire.client, raw);

  struct gate {
    io_result read(std::span<std::byte> into) { return wire.read(into); }
    io_result write(std::span<const std::byte> from) {
      return open ? wire.write(from) : io_result{0, io_status::want_write};
    }
    pipe_end& wire;
    bool open = true;
  } io{mine};
  tls_end subject("subject", transport::from(io));
  auto opt = options_for(c);
  opt.ca = pki::file("ca.pem");
  opt.verify_client = !c.is_client();
  begin(subject, c.end, opt);

  // Both go on until the peer's certificate lies on the wire; then the way back is shut.
  if (!c.is_client()) (void)peer.handshake();
  EXPECT_EQ(subject.handshake(), want_read);
  (void)peer.handshake();
  io.open = false;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(subject.handshake(), want_write);
  EXPECT_TRUE(peer.alerts().empty());
  io.open = true;
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::certificate_expired,
                       "certificate verification failed: certificate has expired"));
  mine.close();
  bytes room(10);
  for (int i = 0; i < 5; ++i) (void)peer.recv(room);
  EXPECT_EQ(peer.alerts(), std::vector<std::string>{"certificate_expired"});
}

INSTANTIATE_TEST_SUITE_P(engines, contract_refusal, ::testing::ValuesIn(record_cases()), record_name);

}  // namespace
}  // namespace stls::test
