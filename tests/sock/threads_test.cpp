// Loops in several threads, and one loop that several threads run. ThreadSanitizer watches.
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <asio/strand.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <future>
#include <thread>
#include <vector>

namespace stls::test {
namespace {

constexpr std::size_t threads = 4;

void in_threads(const std::function<void(std::size_t)>& work) {
  std::vector<std::thread> all;
  all.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) all.emplace_back(work, i);
  for (auto& one : all) one.join();
}

asio::awaitable<void> ask(stcp& s, const bytes& question, int times) {
  for (int i = 0; i < times; ++i) {
    EXPECT_TRUE(succeeded(co_await s.send(question)));
    bytes answer(question.size());
    EXPECT_TRUE(succeeded(co_await s.recvn(answer, std::chrono::minutes(1))));
    EXPECT_EQ(difference(answer, question), "");
  }
  EXPECT_TRUE(succeeded(co_await s.close()));
}

asio::awaitable<void> echo(stcp s) {
  bytes room(5000);
  for (;;) {
    const auto n = co_await s.recv(room, std::chrono::minutes(1));
    EXPECT_TRUE(succeeded(n));
    if (!n || *n == 0) break;
    EXPECT_TRUE(succeeded(co_await s.send(std::span(room).first(*n))));
  }
  EXPECT_TRUE(succeeded(co_await s.close()));
}

class threads_sock : public ::testing::TestWithParam<engine_case> {
 protected:
  config client_config = made(GetParam().client_options());
  config server_config = made(GetParam().server_options());
};

// Each with both ends of its own connections; the configs are shared, and so are their sessions.
TEST_P(threads_sock, each_with_a_loop_of_its_own) {
  secure_pair shared(GetParam());
  in_threads([&](std::size_t i) {
    for (int round = 0; round < 3; ++round) {
      secure_pair own(shared.client_config(), shared.server_config());
      const bytes question = pattern(10000, i);
      own.run([&](stcp& s) -> asio::awaitable<void> { co_await ask(s, question, 10); },
              [&](stcp& s) -> asio::awaitable<void> { co_await echo(std::move(s)); });
    }
  });
}

// The server's loop in one thread, the clients' in others.
TEST_P(threads_sock, whose_loops_talk_to_each_other) {
  loop server;
  std::promise<std::uint16_t> port;
  std::thread serving([&] {
    const auto serve = [&]() -> asio::awaitable<void> {
      auto listener = co_await stls::listen("127.0.0.1", 0, server_config);
      EXPECT_TRUE(succeeded(listener));
      port.set_value(listener->lower().local()->port);
      for (std::size_t i = 0; i < threads; ++i) {
        auto s = co_await listener->accept(std::chrono::minutes(1));
        EXPECT_TRUE(succeeded(s));
        if (s) server.spawn(echo(std::move(*s)));
      }
    };
    server.spawn(serve());
    server.run();
  });
  const std::uint16_t to = port.get_future().get();
  in_threads([&](std::size_t i) {
    loop own;
    const bytes question = pattern(50000, i);
    const auto talk = [&]() -> asio::awaitable<void> {
      auto s = co_await stls::connect("localhost", to, client_config, std::chrono::minutes(1));
      EXPECT_TRUE(succeeded(s));
      if (s) co_await ask(*s, question, 20);
    };
    own.spawn(talk());
    own.run();
  });
  serving.join();
}

// One loop that several threads run: the verbs of a socket run in its strand, with time-outs in all of them.
TEST_P(threads_sock, of_a_pool_with_a_strand_for_each_end) {
  constexpr int pairs = 6;
  asio::io_context pool;
  std::atomic<int> ended{0};
  const auto over = [&](const std::exception_ptr& thrown) {
    EXPECT_FALSE(thrown);
    ++ended;
  };
  const bytes question = pattern(20000);
  const auto talk = [](std::uint16_t port, const config& conf, const bytes& what) -> asio::awaitable<void> {
    tcp lower(co_await asio::this_coro::executor);
    EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port, std::chrono::minutes(1))));
    auto s = client_stcp(std::move(lower), "localhost", conf);
    EXPECT_TRUE(succeeded(s));
    if (s) co_await ask(*s, what, 20);
  };
  const auto serve = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen("127.0.0.1", 0, server_config);
    EXPECT_TRUE(succeeded(listener));
    const std::uint16_t port = listener->lower().local()->port;
    asio::co_spawn(asio::make_strand(pool), talk(port, client_config, question), over);
    auto s = co_await listener->accept(std::chrono::minutes(1));
    EXPECT_TRUE(succeeded(s));
    if (s) co_await echo(std::move(*s));
  };
  for (int i = 0; i < pairs; ++i) asio::co_spawn(asio::make_strand(pool), serve(), over);
  in_threads([&](std::size_t) { pool.run_for(std::chrono::minutes(1)); });
  EXPECT_EQ(ended, 2 * pairs);
}

// Reader, writer and cancellation of one socket from coroutines of one strand.
TEST_P(threads_sock, of_a_pool_with_a_reader_and_a_writer_in_one_strand) {
  asio::io_context pool;
  std::atomic<int> ended{0};
  const auto over = [&](const std::exception_ptr& thrown) {
    EXPECT_FALSE(thrown);
    ++ended;
  };
  const bytes much = pattern(1000000);
  const auto both_ways = [&](stcp s) -> asio::awaitable<void> {
    const auto ex = co_await asio::this_coro::executor;
    bool sent = false;
    const auto writer = [](stcp& of, const bytes& all, bool& told) -> asio::awaitable<void> {
      EXPECT_TRUE(succeeded(co_await of.send(all, std::chrono::minutes(1))));
      told = true;
    };
    asio::co_spawn(ex, writer(s, much, sent), over);
    bytes got(much.size());
    EXPECT_TRUE(succeeded(co_await s.recvn(got, std::chrono::minutes(1))));
    EXPECT_EQ(difference(got, much), "");
    while (!sent) co_await later();
    EXPECT_TRUE(succeeded(co_await s.close()));
  };
  const auto talk = [&](std::uint16_t port) -> asio::awaitable<void> {
    auto s = co_await stls::connect("localhost", port, client_config, std::chrono::minutes(1));
    EXPECT_TRUE(succeeded(s));
    if (s) co_await both_ways(std::move(*s));
  };
  const auto serve = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen("127.0.0.1", 0, server_config);
    EXPECT_TRUE(succeeded(listener));
    asio::co_spawn(asio::make_strand(pool), talk(listener->lower().local()->port), over);
    auto s = co_await listener->accept(std::chrono::minutes(1));
    EXPECT_TRUE(succeeded(s));
    if (s) co_await both_ways(std::move(*s));
  };
  for (int i = 0; i < 2; ++i) asio::co_spawn(asio::make_strand(pool), serve(), over);
  in_threads([&](std::size_t) { pool.run_for(std::chrono::minutes(1)); });
  EXPECT_EQ(ended, 2 * 4);
}

INSTANTIATE_TEST_SUITE_P(engines, threads_sock, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
