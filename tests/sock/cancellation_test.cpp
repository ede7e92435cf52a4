// Cancellation from outside, by Asio's slots: what was cancelled has lost nothing, and goes on.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/seed.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>

namespace stls::test {
namespace {

using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> after(std::chrono::microseconds t) {
  asio::steady_timer timer(co_await asio::this_coro::executor, t);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> turns(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await later();
}

class sock_cancellation : public ::testing::TestWithParam<engine_case> {
 protected:
  secure_pair pair{GetParam()};
};

TEST_P(sock_cancellation, a_receive_that_loses_against_another_coroutine_loses_no_byte) {
  constexpr std::size_t pieces = 300;
  constexpr std::size_t piece = 100;
  const bytes sent = pattern(pieces * piece);
  auto random = dice();
  int limit_won = 0;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < pieces; ++i) {
          EXPECT_TRUE(succeeded(co_await s.send(std::span(sent).subspan(i * piece, piece))));
          co_await turns(i % 7 * 3);
        }
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        bytes room(70);
        for (;;) {
          // A limit that comes before, after, or together with what is sent.
          auto first = co_await (s.recv(room) || turns(random() % 8));
          if (first.index() == 1) {
            ++limit_won;
            continue;
          }
          const auto& n = std::get<0>(first);
          EXPECT_TRUE(succeeded(n));
          if (!n || *n == 0) break;
          append(all, std::span(room).first(*n));
        }
        EXPECT_EQ(difference(all, sent), "");
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
  EXPECT_GT(limit_won, 10);
}

TEST_P(sock_cancellation, a_handshake_that_loses_against_a_timer_is_no_success_and_goes_on) {
  pair.between = delayed();
  int timer_won = 0;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        for (;;) {
          auto first = co_await (s.handshake() || after(std::chrono::microseconds(100)));
          if (first.index() == 0) {
            EXPECT_TRUE(succeeded(std::get<0>(first)));
            break;
          }
          ++timer_won;
          EXPECT_EQ(s.info().version, "");
        }
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("here"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "here");
      });
  EXPECT_GT(timer_won, 0);
}

TEST_P(sock_cancellation, a_send_that_is_cancelled_says_how_far_it_came_and_goes_on) {
  const bytes much = pattern(std::size_t{16} << 20U);
  bool begin = false;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        asio::cancellation_signal signal;
        std::optional<result<void>> done;
        asio::co_spawn(s.get_executor(), s.send(much),
                       asio::bind_cancellation_slot(signal.slot(),
                                                    [&](const std::exception_ptr& thrown, result<void> r) {
                                                      EXPECT_FALSE(thrown);
                                                      done = std::move(r);
                                                    }));
        // It fills what the system takes, and waits.
        for (int i = 0; i < 10; ++i) co_await later();
        EXPECT_FALSE(done);
        signal.emit(asio::cancellation_type::terminal);
        while (!done) co_await later();
        EXPECT_TRUE(is_error(*done, errc::cancelled, "send: cancelled"));
        const std::size_t taken = *done ? much.size() : done->error().transferred;
        EXPECT_GT(taken, 0U);
        EXPECT_LT(taken, much.size());
        begin = true;
        EXPECT_TRUE(succeeded(co_await s.send(std::span(much).subspan(taken))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        while (!begin) co_await later();
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, much.size())));
        EXPECT_EQ(difference(all, much), "");
      });
}

TEST_P(sock_cancellation, cancel_ends_both_directions_and_the_socket_goes_on) {
  const bytes much = pattern(std::size_t{16} << 20U);
  bool begin = false;
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        bool received = false;
        pair.in().spawn([](stcp& of, bool& ended) -> asio::awaitable<void> {
          bytes one(1);
          EXPECT_TRUE(is_error(co_await of.recv(one), errc::cancelled, "recv: cancelled"));
          ended = true;
        }(s, received));
        pair.in().spawn([](stcp& of) -> asio::awaitable<void> {
          for (int i = 0; i < 10; ++i) co_await later();
          of.cancel();
          of.cancel();
        }(s));
        const auto sent = co_await s.send(much);
        EXPECT_TRUE(is_error(sent, errc::cancelled, "send: cancelled"));
        while (!received) co_await later();
        begin = true;
        const std::size_t taken = sent ? much.size() : sent.error().transferred;
        EXPECT_TRUE(succeeded(co_await s.send(std::span(much).subspan(taken))));
        bytes word(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        while (!begin) co_await later();
        bytes all(much.size());
        EXPECT_TRUE(succeeded(co_await s.recvn(all)));
        EXPECT_EQ(difference(all, much), "");
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("ok"))));
        EXPECT_EQ((co_await s.recv(all)).value_or(9), 0U);
      });
}

INSTANTIATE_TEST_SUITE_P(engines, sock_cancellation, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
