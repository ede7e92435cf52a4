// The verbs of a socket without TLS, over each family of addresses.
#include "sock/kit/ipv6.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/expect.hpp"

#include <asio/ip/tcp.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

class sock_tcp : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (host() == "::1" && !has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  }
  static std::string host() {
    return GetParam() == std::string_view("unix") ? unix_host() : std::string(GetParam());
  }
  void run(tcp_task client, tcp_task server) {
    run_tcp_pair(l, host(), std::move(client), std::move(server));
  }
  loop l;
};

TEST_P(sock_tcp, what_is_sent_is_received_both_ways_and_then_the_end) {
  const bytes much = pattern(3000000);
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send({})));
        EXPECT_TRUE(succeeded(co_await s.send(much)));
        EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, much.size())));
        EXPECT_EQ(difference(all, much), "");
        EXPECT_TRUE(succeeded(co_await s.close()));
        EXPECT_TRUE(succeeded(co_await s.close()));
        EXPECT_TRUE(is_error(co_await s.recv(all), errc::closed, "recv: the socket is closed"));
        EXPECT_TRUE(is_error(co_await s.send(all), errc::closed, "send: the socket is closed"));
        EXPECT_EQ(s.native_handle(), -1);
      },
      [&](tcp& s) -> asio::awaitable<void> {
        auto read = co_await s.recvall_read(much.size());
        EXPECT_TRUE(succeeded(read));
        bytes all(much.size());
        EXPECT_EQ(read ? (*read)(all).value_or(0) : 0, much.size());
        EXPECT_EQ(difference(all, much), "");
        bytes one(1);
        for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.send(all)));
        EXPECT_TRUE(is_error(co_await s.recvn(one), errc::eof, "recvn: the stream ended after 0 of 1 bytes"));
        EXPECT_TRUE(is_error(co_await s.recv({}), errc::invalid_argument));
      });
}

TEST_P(sock_tcp, time_outs_cancellation_and_a_close_end_a_wait_and_are_told_apart) {
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        bytes got(4);
        EXPECT_TRUE(is_error(co_await s.recvn(got, 1ms), errc::timed_out, "recv: timed out"));
        s.settimeout(direction::read, 1ms);
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        s.setexpires(direction::both, std::chrono::steady_clock::now());
        EXPECT_TRUE(is_error(co_await s.recv(got), errc::timed_out));
        l.spawn([](tcp& of) -> asio::awaitable<void> {
          co_await later();
          bytes other(1);
          EXPECT_TRUE(
              is_error(co_await of.recv(other), errc::busy, "recv: another coroutine is receiving already"));
          of.cancel();
        }(s));
        EXPECT_TRUE(is_error(co_await s.recv(got, expires::never), errc::cancelled, "recv: cancelled"));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
        EXPECT_TRUE(succeeded(co_await s.recvn(got, expires::never)));
        EXPECT_EQ(to_text(got), "here");
        l.spawn([](tcp& of) -> asio::awaitable<void> {
          co_await later();
          EXPECT_TRUE(succeeded(co_await of.close()));
        }(s));
        EXPECT_TRUE(
            is_error(co_await s.recv(got, expires::never), errc::closed, "recv: the socket was closed"));
      },
      [&](tcp& s) -> asio::awaitable<void> {
        bytes got(2);
        EXPECT_TRUE(succeeded(co_await s.recvn(got)));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("here"))));
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
      });
}

TEST_P(sock_tcp, a_send_that_times_out_says_what_the_system_took_and_goes_on) {
  const bytes much = pattern(std::size_t{16} << 20U);
  bool begin = false;
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        const auto sent = co_await s.send(much, 5ms);
        EXPECT_TRUE(is_error(sent, errc::timed_out, "send: timed out"));
        const std::size_t taken = sent ? much.size() : sent.error().transferred;
        begin = true;
        EXPECT_TRUE(succeeded(co_await s.send(std::span(much).subspan(taken))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](tcp& s) -> asio::awaitable<void> {
        while (!begin) co_await later();
        bytes all = to_bytes("+");
        EXPECT_TRUE(succeeded(co_await s.recvall(all, much.size())));
        EXPECT_EQ(difference(std::span(all).subspan(1), much), "");
      });
}

TEST_P(sock_tcp, shutting_the_reading_down_gives_the_end_at_once) {
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.shutdown(direction::read)));
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("still"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](tcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 10)));
        EXPECT_EQ(to_text(all), "still");
      });
}

TEST_P(sock_tcp, both_ends_know_their_addresses) {
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        const auto to = s.remote();
        EXPECT_TRUE(succeeded(to));
        EXPECT_EQ(to->host, host());
        EXPECT_EQ(s.local()->host, host().starts_with("unix:") ? "unix:" : host());
        bytes got(1);
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
      },
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_EQ(s.local()->host, host());
        asio::socket_base::keep_alive on(true);
        if (!host().starts_with("unix:")) {
          EXPECT_TRUE(succeeded(s.set_option(on)));
          on = false;
          EXPECT_TRUE(succeeded(s.get_option(on)));
          EXPECT_TRUE(on.value());
        }
        co_return;
      });
}

TEST_P(sock_tcp, a_peer_that_reads_no_more_is_a_reset_or_a_broken_pipe_and_no_signal) {
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        const bytes word = pattern(1000);
        for (;;) {
          const auto done = co_await s.send(word);
          if (done) {
            co_await later();
            continue;
          }
          EXPECT_TRUE(done.error().code == std::errc::broken_pipe ||
                      done.error().code == std::errc::connection_reset)
              << done.error().message;
          break;
        }
        EXPECT_FALSE(co_await s.send(word));
      },
      [&](tcp& s) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await s.close())); });
}

std::string family_name(const ::testing::TestParamInfo<const char*>& info) {
  return info.index == 0 ? "ipv4" : info.index == 1 ? "ipv6" : "unix";
}
INSTANTIATE_TEST_SUITE_P(families, sock_tcp, ::testing::Values("127.0.0.1", "::1", "unix"), family_name);

TEST(sock_tcp_adopt, takes_over_what_is_a_stream_socket_and_nothing_else) {
  loop l;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  EXPECT_TRUE(is_error(tcp::adopt(l.executor(), -1), make_error_code(std::errc::bad_file_descriptor)));
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_TRUE(
      is_error(tcp::adopt(l.executor(), datagrams), errc::invalid_argument, "adopt: not a stream socket"));
  EXPECT_EQ(::close(datagrams), 0) << "it is still the caller's";
  auto a = tcp::adopt(l.executor(), ends[0]);
  auto b = tcp::adopt(l.executor(), ends[1]);
  ASSERT_TRUE(succeeded(a));
  ASSERT_TRUE(succeeded(b));
  EXPECT_EQ(a->native_handle(), ends[0]);
  const auto talk = [&]() -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await a->send(to_bytes("hello"))));
    EXPECT_TRUE(succeeded(co_await a->close()));
    bytes all;
    // The descriptor was blocking, and does not block.
    EXPECT_TRUE(succeeded(co_await b->recvall(all, 10)));
    EXPECT_EQ(to_text(all), "hello");
  };
  l.spawn(talk());
  l.run();
}

TEST(sock_tcp_states, verbs_that_come_too_early_are_refused) {
  loop l;
  const auto body = [&]() -> asio::awaitable<void> {
    tcp s(l.executor());
    bytes one(1);
    EXPECT_FALSE(s.closed());
    EXPECT_TRUE(is_error(co_await s.recv(one), errc::invalid_state, "recv: the socket is not connected"));
    EXPECT_TRUE(is_error(co_await s.send(one), errc::invalid_state, "send: the socket is not connected"));
    EXPECT_TRUE(is_error(co_await s.accept(), errc::invalid_state, "accept: the socket does not listen"));
    EXPECT_TRUE(is_error(co_await s.shutdown(direction::both), errc::invalid_state));
    EXPECT_TRUE(is_error(s.listen(), errc::invalid_state, "listen: bind comes first"));
    EXPECT_TRUE(is_error(s.local(), errc::invalid_state));
    EXPECT_TRUE(succeeded(co_await s.bind("127.0.0.1", 0)));
    EXPECT_TRUE(is_error(co_await s.bind("127.0.0.1", 0), errc::invalid_state));
    EXPECT_TRUE(is_error(co_await s.connect("127.0.0.1", 1), errc::invalid_state));
    EXPECT_TRUE(succeeded(s.listen()));
    tcp other(l.executor());
    EXPECT_TRUE(is_error(co_await other.bind("127.0.0.1", s.local()->port),
                         make_error_code(std::errc::address_in_use)));
    EXPECT_TRUE(succeeded(co_await s.close()));
    EXPECT_TRUE(is_error(s.listen(), errc::closed));
    EXPECT_TRUE(is_error(co_await s.bind("127.0.0.1", 0), errc::closed));
    EXPECT_TRUE(is_error(co_await s.connect("127.0.0.1", 1), errc::closed));
  };
  l.spawn(body());
  l.run();
}

}  // namespace
}  // namespace stls::test
