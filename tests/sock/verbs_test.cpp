// The verbs of a TLS socket: what each means when all goes well and when it does not.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

class sock_verbs : public ::testing::TestWithParam<link_case> {
 protected:
  secure_pair pair{GetParam()};
};

TEST_P(sock_verbs, what_is_sent_is_received_both_ways) {
  const bytes question = pattern(1000, 1);
  const bytes answer = pattern(300000, 2);
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(question)));
        bytes got(answer.size());
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(difference(got, answer), "");
        EXPECT_EQ(s.info().version, GetParam().version_name());
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(question.size());
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(difference(got, question), "");
        EXPECT_TRUE(succeeded(co_await s.send(answer)));
        std::array<std::byte, 1> one{};
        const auto end = co_await s.recv(one);
        EXPECT_TRUE(succeeded(end));
        EXPECT_EQ(end.value_or(1), 0U);
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_verbs, recv_gives_what_is_there_and_then_the_end_again_and_again) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("hello"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(4096);
        const auto n = co_await s.recv(got);
        EXPECT_EQ(n.value_or(0), 5U);
        for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
      });
}

TEST_P(sock_verbs, recv_without_room_is_refused) {
  pair.run([&](stcp& s) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await s.handshake())); },
           [&](stcp& s) -> asio::awaitable<void> {
             const auto n = co_await s.recv({});
             EXPECT_TRUE(is_error(n, errc::invalid_argument, "recv: no room for a single byte"));
             EXPECT_TRUE(succeeded(co_await s.handshake()));
           });
}

TEST_P(sock_verbs, an_empty_send_does_nothing) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send({})));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("x"))));
        EXPECT_TRUE(succeeded(co_await s.send({})));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "x");
      });
}

TEST_P(sock_verbs, recvn_says_how_much_came_before_the_end) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("abc"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.recvn({})));
        bytes got(5);
        const auto done = co_await s.recvn(got);
        EXPECT_TRUE(is_error(done, errc::eof, "recvn: the stream ended after 3 of 5 bytes"));
        EXPECT_EQ(done ? 5U : done.error().transferred, 3U);
        EXPECT_EQ(to_text(std::span(got).first(3)), "abc");
      });
}

TEST_P(sock_verbs, recvall_keeps_what_came_and_stops_at_its_limit) {
  const bytes sent = pattern(200000);
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        static_cast<void>(co_await s.send(sent));
        static_cast<void>(co_await s.close());
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all = to_bytes("before");
        const auto done = co_await s.recvall(all, 100000);
        EXPECT_TRUE(is_error(done, errc::too_large, "recvall: more than 100000 bytes came"));
        EXPECT_GT(all.size(), 100000U);
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 200000)));
        EXPECT_EQ(to_text(std::span(all).first(6)), "before");
        EXPECT_EQ(difference(std::span(all).subspan(6), sent), "");
      });
}

TEST_P(sock_verbs, recvall_may_end_exactly_at_its_limit) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("12345"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 5)));
        EXPECT_EQ(to_text(all), "12345");
      });
}

TEST_P(sock_verbs, recvall_read_gives_a_reader_that_ends_with_eof) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("12345"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        auto read = co_await s.recvall_read(1000);
        EXPECT_TRUE(succeeded(read));
        if (!read) co_return;
        bytes piece(3);
        EXPECT_EQ((*read)(piece).value_or(0), 3U);
        EXPECT_EQ((*read)({}).value_or(9), 0U);
        EXPECT_EQ((*read)(piece).value_or(0), 2U);
        EXPECT_TRUE(is_error((*read)(piece), errc::eof));
        EXPECT_TRUE(is_error((*read)(piece), errc::eof));
      });
}

TEST_P(sock_verbs, a_peer_that_goes_without_close_notify_is_a_truncation) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("half"))));
        // What is still on its way to a socket that is gone would reset the connection.
        bytes seen(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(seen)));
        // Destroyed without close.
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(4);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("ok"))));
        for (int i = 0; i < 2; ++i) {
          const auto n = co_await s.recv(got);
          EXPECT_TRUE(is_error(n, errc::truncated, "connection ended without close_notify"));
        }
      });
}

TEST_P(sock_verbs, after_a_close_every_verb_says_closed_and_closing_again_is_ok) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        EXPECT_FALSE(s.closed());
        EXPECT_TRUE(succeeded(co_await s.close()));
        EXPECT_TRUE(s.closed());
        EXPECT_TRUE(succeeded(co_await s.close()));
        bytes got(1);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::closed, "recv: the socket is closed"));
        EXPECT_TRUE(is_error(co_await s.send(got), errc::closed, "send: the socket is closed"));
        EXPECT_TRUE(is_error(co_await s.recvn(got), errc::closed));
        EXPECT_TRUE(is_error(co_await s.handshake(), errc::closed, "handshake: the socket is closed"));
        EXPECT_TRUE(is_error(co_await s.shutdown(direction::write), errc::closed));
        EXPECT_EQ(s.lower().native_handle(), -1);
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(1), 0U);
      });
}

TEST_P(sock_verbs, a_second_reader_is_busy_and_a_second_writer_too) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        pair.in().spawn([](stcp& of) -> asio::awaitable<void> {
          co_await later();
          bytes other(1);
          EXPECT_TRUE(
              is_error(co_await of.recv(other), errc::busy, "recv: another coroutine is receiving already"));
          EXPECT_TRUE(succeeded(co_await of.send(to_bytes("go"))));
        }(s));
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_verbs, a_waiting_verb_is_ended_by_a_close) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(1);
        // Tickets that were still on their way would meet a socket that is gone, and reset the connection.
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        pair.in().spawn([](stcp& of) -> asio::awaitable<void> {
          co_await later();
          EXPECT_TRUE(succeeded(co_await of.close()));
        }(s));
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::closed, "recv: the socket was closed"));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("x"))));
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(1), 0U);
      });
}

TEST_P(sock_verbs, a_waiting_verb_is_ended_by_destroying_the_socket) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        auto own = std::make_unique<stcp>(std::move(s));
        pair.in().spawn([](std::unique_ptr<stcp>& of) -> asio::awaitable<void> {
          co_await later();
          of.reset();
        }(own));
        bytes got(1);
        EXPECT_TRUE(is_error(co_await own->recv(got), errc::closed, "recv: the socket was closed"));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(1);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::truncated));
      });
}

TEST_P(sock_verbs, a_time_out_loses_nothing_and_the_socket_goes_on) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(5);
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        for (int i = 0; i < 3; ++i) {
          EXPECT_TRUE(is_error(co_await s.recvn(got, 1ms), errc::timed_out, "recv: timed out"));
        }
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(to_text(got), "hello");
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("hello"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_verbs, cancel_is_told_from_a_time_out_and_loses_nothing) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        pair.in().spawn([](stcp& of) -> asio::awaitable<void> {
          co_await later();
          of.cancel();
        }(s));
        bytes got(5);
        EXPECT_TRUE(is_error(co_await s.recvn(got), errc::cancelled, "recv: cancelled"));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_EQ(to_text(got), "hello");
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("hello"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_verbs, a_timeout_of_a_direction_holds_for_each_verb_without_its_own) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        s.settimeout(direction::read, 1ms);
        bytes got(5);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got, expires::never)));
        s.setexpires(direction::read, std::chrono::steady_clock::now() - 1s);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_EQ((co_await s.recv(got, 60s)).value_or(1), 0U);
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("hello"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

INSTANTIATE_TEST_SUITE_P(links, sock_verbs, ::testing::ValuesIn(link_cases()), link_name);

TEST(sock_handles, empty_ones_say_so) {
  loop l;
  l.spawn([]() -> asio::awaitable<void> {
    stcp s;
    bytes got(1);
    const std::string_view sentence = "recv: the socket is empty: default-constructed, or moved from";
    EXPECT_TRUE(is_error(co_await s.recv(got), errc::invalid_state, sentence));
    tcp t;
    EXPECT_TRUE(is_error(co_await t.recv(got), errc::invalid_state, sentence));
    stcp_server server;
    EXPECT_TRUE(is_error(co_await server.accept(), errc::invalid_state));
    EXPECT_TRUE(s.closed());
    EXPECT_TRUE(is_error(s.lower().local(), errc::invalid_state));
    s.cancel();
    t.cancel();
    server.cancel();
  }());
  l.run();
}

}  // namespace
}  // namespace stls::test
