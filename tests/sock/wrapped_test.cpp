// Sockets that were something else before: used in the clear (STARTTLS), at both ends; and sessions that were
// exported.
#include "sock/kit/loop.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

class sock_wrapped : public ::testing::TestWithParam<engine_case> {
 protected:
  // Both ends speak in the clear first, and then do that over TLS.
  template <class Client, class Server>
  void upgrade(Client client, Server server) {
    loop_.spawn(serve(std::move(server), std::move(client)));
    loop_.run();
  }

  template <class Client, class Server>
  asio::awaitable<void> serve(Server server, Client client) {
    tcp listener(loop_.executor());
    EXPECT_TRUE(succeeded(co_await listener.bind("127.0.0.1", 0)));
    EXPECT_TRUE(succeeded(listener.listen()));
    loop_.spawn(connect(listener.local()->port, std::move(client)));
    auto plain = co_await listener.accept();
    EXPECT_TRUE(succeeded(plain));
    bytes word(8);
    EXPECT_TRUE(succeeded(co_await plain->recvn(word)));
    EXPECT_EQ(to_text(word), "STARTTLS");
    EXPECT_TRUE(succeeded(co_await plain->send(to_bytes("ok"))));
    auto s = accept_stcp(std::move(*plain), server_config_);
    EXPECT_TRUE(succeeded(s));
    co_await server(*s);
  }

  template <class Client>
  asio::awaitable<void> connect(std::uint16_t port, Client client) {
    tcp plain(loop_.executor());
    EXPECT_TRUE(succeeded(co_await plain.connect("127.0.0.1", port)));
    EXPECT_TRUE(succeeded(co_await plain.send(to_bytes("STARTTLS"))));
    bytes word(2);
    EXPECT_TRUE(succeeded(co_await plain.recvn(word)));
    EXPECT_EQ(to_text(word), "ok");
    auto s = client_stcp(std::move(plain), "localhost", client_config_, session_);
    EXPECT_TRUE(succeeded(s));
    co_await client(*s);
  }

  loop loop_;
  config client_config_ = made(GetParam().client_options());
  config server_config_ = made(GetParam().server_options());
  std::vector<std::byte> session_;
};

TEST_P(sock_wrapped, a_connection_becomes_secure_after_words_in_the_clear) {
  upgrade(
      [](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("secret"))));
        EXPECT_EQ(s.remote()->host, "127.0.0.1");
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "secret");
        EXPECT_EQ(s.local()->host, "127.0.0.1");
      });
}

TEST_P(sock_wrapped, an_exported_session_is_resumed) {
  bool resumed = true;
  const auto client = [&](stcp& s) -> asio::awaitable<void> {
    bytes byte(1);
    EXPECT_TRUE(succeeded(co_await s.recvn(byte)));  // a server of TLS 1.3 has sent its tickets before it
    resumed = s.info().resumed;
    if (!resumed) {
      auto session = s.export_session();
      EXPECT_TRUE(succeeded(session));
      session_ = session.value_or(std::vector<std::byte>());
    }
    EXPECT_TRUE(succeeded(co_await s.close()));
  };
  const auto server = [](stcp& s) -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await s.send(to_bytes("x"))));
    EXPECT_TRUE(succeeded(co_await s.close()));
  };
  upgrade(client, server);
  EXPECT_FALSE(resumed);
  client_config_ = made(GetParam().client_options());  // with no sessions of its own
  upgrade(client, server);
  EXPECT_TRUE(resumed);
}

TEST_P(sock_wrapped, a_second_close_waits_for_the_first) {
  upgrade(
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("all of it"))));
        loop_.spawn(
            [](stcp& of) -> asio::awaitable<void> { EXPECT_TRUE(succeeded(co_await of.close())); }(s));
        EXPECT_TRUE(succeeded(co_await s.close()));
        EXPECT_EQ(s.lower().native_handle(), -1);
      },
      [](stcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "all of it");
      });
}

TEST_P(sock_wrapped, a_socket_that_is_refused_is_left_as_it_was) {
  const auto is_still_there = [](tcp& s) { return !s.closed() && s.native_handle() >= 0; };
  run_tcp_pair(
      loop_, "127.0.0.1",
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(
            is_error(client_stcp(std::move(s), "not a name", client_config_), errc::invalid_argument));
        EXPECT_TRUE(is_still_there(s));
        EXPECT_FALSE(accept_stcp(std::move(s), client_config_)) << "it has no certificate";
        EXPECT_TRUE(is_still_there(s));
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("plain"))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [&](tcp& s) -> asio::awaitable<void> {
        bytes all;
        EXPECT_TRUE(succeeded(co_await s.recvall(all, 100)));
        EXPECT_EQ(to_text(all), "plain");
      });
  tcp listener(loop_.executor());
  loop_.spawn([](tcp& s) -> asio::awaitable<void> {
    EXPECT_TRUE(succeeded(co_await s.bind("127.0.0.1", 0)));
  }(listener));
  loop_.run();
  EXPECT_TRUE(succeeded(listener.listen()));
  EXPECT_FALSE(server_stcp(std::move(listener), client_config_)) << "it has no certificate";
  EXPECT_TRUE(is_still_there(listener));
}

INSTANTIATE_TEST_SUITE_P(engines, sock_wrapped, ::testing::ValuesIn(engine_cases()), case_name);

TEST(sock_wrapping, needs_a_connected_socket) {
  asio::io_context context;
  const auto conf = made({});
  EXPECT_TRUE(is_error(client_stcp(tcp(), "localhost", conf), errc::invalid_state,
                       "client_stcp: the socket is not connected"));
  EXPECT_TRUE(is_error(client_stcp(tcp(context.get_executor()), "localhost", conf), errc::invalid_state));
  EXPECT_TRUE(is_error(server_stcp(tcp(), conf), errc::invalid_state));
}

}  // namespace
}  // namespace stls::test
