// Whatever fails and wherever: no crash, no leak, and an error that says what happened.
#include "support/expect.hpp"
#include "support/failing.hpp"
#include "support/heap.hpp"
#include "support/tls_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <string>
#include <vector>

namespace stls::test {
namespace {

struct failure_case {
  end_case subject;
  pace at = pace::plain;
};
void PrintTo(const failure_case& c, std::ostream* out) { *out << c.subject.name() << '_' << name_of(c.at); }
std::string failure_name(const ::testing::TestParamInfo<failure_case>& info) {
  return info.param.subject.name().append("_").append(name_of(info.param.at));
}
std::vector<failure_case> failure_cases() {
  std::vector<failure_case> all;
  for (const auto& subject : end_cases()) {
    for (const auto at : {pace::plain, pace::want_first, pace::capture}) all.push_back({subject, at});
  }
  return all;
}

bool is_prefix(const bytes& part, const bytes& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// One end whose Nth call of the transport fails; the other end is an ordinary one. Configs are made once.
class contract_failure : public ::testing::TestWithParam<failure_case> {
 protected:
  void SetUp() override {
    const auto both = subject_case().both();
    auto client = both.client_options();
    client.sessions = 0;  // each round is like the one before it, and the heap can be compared
    client_conf = made(client);
    auto server = both.server_options();
    if (!both.server->capabilities().tickets) server.session_lifetime = std::chrono::seconds(0);  // the same
    server_conf = made(server);
  }

  static const end_case& subject_case() { return GetParam().subject; }

  result<connection> make_subject(transport io) const {
    if (subject_case().is_client()) {
      return client::make(client_conf).and_then([&](const client& c) { return c.connect("localhost", io); });
    }
    return server::make(server_conf).and_then([&](const server& s) { return s.accept(io); });
  }

  // Handshake, 20000 bytes each way, and close at both ends, with the Nth call failing.
  bool scenario(std::size_t nth, fault f) const {
    const auto there = pattern(20000, 1);
    const auto back = pattern(20000, 2);
    tls_link link;
    link.open(client_conf, server_conf);
    tls_end& peer = link.other(subject_case().end);
    pipe_end& wire = link.wire_of(subject_case().end);
    failing io(transport::from(wire), nth, f);
    tls_end subject("subject", transport::from(io), GetParam().at, [&] { wire.close(); });
    subject.adopt(make_subject(subject.io()));

    actor a(subject);
    actor b(peer);
    a.handshake().exchange(there, back.size()).close().hang_up();
    b.handshake().exchange(back, there.size()).recv_end();
    EXPECT_EQ(drive(a, b), outcome::finished) << a.story() << "; " << b.story();

    EXPECT_TRUE(is_prefix(a.received, back));
    EXPECT_TRUE(is_prefix(b.received, there));
    if (!io.reached()) {
      EXPECT_TRUE(a.done()) << a.story();
      EXPECT_TRUE(b.done()) << b.story();
      EXPECT_EQ(difference(a.received, back), "");
      EXPECT_EQ(difference(b.received, there), "");
      return false;
    }
    EXPECT_TRUE(a.stopped()) << "the failure was swallowed: " << a.story();
    if (f == fault::error) {
      EXPECT_TRUE(is_error(a.failure, errc::transport));
      EXPECT_EQ(a.failure.native, ECONNRESET);
    } else {
      EXPECT_TRUE(is_error(a.failure, errc::truncated));
    }
    EXPECT_EQ(subject.close(), done);
    if (b.stopped()) {
      // protocol: libssl gives up in the middle of an alert that a client sends before it knows the version.
      EXPECT_TRUE(b.failure == errc::truncated || b.failure == errc::transport ||
                  b.failure == errc::protocol || b.failure == errc::alert_received)
          << b.story();
    }
    return true;
  }

  config client_conf;
  config server_conf;
};

TEST_P(contract_failure, every_call_that_fails_ends_in_a_transport_error) {
  fail_loop([this](std::size_t nth, fault f) { return scenario(nth, f); }, fault::error);
}

TEST_P(contract_failure, every_call_that_ends_the_stream_is_a_truncation) {
  fail_loop([this](std::size_t nth, fault f) { return scenario(nth, f); }, fault::eof);
}

// The connection is destroyed after 0, 1, 2 ... calls, in all kinds of waiting.
TEST_P(contract_failure, destruction_is_safe_at_every_step) {
  bool whole = false;
  for (int steps = 0; steps < 1000 && !whole; ++steps) {
    SCOPED_TRACE("destroyed after " + std::to_string(steps) + " turns");
    tls_link link(pace::plain, pace::plain, 3000);
    link.open(client_conf, server_conf);
    tls_end& peer = link.other(subject_case().end);
    pipe_end& wire = link.wire_of(subject_case().end);
    tls_end subject("subject", transport::from(wire), GetParam().at, [&] { wire.close(); });
    subject.adopt(make_subject(subject.io()));
    actor a(subject);
    actor b(peer);
    a.handshake().exchange(pattern(20000, 1), 20000).close();
    b.handshake().exchange(pattern(20000, 2), 20000).recv_end();
    for (int i = 0; i < steps && !a.done(); ++i) {
      (void)a.turn();
      (void)b.turn();
    }
    whole = a.done();
    const auto used = subject.wire().calls();
    subject.destroy();
    EXPECT_EQ(subject.wire().calls(), used) << "destruction used the transport";
    subject.hang_up();
    (void)drive(b);
    if (b.stopped()) {
      EXPECT_TRUE(b.failure == errc::truncated || b.failure == errc::transport) << b.story();
    }
    if (HasFailure()) return;
  }
  EXPECT_TRUE(whole) << "the scenario never came to its end";
}

TEST_P(contract_failure, nothing_stays_on_the_heap) {
  if (!heap::counted()) {
    RecordProperty("heap", "the sanitizer watches it instead");
    return;
  }
  (void)scenario(1000000, fault::error);
  (void)scenario(1000000, fault::error);
  const auto before = heap::in_use();
  for (int i = 0; i < 10; ++i) (void)scenario(1000000, fault::error);
  EXPECT_EQ(heap::in_use(), before);
}

// The Nth operator new inside of stls fails.
TEST_P(contract_failure, running_out_of_memory_is_an_error_and_never_an_exception) {
  bool whole = false;
  for (std::size_t nth = 0; nth < 5000 && !whole; ++nth) {
    SCOPED_TRACE("new " + std::to_string(nth) + " fails");
    tls_link link;
    link.open(client_conf, server_conf);
    tls_end& peer = link.other(subject_case().end);
    pipe_end& wire = link.wire_of(subject_case().end);
    dribble io("subject", transport::from(wire), GetParam().at);
    actor b(peer);
    b.handshake().recv(5).send(to_bytes("back")).recv_end();
    const auto there = to_bytes("there");
    bytes room(100);
    bool denied = false;
    {
      const heap::deny_new deny(nth);
      const auto out_of_memory = [&](const error& e) {
        const heap::allow_new pause;
        EXPECT_TRUE(is_error(e, errc::out_of_memory));
      };
      auto conn = make_subject(transport::from(io));
      if (!conn) out_of_memory(conn.error());
      const auto repeat = [&](auto verb) {
        for (int i = 0; i < 1000; ++i) {
          const io_result r = verb();
          if (r.status == io_status::error) {
            out_of_memory(conn->last_error());
            return false;
          }
          if (!r.wants()) return true;
          const heap::allow_new pause;
          io.settle();
          (void)b.turn();
        }
        return false;
      };
      const bool finished = conn && repeat([&] { return conn->handshake(); }) &&
                            repeat([&] { return conn->send(there); }) &&
                            repeat([&] { return conn->recv(room); }) && repeat([&] { return conn->close(); });
      denied = deny.reached();
      const heap::allow_new pause;
      if (!denied) {
        EXPECT_TRUE(finished);
      }
      io.forget();
    }
    whole = !denied;
    if (HasFailure()) return;
  }
  EXPECT_TRUE(whole);
}

INSTANTIATE_TEST_SUITE_P(engines, contract_failure, ::testing::ValuesIn(failure_cases()), failure_name);

// -- the end of the transport, against close_notify --

class contract_end : public ::testing::TestWithParam<end_case> {
 protected:
  contract_end() : subject(link.end(GetParam().end)), peer(link.other(GetParam().end)) {}

  pipe_end& peers_wire() { return link.wire_of(GetParam().is_client() ? role::server : role::client); }

  tls_link link;
  tls_end& subject;
  tls_end& peer;
  bytes room = bytes(50000);
};

TEST_P(contract_end, an_end_before_the_first_byte_is_truncated) {
  link.open(GetParam().both());
  peers_wire().finish();
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated));
}

TEST_P(contract_end, an_end_in_the_handshake_is_truncated) {
  link.open(GetParam().both());
  (void)link.client.handshake();
  (void)link.server.handshake();
  if (!GetParam().is_client()) (void)link.client.handshake();
  // What arrived is cut in its middle.
  auto arrived = link.wire_of(GetParam().end).arrived();
  arrived.resize(arrived.size() / 2);
  peers_wire().inject(arrived);
  peers_wire().finish();
  EXPECT_EQ(subject.handshake(), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated));
}

TEST_P(contract_end, an_end_inside_of_a_record_is_truncated) {
  link.establish(GetParam().both());
  ASSERT_TRUE(peer.send(pattern(1000)).ok());
  auto arrived = link.wire_of(GetParam().end).arrived();
  arrived.pop_back();
  peers_wire().inject(arrived);
  peers_wire().finish();
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated));
}

TEST_P(contract_end, an_end_between_records_is_truncated) {
  link.establish(GetParam().both());
  ASSERT_TRUE(peer.send(pattern(1000)).ok());
  peers_wire().finish();
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::truncated, "connection ended without close_notify"));
}

TEST_P(contract_end, an_end_after_close_notify_is_an_end) {
  link.establish(GetParam().both());
  ASSERT_TRUE(peer.send(pattern(1000)).ok());
  EXPECT_EQ(peer.close(), done);
  peers_wire().finish();
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(subject.recv(room), at_eof);
  EXPECT_EQ(subject.close(), done);
}

TEST_P(contract_end, nothing_is_read_behind_close_notify) {
  link.establish(GetParam().both());
  EXPECT_EQ(peer.close(), done);
  EXPECT_EQ(subject.recv(room), at_eof);
  peers_wire().inject(to_bytes("something else, in the clear"));
  const auto calls = subject.wire().calls();
  EXPECT_EQ(subject.recv(room), at_eof);
  EXPECT_EQ(subject.wire().calls(), calls);
}

TEST_P(contract_end, a_record_changed_on_the_way_is_never_data) {
  link.establish(GetParam().both());
  ASSERT_TRUE(peer.send(pattern(1000)).ok());
  auto arrived = link.wire_of(GetParam().end).arrived();
  arrived[arrived.size() - 20] ^= std::byte{1};
  peers_wire().inject(arrived);
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::protocol));
  EXPECT_EQ(subject.failure().alert, 20) << "bad_record_mac";
  EXPECT_EQ(peer.recv(room), failed);
  EXPECT_TRUE(is_error(peer.failure(), errc::alert_received));
  EXPECT_EQ(peer.failure().alert, 20);
}

TEST_P(contract_end, a_record_sent_twice_is_never_data_again) {
  link.establish(GetParam().both());
  ASSERT_TRUE(peer.send(pattern(1000)).ok());
  auto arrived = link.wire_of(GetParam().end).arrived();
  peers_wire().inject(arrived);
  peers_wire().inject(arrived);
  EXPECT_EQ(subject.recv(room), (io_result{1000, io_status::ok}));
  EXPECT_EQ(subject.recv(room), failed);
  EXPECT_TRUE(is_error(subject.failure(), errc::protocol));
}

INSTANTIATE_TEST_SUITE_P(engines, contract_end, ::testing::ValuesIn(end_cases()), end_name);

}  // namespace
}  // namespace stls::test
