// Another config for a server that is at work.
#include "sock/kit/loop.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> answer(stcp s) {
  bytes word(5);
  EXPECT_TRUE(succeeded(co_await s.recvn(word, 1min)));
  EXPECT_TRUE(succeeded(co_await s.send(word, 1min)));
  bytes none;
  EXPECT_TRUE(succeeded(co_await s.recvall(none, 1, 1min)));
  EXPECT_TRUE(succeeded(co_await s.close()));
}

// What a client saw of one connection.
struct visit {
  std::string issuer;
  bool resumed = false;
};

asio::awaitable<visit> ask(std::uint16_t port, const config& conf) {
  visit seen;
  tcp lower(co_await asio::this_coro::executor);
  EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port, 1min)));
  auto s = client_stcp(std::move(lower), "localhost", conf);
  EXPECT_TRUE(succeeded(s));
  if (!s) co_return seen;
  EXPECT_TRUE(succeeded(co_await s->send(to_bytes("hello"), 1min)));
  bytes word(5);
  EXPECT_TRUE(succeeded(co_await s->recvn(word, 1min)));  // tickets have come before it
  EXPECT_EQ(to_text(word), "hello");
  seen.issuer = s->info().peer.issuer;
  seen.resumed = s->info().resumed;
  EXPECT_TRUE(succeeded(co_await s->close()));
  co_return seen;
}

// Certificates of two authorities, which the clients trust.
constexpr std::array certificates = {"server", "server-direct"};

class sock_reload : public ::testing::TestWithParam<engine_case> {
 protected:
  // Sessions without tickets are in the server's memory, which is the config's.
  [[nodiscard]] bool sessions_go_on() const {
    return GetParam().client->capabilities().tickets && GetParam().server->capabilities().tickets;
  }
  [[nodiscard]] config server_config(std::size_t i) const {
    return made(GetParam().server_options(certificates.at(i % certificates.size())));
  }

  asio::awaitable<void> accept_all(stcp_server& at) {
    for (;;) {
      auto s = co_await at.accept();
      if (!s) {
        EXPECT_TRUE(is_error(s, errc::closed));
        co_return;
      }
      loop_.spawn(answer(std::move(*s)));
    }
  }

  loop loop_;
};

TEST_P(sock_reload, a_hundred_times_under_load_fails_no_connection) {
  constexpr std::size_t reloads = 100;
  constexpr std::size_t clients = 4;
  std::size_t visits = 0;
  std::size_t whole_handshakes = 0;
  std::size_t working = clients;
  bool over = false;
  const auto client = [&](std::uint16_t port) -> asio::awaitable<void> {
    const config conf = made(GetParam().client_options());
    do {
      const visit seen = co_await ask(port, conf);
      ++visits;
      if (!seen.resumed) ++whole_handshakes;
    } while (!over);
    --working;
  };
  const auto serve = [&]() -> asio::awaitable<void> {
    auto at = co_await stls::listen("127.0.0.1", 0, server_config(0));
    EXPECT_TRUE(succeeded(at));
    if (!at) co_return;
    const std::uint16_t port = at->local()->port;
    loop_.spawn(accept_all(*at));
    for (std::size_t i = 0; i < clients; ++i) loop_.spawn(client(port));
    auto stranger = GetParam().client_options();
    stranger.sessions = 0;  // always sees the certificate
    const config always_new = made(stranger);
    std::map<std::string, std::string> issuers;
    for (std::size_t i = 1; i <= reloads; ++i) {
      EXPECT_TRUE(succeeded(at->reload(server_config(i))));
      const visit seen = co_await ask(port, always_new);
      const auto [of, first] = issuers.try_emplace(certificates.at(i % certificates.size()), seen.issuer);
      EXPECT_EQ(seen.issuer, of->second) << "reload " << i;
    }
    EXPECT_NE(issuers[certificates[0]], issuers[certificates[1]]);
    over = true;
    while (working != 0) co_await later();
    EXPECT_TRUE(succeeded(co_await at->close()));
  };
  loop_.spawn(serve());
  loop_.run();
  EXPECT_GE(visits, clients);
  EXPECT_TRUE(!sessions_go_on() || whole_handshakes == clients) << whole_handshakes;
}

TEST_P(sock_reload, of_what_is_no_server_is_refused_and_told_and_the_old_one_serves_on) {
  std::vector<std::string> told;
  auto opt = GetParam().server_options();
  opt.on_warning = [&](const warning& w) { told.emplace_back(w.code); };
  const config clients = made(GetParam().client_options());
  const auto serve = [&]() -> asio::awaitable<void> {
    auto at = co_await stls::listen("127.0.0.1", 0, made(opt));
    EXPECT_TRUE(succeeded(at));
    if (!at) co_return;
    const std::uint16_t port = at->local()->port;
    loop_.spawn(accept_all(*at));
    EXPECT_TRUE(is_error(at->reload(clients), errc::bad_config));
    EXPECT_TRUE(is_error(at->reload(config()), errc::invalid_state));
    EXPECT_EQ(told, std::vector<std::string>{"config_refused"});  // once a minute
    const visit seen = co_await ask(port, clients);
    EXPECT_FALSE(seen.issuer.empty());
    EXPECT_TRUE(succeeded(co_await at->close()));
  };
  loop_.spawn(serve());
  loop_.run();
}

TEST_P(sock_reload, of_what_is_no_server_may_be_answered_by_another_reload) {
  stcp_server at;
  int answers = 0;
  auto opt = GetParam().server_options();
  opt.on_warning = [&](const warning&) {
    ++answers;
    EXPECT_TRUE(succeeded(at.reload(server_config(1))));
  };
  const config clients = made(GetParam().client_options());
  const auto serve = [&]() -> asio::awaitable<void> {
    auto made_one = co_await stls::listen("127.0.0.1", 0, made(opt));
    EXPECT_TRUE(succeeded(made_one));
    if (made_one) at = std::move(*made_one);
    EXPECT_TRUE(is_error(at.reload(clients), errc::bad_config));
    EXPECT_EQ(answers, 1);
    EXPECT_TRUE(succeeded(co_await at.close()));
  };
  loop_.spawn(serve());
  loop_.run();
}

// What belonged to the old config goes when nothing is locked any more: it may use the server.
TEST_P(sock_reload, frees_the_old_config_outside_of_its_locks) {
  stcp_server at;
  int freed = 0;
  const auto serve = [&]() -> asio::awaitable<void> {
    {
      const std::shared_ptr<int> owned(&freed, [&](int* count) {
        ++*count;
        EXPECT_TRUE(succeeded(at.reload(server_config(0))));
      });
      auto opt = GetParam().server_options();
      opt.on_warning = [owned](const warning&) {};
      auto made_one = co_await stls::listen("127.0.0.1", 0, made(opt));
      EXPECT_TRUE(succeeded(made_one));
      if (made_one) at = std::move(*made_one);
    }
    EXPECT_EQ(freed, 0);
    EXPECT_TRUE(succeeded(at.reload(server_config(1))));
    EXPECT_EQ(freed, 1);
    EXPECT_TRUE(succeeded(co_await at.close()));
  };
  loop_.spawn(serve());
  loop_.run();
}

INSTANTIATE_TEST_SUITE_P(engines, sock_reload, ::testing::ValuesIn(engine_cases()), case_name);

// One thread accepts, one reloads, others connect.
class threads_sock_reload : public sock_reload {};

TEST_P(threads_sock_reload, while_others_accept_and_connect) {
  stcp_server at;
  std::promise<std::uint16_t> listening;
  std::thread serving([&] {
    const auto serve = [&]() -> asio::awaitable<void> {
      auto made_one = co_await stls::listen("127.0.0.1", 0, server_config(0));
      EXPECT_TRUE(succeeded(made_one));
      if (made_one) at = std::move(*made_one);
      listening.set_value(at.closed() ? 0 : at.local()->port);
      if (!at.closed()) co_await accept_all(at);
    };
    loop_.spawn(serve());
    loop_.run();
  });
  const std::uint16_t port = listening.get_future().get();
  std::atomic<bool> over{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      loop own;
      const auto talk = [&]() -> asio::awaitable<void> {
        const config conf = made(GetParam().client_options());
        do {
          const visit seen = co_await ask(port, conf);
          EXPECT_FALSE(seen.issuer.empty());
        } while (!over);
      };
      own.spawn(talk());
      own.run();
    });
  }
  std::thread second([&] {
    for (std::size_t i = 0; i < 20; ++i) EXPECT_TRUE(succeeded(at.reload(server_config(i))));
  });
  for (std::size_t i = 1; i <= 50; ++i) EXPECT_TRUE(succeeded(at.reload(server_config(i))));
  second.join();
  over = true;
  for (auto& one : clients) one.join();
  asio::post(loop_.context(), [&] { at = stcp_server(); });
  serving.join();
}

INSTANTIATE_TEST_SUITE_P(engines, threads_sock_reload, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
