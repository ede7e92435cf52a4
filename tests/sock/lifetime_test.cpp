// Sockets that are moved, and loops that go away under them.
#include "sock/kit/raw_end.hpp"
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/child.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

class sock_lifetime : public ::testing::TestWithParam<engine_case> {};

TEST_P(sock_lifetime, a_socket_is_moved_between_its_verbs) {
  secure_pair pair(GetParam());
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        stcp a(std::move(s));
        EXPECT_TRUE(is_error(co_await s.send(to_bytes("x")), errc::invalid_state));
        EXPECT_TRUE(succeeded(co_await a.send(to_bytes("one "))));
        stcp b;
        b = std::move(a);
        EXPECT_TRUE(succeeded(co_await b.send(to_bytes("two "))));
        std::vector<stcp> many;
        for (int i = 0; i < 5; ++i) many.emplace_back();
        many[3] = std::move(b);
        many.erase(many.begin());
        EXPECT_TRUE(succeeded(co_await many[2].send(to_bytes("three"))));
        EXPECT_EQ(many[2].info().servername, "localhost");
        EXPECT_TRUE(succeeded(co_await many[2].close()));
        EXPECT_TRUE(s.closed() && a.closed() && b.closed());
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "one two three");
      });
}

TEST_P(sock_lifetime, a_socket_that_is_assigned_over_is_closed) {
  secure_pair pair(GetParam());
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        s = stcp();
        EXPECT_TRUE(s.closed());
        co_return;
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes one(1);
        EXPECT_TRUE(is_error(co_await s.recv(one), errc::truncated));
      });
}

// Who owns the sockets whose verbs wait when the loop goes away.
enum class owner : std::uint8_t { coroutines, caller };

// Every verb that can wait does, in coroutines that are destroyed where they are.
void abandon_everything(const engine_case& c, bool established, owner of) {
  const config client_conf = made(c.client_options());
  const config server_conf = made(c.server_options());
  const bytes much = pattern(std::size_t{16} << 20U);
  auto context = std::make_unique<asio::io_context>();
  asio::io_context& in = *context;
  // A socket may not outlive its loop.
  std::optional<stcp> client;
  std::optional<stcp> server;
  bool begun = false;
  const auto spawn = [&](asio::awaitable<void> a) { asio::co_spawn(in, std::move(a), asio::detached); };
  const auto receive = [](stcp& s) -> asio::awaitable<void> {
    bytes one(1);
    static_cast<void>(co_await s.recvn(one, std::chrono::hours(1)));
  };
  const auto send = [&](stcp& s) -> asio::awaitable<void> {
    static_cast<void>(co_await s.send(much, std::chrono::hours(1)));
  };
  const auto connect = [&](std::uint16_t port) -> asio::awaitable<void> {
    tcp lower(in.get_executor());
    static_cast<void>(co_await lower.connect("127.0.0.1", port));
    auto made_client = client_stcp(std::move(lower), "localhost", client_conf);
    stcp own;
    stcp& s = of == owner::coroutines ? own : client.emplace();
    s = std::move(*made_client);
    if (established) static_cast<void>(co_await s.handshake());
    begun = true;
    spawn(send(s));
    co_await receive(s);
  };
  const auto resolve = [&]() -> asio::awaitable<void> {
    tcp lower(in.get_executor());
    static_cast<void>(co_await lower.connect("localhost", 1));
  };
  const auto serve = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen("127.0.0.1", 0, server_conf);
    spawn(connect(listener->lower().local()->port));
    auto accepted = co_await listener->accept();
    stcp own;
    stcp& s = of == owner::coroutines ? own : server.emplace();
    s = std::move(*accepted);
    spawn([](stcp_server& l) -> asio::awaitable<void> {
      static_cast<void>(co_await l.accept(std::chrono::hours(1)));
    }(*listener));
    if (established) {
      static_cast<void>(co_await s.handshake());
      spawn(send(s));
      co_await receive(s);
    } else {
      // Nobody answers the client's handshake.
      asio::steady_timer never(in, std::chrono::hours(1));
      co_await never.async_wait(asio::use_awaitable);
    }
  };
  spawn(serve());
  while (!begun) in.run_one();
  for (int i = 0; i < 20; ++i) in.poll();
  spawn(resolve());
  in.poll_one();
  client.reset();
  server.reset();
  context.reset();
}

TEST_P(sock_lifetime, a_loop_is_destroyed_while_verbs_wait) {
  for (const bool established : {false, true}) {
    for (const auto of : {owner::coroutines, owner::caller}) abandon_everything(GetParam(), established, of);
  }
}

INSTANTIATE_TEST_SUITE_P(engines, sock_lifetime, ::testing::ValuesIn(engine_cases()), case_name);

// A signal would kill this process.
const child_part pipes("sock_pipe_signal", [] {
  std::signal(SIGPIPE, SIG_DFL);
  ::testing::InitGoogleTest();
  for (const auto& c : engine_cases()) {
    secure_pair pair(c);
    bool gone = false;
    pair.run(
        [&](stcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.handshake()));
          while (!gone) co_await later();
          const bytes word = pattern(100000);
          for (int i = 0; i < 5; ++i) static_cast<void>(co_await s.send(word));
          static_cast<void>(co_await s.shutdown(direction::both));
          EXPECT_TRUE(succeeded(co_await s.close()));
        },
        [&](stcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.handshake()));
          EXPECT_TRUE(succeeded(s.lower().set_option(asio::socket_base::linger(true, 0))));
          s = stcp();
          gone = true;
        });
  }
  return ::testing::Test::HasFailure() ? 1 : 0;
});

TEST(sock_signals, none_is_raised_by_a_peer_that_has_gone) {
  const auto r = run_child("sock_pipe_signal");
  EXPECT_EQ(r.signal, 0);
  EXPECT_EQ(r.exit_code, 0) << r.output;
}

}  // namespace
}  // namespace stls::test
