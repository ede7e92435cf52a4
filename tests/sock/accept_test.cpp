// Listeners: what holds accept back, what ends it, and what does not.
#include "sock/kit/raw_end.hpp"
#include "sock/kit/secure_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// An accept that runs by itself.
struct pending_accept {
  std::optional<result<stcp>> outcome;

  void begin(loop& in, stcp_server& at) {
    in.spawn([](pending_accept& self, stcp_server& of) -> asio::awaitable<void> {
      self.outcome.emplace(co_await of.accept());
    }(*this, at));
  }
  asio::awaitable<void> over() const {
    while (!outcome) co_await later();
  }
};

// Long enough for everything that can happen.
asio::awaitable<void> settle() {
  for (int i = 0; i < 200; ++i) co_await later();
}

class sock_accept : public ::testing::Test {
 protected:
  // What a test does with a listener.
  using task_of = std::function<asio::awaitable<void>(stcp_server&, std::uint16_t)>;
  void run(const task_of& b, const server_options& by = server_options()) {
    const auto serve = [&]() -> asio::awaitable<void> {
      auto listener = co_await stls::listen("127.0.0.1", 0, pair.server_config(), by);
      EXPECT_TRUE(succeeded(listener));
      if (listener) co_await b(*listener, listener->lower().local()->port);
    };
    l.spawn(serve());
    l.run();
  }
  asio::awaitable<stcp> client(std::uint16_t port) {
    tcp lower(l.executor());
    EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
    auto s = client_stcp(std::move(lower), "localhost", pair.client_config());
    EXPECT_TRUE(succeeded(s));
    co_return std::move(*s);
  }

  secure_pair pair{engine_cases().front()};
  loop& l = pair.in();
};

TEST_F(sock_accept, ends_with_closed_cancelled_or_timed_out) {
  run([&](stcp_server& at, std::uint16_t) -> asio::awaitable<void> {
    EXPECT_TRUE(is_error(co_await at.accept(1ms), errc::timed_out, "accept: timed out"));
    at.lower().settimeout(direction::read, 1ms);
    EXPECT_TRUE(is_error(co_await at.accept(), errc::timed_out));
    at.lower().setexpires(direction::read, std::chrono::steady_clock::time_point::max());
    pending_accept one;
    one.begin(l, at);
    EXPECT_TRUE(is_error(co_await at.accept(), errc::busy));
    co_await settle();
    at.cancel();
    co_await one.over();
    EXPECT_TRUE(is_error(*one.outcome, errc::cancelled, "accept: cancelled"));
    pending_accept other;
    other.begin(l, at);
    co_await settle();
    EXPECT_TRUE(succeeded(co_await at.close()));
    co_await other.over();
    EXPECT_TRUE(is_error(*other.outcome, errc::closed, "accept: the socket was closed"));
    EXPECT_TRUE(is_error(co_await at.accept(), errc::closed, "accept: the socket is closed"));
    EXPECT_TRUE(succeeded(co_await at.close()));
    EXPECT_TRUE(at.closed());
  });
}

TEST_F(sock_accept, is_ended_by_destroying_the_listener) {
  run([&](stcp_server& at, std::uint16_t) -> asio::awaitable<void> {
    auto own = std::make_unique<stcp_server>(std::move(at));
    pending_accept one;
    one.begin(l, *own);
    co_await settle();
    own.reset();
    co_await one.over();
    EXPECT_TRUE(is_error(*one.outcome, errc::closed));
  });
}

TEST_F(sock_accept, gives_a_connection_on_which_nothing_was_said) {
  run([&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    auto silent = co_await connected_to(port);
    auto s = co_await at.accept();
    EXPECT_TRUE(succeeded(s));
    co_await settle();
    EXPECT_EQ(silent.available(), 0U);
    EXPECT_EQ(s->info().version, "");
    EXPECT_EQ(s->lower().remote()->port, silent.local_endpoint().port());
    EXPECT_EQ(s->lower().local()->port, port);
  });
}

TEST_F(sock_accept, closing_the_listener_leaves_its_connections_alone) {
  run([&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    stcp c = co_await client(port);
    auto s = co_await at.accept();
    EXPECT_TRUE(succeeded(s));
    stcp d = co_await client(port);
    auto t = co_await at.accept();
    EXPECT_TRUE(succeeded(t));
    EXPECT_TRUE(succeeded(co_await at.close()));
    { const stcp_server gone = std::move(at); }
    // One of them has not even begun its handshake.
    for (const auto& [one, other] : {std::pair(&c, &*s), std::pair(&d, &*t)}) {
      l.spawn([](stcp& of) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await of.send(to_bytes("hello"))));
        EXPECT_TRUE(succeeded(co_await of.close()));
      }(*one));
      bytes all;
      EXPECT_TRUE(succeeded(co_await other->recvall(all, 10)));
      EXPECT_EQ(to_text(all), "hello");
    }
    co_await settle();
  });
}

class sock_accept_limit : public sock_accept {
 protected:
  static server_options one_at_a_time() {
    server_options by;
    by.max_pending_handshakes = 1;
    return by;
  }
};

TEST_F(sock_accept_limit, is_lifted_when_a_handshake_is_done) {
  const auto body = [&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    stcp c = co_await client(port);
    stcp d = co_await client(port);
    auto first = co_await at.accept();
    EXPECT_TRUE(succeeded(first));
    pending_accept second;
    second.begin(l, at);
    co_await settle();
    EXPECT_FALSE(second.outcome) << "it was not held back";
    l.spawn([](stcp& of) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await of.handshake())); }(c));
    EXPECT_TRUE(succeeded(co_await first->handshake()));
    co_await second.over();
    EXPECT_TRUE(succeeded(*second.outcome));
    co_await settle();
  };
  run(body, one_at_a_time());
}

TEST_F(sock_accept_limit, is_lifted_when_a_connection_dies) {
  const auto body = [&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    for (const int how : {0, 1, 2}) {
      SCOPED_TRACE(how);
      auto silent = co_await connected_to(port);
      auto next = co_await connected_to(port);
      auto first = co_await at.accept();
      EXPECT_TRUE(succeeded(first));
      pending_accept second;
      second.begin(l, at);
      co_await settle();
      EXPECT_FALSE(second.outcome) << "it was not held back";
      if (how == 0) {
        EXPECT_TRUE(succeeded(co_await first->close()));
      }
      if (how == 1) *first = stcp();
      if (how == 2) {
        silent.close();
        EXPECT_FALSE(co_await first->handshake());
        EXPECT_TRUE(succeeded(co_await first->close()));
      }
      co_await second.over();
      EXPECT_TRUE(succeeded(*second.outcome));
    }
  };
  run(body, one_at_a_time());
}

TEST_F(sock_accept_limit, is_lifted_when_a_silent_clients_time_is_up) {
  server_options by = one_at_a_time();
  by.handshake_timeout = 1ms;
  const auto body = [&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    std::vector<asio::ip::tcp::socket> silent;
    std::vector<stcp> dead;
    for (int i = 0; i < 5; ++i) silent.push_back(co_await connected_to(port));
    // Nobody does anything with the connections.
    for (int i = 0; i < 5; ++i) {
      auto s = co_await at.accept();
      EXPECT_TRUE(succeeded(s));
      if (s) dead.push_back(std::move(*s));
    }
  };
  run(body, by);
}

TEST_F(sock_accept_limit, that_is_reached_does_not_keep_accept_from_its_deadline_or_from_a_close) {
  const auto body = [&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    auto silent = co_await connected_to(port);
    auto next = co_await connected_to(port);
    auto first = co_await at.accept();
    EXPECT_TRUE(is_error(co_await at.accept(1ms), errc::timed_out));
    pending_accept second;
    second.begin(l, at);
    co_await settle();
    EXPECT_TRUE(succeeded(co_await at.close()));
    co_await second.over();
    EXPECT_TRUE(is_error(*second.outcome, errc::closed));
  };
  run(body, one_at_a_time());
}

TEST_F(sock_accept, does_not_fail_because_of_clients_that_have_gone) {
  run([&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    for (int i = 0; i < 20; ++i) {
      auto hasty = co_await connected_to(port);
      hasty.set_option(asio::socket_base::linger(true, 0));
      hasty.close();
    }
    stcp c = co_await client(port);
    l.spawn([](stcp& of) -> asio::awaitable<void> {
      EXPECT_TRUE(succeeded(co_await of.send(to_bytes("hello"))));
      EXPECT_TRUE(succeeded(co_await of.close()));
    }(c));
    for (;;) {
      auto s = co_await at.accept();
      EXPECT_TRUE(succeeded(s));
      if (!s) co_return;
      bytes all;
      if (co_await s->recvall(all, 10)) {
        EXPECT_EQ(to_text(all), "hello");
        co_return;
      }
    }
  });
}

TEST_F(sock_accept, reload_is_for_connections_to_come) {
  run([&](stcp_server& at, std::uint16_t port) -> asio::awaitable<void> {
    stcp c = co_await client(port);
    auto s = co_await at.accept();
    EXPECT_TRUE(is_error(at.reload(pair.client_config()), errc::bad_config));
    options other = engine_cases().front().server_options();
    other.alpn = "h2";
    EXPECT_TRUE(succeeded(at.reload(made(other))));
    stcp d = co_await client(port);
    auto t = co_await at.accept();
    for (const auto& [one, end] : {std::pair(&c, &*s), std::pair(&d, &*t)}) {
      l.spawn(
          [](stcp& of) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await of.handshake())); }(*one));
      EXPECT_TRUE(succeeded(co_await end->handshake()));
    }
    co_await settle();
  });
}

TEST_F(sock_accept, what_cannot_be_a_server_is_refused) {
  EXPECT_TRUE(is_error(server_stcp(tcp(), pair.server_config()), errc::invalid_state,
                       "server_stcp: the socket does not listen"));
  run([&](stcp_server&, std::uint16_t) -> asio::awaitable<void> {
    tcp lower(l.executor());
    EXPECT_TRUE(succeeded(co_await lower.bind("127.0.0.1", 0)));
    EXPECT_TRUE(succeeded(lower.listen()));
    server_options none;
    none.max_pending_handshakes = 0;
    EXPECT_TRUE(is_error(server_stcp(std::move(lower), pair.server_config(), none), errc::invalid_argument));
    const auto refused = co_await stls::listen("127.0.0.1", 0, pair.client_config());
    EXPECT_FALSE(refused) << "a server without a certificate";
  });
}

}  // namespace
}  // namespace stls::test
