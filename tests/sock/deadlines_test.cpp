// Peers that take their time: each costs its own deadline, and nobody else's time.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// A client that means well: connects, and has so many words answered.
asio::awaitable<void> honest(loop& in, std::uint16_t port, const config& conf, int words) {
  tcp lower(in.executor());
  EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
  auto s = client_stcp(std::move(lower), "localhost", conf);
  EXPECT_TRUE(succeeded(s));
  if (!s) co_return;
  const bytes word = pattern(1000);
  for (int i = 0; i < words; ++i) {
    EXPECT_TRUE(succeeded(co_await s->send(word)));
    bytes got(word.size());
    EXPECT_TRUE(succeeded(co_await s->recvn(got)));
    EXPECT_EQ(difference(got, word), "");
  }
  EXPECT_TRUE(succeeded(co_await s->close()));
}

asio::awaitable<void> echo(stcp s) {
  bytes room(4096);
  for (;;) {
    const auto n = co_await s.recv(room);
    EXPECT_TRUE(succeeded(n));
    if (!n || *n == 0) break;
    EXPECT_TRUE(succeeded(co_await s.send(std::span(room).first(*n))));
  }
  EXPECT_TRUE(succeeded(co_await s.close()));
}

class sock_deadlines : public ::testing::TestWithParam<engine_case> {
 protected:
  secure_pair pair{GetParam()};
  loop& l = pair.in();
};

TEST_P(sock_deadlines, silent_clients_delay_nobody) {
  const auto body = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen("127.0.0.1", 0, pair.server_config());
    const std::uint16_t port = listener->lower().local()->port;
    std::vector<asio::ip::tcp::socket> silent;
    std::vector<stcp> waiting;
    waiting.reserve(3);
    int over = 0;
    for (int i = 0; i < 3; ++i) {
      asio::ip::tcp::socket one(l.context());
      const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), port);
      co_await one.async_connect(where, asio::use_awaitable);
      silent.push_back(std::move(one));
      auto s = co_await listener->accept();
      EXPECT_TRUE(succeeded(s));
      if (!s) co_return;
      waiting.push_back(std::move(*s));
      l.spawn([](stcp& of, int& ended) -> asio::awaitable<void> {
        bytes got(1);
        EXPECT_TRUE(is_error(co_await of.recv(got), errc::closed));
        ++ended;
      }(waiting.back(), over));
    }
    l.spawn(honest(l, port, pair.client_config(), 10));
    auto s = co_await listener->accept();
    EXPECT_TRUE(succeeded(s));
    if (s) co_await echo(std::move(*s));
    EXPECT_EQ(over, 0) << "a silent client was not waited for";
    for (stcp& one : waiting) EXPECT_TRUE(succeeded(co_await one.close()));
    while (over != 3) co_await later();
  };
  l.spawn(body());
  l.run();
}

TEST_P(sock_deadlines, a_silent_client_is_dropped_when_its_time_is_up) {
  pair.listening.handshake_timeout = 5ms;
  route r;
  r.to_server.until = 0;
  r.to_server.then = mishap::silence;
  pair.between = r;
  pair.run(
      [](stcp& s) -> asio::awaitable<void> {
        // The proxy tells how the server's end went.
        const auto done = co_await s.handshake();
        EXPECT_FALSE(done);
        EXPECT_FALSE(is_error(done, errc::timed_out));
      },
      [](stcp& s) -> asio::awaitable<void> {
        bytes got(1);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out, "handshake failed: timed out"));
        EXPECT_EQ(s.lower().native_handle(), -1);
        EXPECT_TRUE(is_error(co_await s.send(got), errc::timed_out, "handshake failed: timed out"));
        EXPECT_TRUE(is_error(co_await s.handshake(), errc::timed_out));
        EXPECT_TRUE(succeeded(co_await s.close()));
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::closed));
      });
}

// A byte now and then is progress for the system, and none for the handshake.
TEST_P(sock_deadlines, a_slow_handshake_is_dropped_though_bytes_keep_coming) {
  pair.listening.handshake_timeout = 20ms;
  route r;
  r.to_server.piece = 1;
  r.to_server.pause = 1ms;
  pair.between = r;
  pair.run([](stcp& s) -> asio::awaitable<void> { EXPECT_FALSE(co_await s.handshake()); },
           [](stcp& s) -> asio::awaitable<void> {
             EXPECT_TRUE(is_error(co_await s.handshake(), errc::timed_out));
             bytes got(1);
             EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
             EXPECT_EQ(s.info().version, "");
           });
}

TEST_P(sock_deadlines, the_handshakes_deadline_frees_the_descriptor_though_no_verb_runs) {
  pair.listening.handshake_timeout = 1ms;
  pair.run(
      [](stcp& s) -> asio::awaitable<void> {
        // It has sent nothing, and sees the end.
        bytes got(1);
        const auto n = co_await s.lower().recv(got);
        EXPECT_EQ(n.value_or(9), 0U);
      },
      [](stcp& s) -> asio::awaitable<void> {
        while (s.lower().native_handle() != -1) co_await later();
        bytes got(1);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        EXPECT_TRUE(is_error(co_await s.send(got), errc::timed_out));
        EXPECT_TRUE(is_error(co_await s.handshake(), errc::timed_out));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_deadlines, a_clients_handshake_has_the_deadline_that_was_asked_for_and_can_go_on) {
  pair.between = delayed();
  pair.run(
      [](stcp& s) -> asio::awaitable<void> {
        int times = 0;
        for (;;) {
          auto done = co_await s.handshake(100us);
          if (done) break;
          ++times;
          EXPECT_TRUE(is_error(done, errc::timed_out, "handshake: timed out"));
        }
        EXPECT_GT(times, 0);
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("here"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "here");
      });
}

TEST_P(sock_deadlines, a_peer_that_never_reads_ends_send_and_close_by_their_deadlines) {
  const bytes much = pattern(std::size_t{32} << 20U);
  bool over = false;
  pair.tight = true;  // the system would find room for some more, a while after it had none
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        while (!over) co_await later();
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        const auto sent = co_await s.send(much, 20ms);
        EXPECT_TRUE(is_error(sent, errc::timed_out, "send: timed out"));
        const std::size_t taken = sent ? 0 : sent.error().transferred;
        EXPECT_LT(taken, much.size());
        EXPECT_TRUE(is_error(co_await s.send(std::span(much).subspan(taken), 1ms), errc::timed_out));
        EXPECT_TRUE(is_error(co_await s.close(5ms), errc::timed_out));
        EXPECT_EQ(s.lower().native_handle(), -1);
        EXPECT_TRUE(s.closed());
        over = true;
      });
}

TEST_P(sock_deadlines, a_peer_that_never_closes_ends_recvall_by_its_deadline_and_close_does_not_wait) {
  bool over = false;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("gosome"))));
        while (!over) co_await later();
      },
      [&](stcp& s) -> asio::awaitable<void> {
        // The rest has come with this, however slow the machine is.
        bytes go(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(go)));
        bytes all;
        const auto done = co_await s.recvall(all, 1000, 20ms);
        EXPECT_TRUE(is_error(done, errc::timed_out));
        EXPECT_EQ(done ? 0 : done.error().transferred, 4U);
        EXPECT_EQ(to_text(all), "some");
        EXPECT_TRUE(succeeded(co_await s.close()));
        over = true;
      });
}

// The caller's own word is longer than the listener's.
TEST_P(sock_deadlines, who_asks_for_a_longer_handshake_has_it) {
  pair.listening.handshake_timeout = 20ms;
  route r;
  r.to_server.piece = 50;
  r.to_server.pause = 10ms;
  pair.between = r;
  pair.run([](stcp& s) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await s.handshake())); },
           [](stcp& s) -> asio::awaitable<void> {
             EXPECT_TRUE(succeeded(co_await s.handshake(expires::never)));
             bytes got(1);
             EXPECT_TRUE(is_error(co_await s.recv(got), errc::truncated));
           });
}

INSTANTIATE_TEST_SUITE_P(engines, sock_deadlines, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
