// What words and bulk cost in system calls and allocations. Held against the limits in optimised builds
// without sanitizers; said aloud in all.
#include "sock/kit/loop.hpp"
#include "sock/kit/system_calls.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"
#include "support/heap.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

namespace stls::test {
namespace {

constexpr std::size_t word_size = 1024;
constexpr std::size_t block_size = std::size_t{256} << 10U;

struct cost {
  system_calls::counts calls;
  std::size_t news = 0;

  static cost here() noexcept {
    cost now;
    now.calls = system_calls::here();
    now.news = heap::news();
    return now;
  }
  cost since(const cost& before) const noexcept {
    cost c;
    c.calls = calls.since(before.calls);
    c.news = news - before.news;
    return c;
  }
};

using end_task = std::function<asio::awaitable<void>(stcp&)>;

class sock_counts : public ::testing::TestWithParam<engine_case> {
 protected:
  // What both ends of so many connections spent on `server` and `client`, when all of them had warmed up.
  // They share a loop: how many events one wait brings is then not the scheduler's doing.
  cost run(int connections, const end_task& warm_server, const end_task& warm_client, const end_task& server,
           const end_task& client) {
    loop l;
    const int ends = 2 * connections;
    int warm = 0;
    int done = 0;
    cost before;
    cost spent;
    const auto play = [&](stcp s, const end_task& warm_up,
                          const end_task& measured) -> asio::awaitable<void> {
      EXPECT_TRUE(succeeded(co_await s.handshake()));
      co_await warm_up(s);
      if (++warm == ends) before = cost::here();
      while (warm != ends) co_await later();
      co_await measured(s);
      if (++done == ends) spent = cost::here().since(before);
      while (done != ends) co_await later();
      EXPECT_TRUE(succeeded(co_await s.close()));
    };
    const auto talk = [&](std::uint16_t port) -> asio::awaitable<void> {
      tcp lower(l.executor());
      EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
      auto s = client_stcp(std::move(lower), "localhost", client_config);
      EXPECT_TRUE(succeeded(s));
      co_await play(std::move(*s), warm_client, client);
    };
    const auto serve = [&]() -> asio::awaitable<void> {
      auto listener = co_await stls::listen("127.0.0.1", 0, server_config);
      for (int i = 0; i < connections; ++i) {
        l.spawn(talk(listener->lower().local()->port));
        auto s = co_await listener->accept();
        EXPECT_TRUE(succeeded(s));
        l.spawn(play(std::move(*s), warm_server, server));
      }
    };
    l.spawn(serve());
    l.run();
    return spent;
  }

  static end_task ask(int times) {
    return [times](stcp& s) -> asio::awaitable<void> {
      bytes word(word_size);
      for (int i = 0; i < times; ++i) {
        EXPECT_TRUE(succeeded(co_await s.send(word)));
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
      }
    };
  }
  static end_task answer(int times) {
    return [times](stcp& s) -> asio::awaitable<void> {
      bytes word(word_size);
      for (int i = 0; i < times; ++i) {
        EXPECT_TRUE(succeeded(co_await s.recvn(word)));
        EXPECT_TRUE(succeeded(co_await s.send(word)));
      }
    };
  }
  static end_task give(int blocks) {
    return [blocks](stcp& s) -> asio::awaitable<void> {
      const bytes block = pattern(block_size);
      for (int i = 0; i < blocks; ++i) EXPECT_TRUE(succeeded(co_await s.send(block)));
    };
  }
  static end_task take(int blocks) {
    return [blocks](stcp& s) -> asio::awaitable<void> {
      bytes room(block_size);
      for (std::size_t left = static_cast<std::size_t>(blocks) * block_size; left != 0;) {
        const auto n = co_await s.recv(room);
        EXPECT_TRUE(succeeded(n));
        if (!n || *n == 0) break;
        left -= *n;
      }
    };
  }

  // Judged where the numbers mean something.
  static void expect_at_most(double got, double most, const std::string& what) {
#if defined(__OPTIMIZE__)
    const bool judged = system_calls::counted();
#else
    const bool judged = false;
#endif
    std::printf("%s: %.2f, at most %.2f%s\n", what.c_str(), got, most, judged ? "" : " (not judged)");
    if (!judged) return;
    EXPECT_LE(got, most) << what;
  }

  static void say(const cost& c, double units) {
    std::printf("%.2f receives, %.2f sends, %.2f waits, %.2f others, %.2f allocations\n",
                static_cast<double>(c.calls.receives) / units, static_cast<double>(c.calls.sends) / units,
                static_cast<double>(c.calls.waits) / units,
                static_cast<double>(c.calls.registrations + c.calls.others) / units,
                static_cast<double>(c.news) / units);
  }
  // BearSSL's buffers are given back whenever a connection waits, and so are made anew for each word.
  [[nodiscard]] static bool keeps_buffers() {
    return GetParam().client->name() != "bearssl" && GetParam().server->name() != "bearssl";
  }

  void echo(int connections, int times, double most) {
    const cost c = run(connections, answer(20), ask(20), answer(times), ask(times));
    const double sides = 2.0 * connections * times;
    say(c, sides);
    expect_at_most(static_cast<double>(c.calls.all()) / sides, most, "system calls per echo and side");
    if (keeps_buffers())
      expect_at_most(static_cast<double>(c.news) / sides, 0.01, "allocations per echo and side");
  }

  const config server_config = made(GetParam().server_options());
  const config client_config = made(GetParam().client_options());
};

TEST_P(sock_counts, a_words_echo_of_one_connection) { echo(1, 2000, 3.1); }
TEST_P(sock_counts, a_words_echo_of_many_connections) { echo(64, 200, 2.3); }

TEST_P(sock_counts, bulk) {
  constexpr int blocks = 128;
  const cost c = run(1, take(16), give(16), take(blocks), give(blocks));
  const double megabytes = static_cast<double>(blocks * block_size) / 1e6;
  say(c, megabytes);
  expect_at_most(static_cast<double>(c.calls.all()) / megabytes, 14, "system calls per MB, both sides");
  const double records = static_cast<double>(blocks * block_size) / 16384;
  if (keeps_buffers()) expect_at_most(static_cast<double>(c.news) / records, 0.01, "allocations per record");
}

INSTANTIATE_TEST_SUITE_P(engines, sock_counts, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
