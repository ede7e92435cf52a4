// Sockets without TLS over links that dribble, delay and break.
#include "sock/kit/proxy.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

class sock_tcp_links : public ::testing::TestWithParam<const char*> {
 protected:
  void run(tcp_task client, tcp_task server) {
    const route by = GetParam() == std::string("dribbled") ? dribbled() : delayed();
    run_tcp_pair(l, "127.0.0.1", std::move(client), std::move(server), by);
  }
  loop l;
};

TEST_P(sock_tcp_links, every_verb_moves_exactly_the_bytes_and_sees_the_end) {
  const bytes up = pattern(30'000, 1);
  const bytes down = pattern(300'000, 2);
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send({})));
        EXPECT_TRUE(succeeded(co_await s.send(up)));
        EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
        bytes first(100'000);
        EXPECT_TRUE(succeeded(co_await s.recvn(first)));
        EXPECT_EQ(difference(first, std::span(down).first(first.size())), "");
        bytes rest;
        EXPECT_TRUE(succeeded(co_await s.recvall(rest, down.size())));
        EXPECT_EQ(difference(rest, std::span(down).subspan(first.size())), "");
        bytes one(1);
        for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
      },
      [&](tcp& s) -> asio::awaitable<void> {
        bytes some(5000);
        bytes all;
        while (all.size() < 10'000) {
          const auto n = co_await s.recv(some);
          EXPECT_TRUE(succeeded(n));
          if (!n || *n == 0) co_return;
          append(all, std::span(some).first(*n));
        }
        auto read = co_await s.recvall_read(up.size());
        EXPECT_TRUE(succeeded(read));
        if (!read) co_return;
        bytes rest(up.size());
        const auto n = (*read)(rest);
        append(all, std::span(rest).first(n.value_or(0)));
        EXPECT_TRUE(is_error((*read)(rest), errc::eof));
        EXPECT_EQ(difference(all, up), "");
        EXPECT_TRUE(succeeded(co_await s.send(down)));
        EXPECT_TRUE(
            is_error(co_await s.recvn(some), errc::eof, "recvn: the stream ended after 0 of 5000 bytes"));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_tcp_links, a_time_out_in_the_middle_of_recvn_loses_nothing) {
  const bytes sent = pattern(50'000);
  bool begin = false;  // the first time-out comes before the first byte
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        bytes all(sent.size());
        std::size_t got = 0;
        int interrupted = 0;
        while (got < all.size()) {
          const auto done = co_await s.recvn(std::span(all).subspan(got), 1ms);
          if (done) break;
          EXPECT_TRUE(is_error(done, errc::timed_out));
          if (done.error() != errc::timed_out) co_return;
          got += done.error().transferred;
          ++interrupted;
          begin = true;
        }
        EXPECT_GT(interrupted, 0);
        EXPECT_EQ(difference(all, sent), "");
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("thanks"))));
      },
      [&](tcp& s) -> asio::awaitable<void> {
        while (!begin) co_await later();
        EXPECT_TRUE(succeeded(co_await s.send(sent)));
        bytes word(6);
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_EQ(to_text(word), "thanks");
      });
}

INSTANTIATE_TEST_SUITE_P(ways, sock_tcp_links, ::testing::Values("dribbled", "delayed"),
                         [](const auto& of) { return std::string(of.param); });

// A server that sends more than is passed on, and what a client says of that after it has taken what came.
class sock_tcp_broken_links : public ::testing::Test {
 protected:
  static constexpr std::size_t passed = 60'000;

  error broken_by(mishap then) {
    const bytes sent = pattern(200'000);
    route by;
    by.to_client.until = passed;
    by.to_client.then = then;
    const std::chrono::milliseconds patience = then == mishap::silence ? 100ms : 60s;
    loop l;
    error why;
    run_tcp_pair(
        l, "127.0.0.1",
        [&](tcp& s) -> asio::awaitable<void> {
          bytes all(sent.size());
          const auto done = co_await s.recvn(all, patience);
          EXPECT_FALSE(done);
          if (done) co_return;
          why = done.error();
          EXPECT_LE(why.transferred, passed);
          EXPECT_EQ(difference(std::span(all).first(why.transferred), std::span(sent).first(why.transferred)),
                    "");
          if (then != mishap::reset) {
            EXPECT_EQ(why.transferred, passed);
          }
          if (then == mishap::half_close || then == mishap::silence) {
            EXPECT_TRUE(succeeded(co_await s.send(to_bytes("enough"))));
          }
        },
        [&](tcp& s) -> asio::awaitable<void> {
          static_cast<void>(co_await s.send(sent));
          if (then != mishap::half_close && then != mishap::silence) co_return;
          bytes word(6);
          EXPECT_TRUE(succeeded(co_await s.recvn(word)));
          EXPECT_EQ(to_text(word), "enough") << "the other direction goes on";
        },
        by);
    return why;
  }
};

TEST_F(sock_tcp_broken_links, a_cut_is_the_end_of_the_stream) {
  EXPECT_TRUE(is_error(broken_by(mishap::cut), errc::eof));
}

TEST_F(sock_tcp_broken_links, half_a_close_is_the_end_of_one_direction) {
  EXPECT_TRUE(is_error(broken_by(mishap::half_close), errc::eof));
}

TEST_F(sock_tcp_broken_links, a_reset_is_a_reset) {
  EXPECT_TRUE(is_error(broken_by(mishap::reset), make_error_code(std::errc::connection_reset)));
}

TEST_F(sock_tcp_broken_links, silence_is_a_time_out) {
  EXPECT_TRUE(is_error(broken_by(mishap::silence), errc::timed_out));
}

}  // namespace
}  // namespace stls::test
