// Connections that are cut, reset, half closed or silenced on their way.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/seed.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <random>
#include <system_error>

namespace stls::test {
namespace {

// More than any handshake.
constexpr std::size_t in_the_data = 60000;

class sock_broken_links : public ::testing::TestWithParam<engine_case> {
 protected:
  static route to_client(mishap then, std::size_t until) {
    route r;
    r.to_client.until = until;
    r.to_client.then = then;
    return r;
  }
  // A server that sends more than is passed on, and a client that takes what comes: the client's error.
  error broken_by(mishap then) {
    const bytes sent = pattern(200000);
    secure_pair pair(GetParam());
    pair.between = to_client(then, in_the_data);
    error why;
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          bytes all;
          auto done = co_await s.recvall(all, 1000000);
          EXPECT_FALSE(done);
          if (done) co_return;
          why = done.error();
          EXPECT_EQ(why.transferred, all.size());
          EXPECT_LT(all.size(), in_the_data);
          EXPECT_EQ(difference(all, std::span(sent).first(all.size())), "");
          if (then != mishap::reset) {
            EXPECT_GT(all.size(), 30000U) << "whole records before the end were lost";
          }
          // Again and again.
          bytes more(1);
          for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_error(co_await s.recv(more), why.code));
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          // It may be over before all is sent, or be noticed only later.
          static_cast<void>(co_await s.send(sent));
          static_cast<void>(co_await s.close());
        });
    return why;
  }
};

TEST_P(sock_broken_links, a_cut_is_a_truncation_and_what_came_before_is_delivered) {
  EXPECT_TRUE(is_error(broken_by(mishap::cut), errc::truncated));
}

TEST_P(sock_broken_links, half_a_close_without_close_notify_is_a_truncation_too) {
  EXPECT_TRUE(is_error(broken_by(mishap::half_close), errc::truncated));
}

TEST_P(sock_broken_links, a_reset_is_a_reset) {
  EXPECT_TRUE(is_error(broken_by(mishap::reset), make_error_code(std::errc::connection_reset)));
}

TEST_P(sock_broken_links, silence_is_a_time_out_and_the_socket_is_still_there) {
  secure_pair pair(GetParam());
  pair.between = to_client(mishap::silence, in_the_data);
  const bytes sent = pattern(200000);
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all(sent.size());
        const auto done = co_await s.recvn(all, std::chrono::milliseconds(100));
        EXPECT_TRUE(is_error(done, errc::timed_out));
        const std::size_t got = done ? 0 : done.error().transferred;
        EXPECT_EQ(difference(std::span(all).first(got), std::span(sent).first(got)), "");
        // The other direction goes on.
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("enough"))));
        static_cast<void>(co_await s.close(std::chrono::milliseconds(1)));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        static_cast<void>(co_await s.send(sent));
        bytes word(6);
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_EQ(to_text(word), "enough");
      });
}

TEST_P(sock_broken_links, a_handshake_that_breaks_anywhere_is_no_success_and_delivers_nothing) {
  auto random = dice();
  for (int round = 0; round < 30; ++round) {
    secure_pair pair(GetParam());
    // What the client says is shorter than a server's certificate, and the data is behind both.
    const bool towards_server = random() % 2 == 0;
    const std::size_t until = random() % (towards_server ? 200 : 600);
    const auto then = static_cast<mishap>(1 + random() % 3);
    route r;
    flow& broken = towards_server ? r.to_server : r.to_client;
    broken.until = until;
    broken.then = then;
    pair.between = r;
    SCOPED_TRACE(std::string(towards_server ? "client to server" : "server to client") + " breaks after " +
                 std::to_string(until) + " by " + std::to_string(static_cast<int>(then)));
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          EXPECT_FALSE(co_await s.send(to_bytes("secret")));
          EXPECT_FALSE(co_await s.handshake());
          EXPECT_EQ(s.info().version, "");
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          bytes got(10);
          const auto n = co_await s.recv(got);
          EXPECT_FALSE(n) << "bytes from a handshake that was not finished: " << n.value_or(0);
          EXPECT_FALSE(co_await s.handshake());
          EXPECT_TRUE(succeeded(co_await s.close()));
        });
  }
}

INSTANTIATE_TEST_SUITE_P(engines, sock_broken_links, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
