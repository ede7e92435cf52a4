// Data and the end of the stream that arrive together: one edge for epoll, two things to tell.
#include "sock/kit/secure_pair.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>

namespace stls::test {
namespace {

// What is sent from now on stays in the system until it is a full segment, or the end.
void cork(tcp& s) {
  const int on = 1;
  EXPECT_EQ(::setsockopt(s.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
}

struct rooms {
  std::size_t sent;
  std::size_t room;
};
constexpr rooms all_rooms[] = {{1, 1}, {100, 100}, {100, 4096}, {100, 30}, {20000, 65536}};

void end_comes_with_the_data(const std::string& host) {
  for (const rooms& r : all_rooms) {
    for (const bool waits : {false, true}) {
      SCOPED_TRACE(std::to_string(r.sent) + " bytes, room for " + std::to_string(r.room));
      loop l;
      bool gone = false;
      const bytes sent = pattern(r.sent);
      run_tcp_pair(
          l, host,
          [&](tcp& s) -> asio::awaitable<void> {
            // Where the other end waits, one turn of the loop lets it begin.
            for (int i = 0; waits && i < 3; ++i) co_await later();
            if (!host.starts_with("unix:")) cork(s);
            EXPECT_TRUE(succeeded(co_await s.send(sent)));
            EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
            gone = true;
            bytes one(1);
            EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
          },
          [&](tcp& s) -> asio::awaitable<void> {
            while (!waits && !gone) co_await later();
            bytes all;
            bytes got(r.room);
            for (;;) {
              const auto n = co_await s.recv(got);
              EXPECT_TRUE(succeeded(n));
              if (!n || *n == 0) break;
              append(all, std::span(got).first(*n));
            }
            EXPECT_EQ(difference(all, sent), "");
            EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
            EXPECT_TRUE(succeeded(co_await s.close()));
          });
    }
  }
}

TEST(sock_one_segment, of_tcp_tells_the_data_and_the_end) { end_comes_with_the_data("127.0.0.1"); }
TEST(sock_one_segment, of_a_unix_socket_tells_the_data_and_the_end) { end_comes_with_the_data(unix_host()); }

// A reset is one more thing to tell, and the system does not count it as something left to receive.
void reset_comes_with_the_data(bool waits) {
  loop l;
  bool gone = false;
  run_tcp_pair(
      l, "127.0.0.1",
      [&](tcp& s) -> asio::awaitable<void> {
        for (int i = 0; waits && i < 3; ++i) co_await later();
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("last words"))));
        EXPECT_TRUE(succeeded(s.set_option(asio::socket_base::linger(true, 0))));
        EXPECT_TRUE(succeeded(co_await s.close()));
        gone = true;
      },
      [&](tcp& s) -> asio::awaitable<void> {
        while (!waits && !gone) co_await later();
        bytes got(100);
        EXPECT_EQ((co_await s.recv(got)).value_or(0), 10U);
        EXPECT_TRUE(is_error(co_await s.recv(got), make_error_code(std::errc::connection_reset)));
      });
}

TEST(sock_one_edge, tells_the_data_and_a_reset_to_who_comes_later) { reset_comes_with_the_data(false); }
TEST(sock_one_edge, tells_the_data_and_a_reset_to_who_waits) { reset_comes_with_the_data(true); }

class sock_one_segment_of_tls : public ::testing::TestWithParam<engine_case> {};

TEST_P(sock_one_segment_of_tls, tells_the_data_and_the_end) {
  for (const rooms& r : all_rooms) {
    for (const bool waits : {false, true}) {
      SCOPED_TRACE(std::to_string(r.sent) + " bytes, room for " + std::to_string(r.room));
      secure_pair pair(GetParam());
      const bytes sent = pattern(r.sent);
      bool gone = false;
      pair.run(
          [&](stcp& s) -> asio::awaitable<void> {
            bytes word(2);
            EXPECT_TRUE(succeeded(co_await s.recvn(word)));
            for (int i = 0; waits && i < 3; ++i) co_await later();
            cork(s.lower());
            EXPECT_TRUE(succeeded(co_await s.send(sent)));
            EXPECT_TRUE(succeeded(co_await s.close()));
            gone = true;
          },
          [&](stcp& s) -> asio::awaitable<void> {
            EXPECT_TRUE(succeeded(co_await s.send(to_bytes("go"))));
            while (!waits && !gone) co_await later();
            bytes all;
            bytes got(r.room);
            for (;;) {
              const auto n = co_await s.recv(got);
              EXPECT_TRUE(succeeded(n));
              if (!n || *n == 0) break;
              append(all, std::span(got).first(*n));
            }
            EXPECT_EQ(difference(all, sent), "");
            EXPECT_TRUE(succeeded(co_await s.close()));
          });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(engines, sock_one_segment_of_tls, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
