// Connecting: names, families, and what comes before TLS.
#include "sock/kit/ipv6.hpp"
#include "sock/kit/raw_end.hpp"
#include "sock/kit/secure_pair.hpp"
#include "sock/kit/tcp_pair.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// A port of this machine that nobody listens at.
std::uint16_t dead_port(asio::io_context& in) {
  asio::ip::tcp::acceptor gone(in, {asio::ip::address_v4::loopback(), 0});
  return gone.local_endpoint().port();
}

class sock_connect : public ::testing::Test {
 protected:
  void run(asio::awaitable<void> body) {
    l.spawn(std::move(body));
    l.run();
  }
  loop l;
};

TEST_F(sock_connect, by_name) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp listener(l.executor());
    EXPECT_TRUE(succeeded(co_await listener.bind("localhost", 0)));
    EXPECT_TRUE(succeeded(listener.listen()));
    tcp s(l.executor());
    EXPECT_TRUE(succeeded(co_await s.connect("localhost", listener.local()->port)));
    auto accepted = co_await listener.accept();
    EXPECT_TRUE(succeeded(accepted));
    EXPECT_EQ(s.local()->text(), accepted->remote()->text());
  };
  run(body());
}

TEST_F(sock_connect, to_addresses_of_one_family_only) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  const auto body = [&]() -> asio::awaitable<void> {
    tcp six(l.executor(), AF_INET6);
    EXPECT_TRUE(succeeded(co_await six.bind("::1", 0)));
    EXPECT_EQ(six.local()->host, "::1");
    tcp four(l.executor(), AF_INET);
    EXPECT_TRUE(succeeded(co_await four.bind("localhost", 0)));
    EXPECT_TRUE(succeeded(four.listen()));
    EXPECT_EQ(four.local()->host, "127.0.0.1");
    tcp s(l.executor(), AF_INET);
    EXPECT_TRUE(succeeded(co_await s.connect("localhost", four.local()->port)));
    EXPECT_EQ(s.remote()->host, "127.0.0.1");

    const auto refused = [&](int family, const char* host) -> asio::awaitable<void> {
      tcp connecting(l.executor(), family);
      EXPECT_TRUE(is_error(co_await connecting.connect(host, 0), errc::not_found)) << host;
      tcp binding(l.executor(), family);
      EXPECT_TRUE(is_error(co_await binding.bind(host, 0), errc::not_found)) << host;
    };
    co_await refused(AF_INET, "::1");
    co_await refused(AF_INET6, "127.0.0.1");
    co_await refused(AF_INET, "unix:/nowhere/at/all");
    co_await refused(AF_UNIX, "localhost");
  };
  run(body());
}

TEST_F(sock_connect, every_address_is_that_of_the_family) {
  if (!has_ipv6()) GTEST_SKIP() << "this machine has no IPv6";
  const auto body = [&]() -> asio::awaitable<void> {
    tcp six(l.executor(), AF_INET6);
    EXPECT_TRUE(succeeded(co_await six.bind("*", 0)));
    EXPECT_TRUE(succeeded(six.listen()));
    // The same port is free for IPv4.
    tcp four(l.executor(), AF_INET);
    EXPECT_TRUE(succeeded(co_await four.bind("*", six.local()->port)));
    EXPECT_EQ(four.local()->host, "0.0.0.0");
    tcp s(l.executor());
    EXPECT_TRUE(is_error(co_await s.connect("127.0.0.1", six.local()->port),
                         make_error_code(std::errc::connection_refused)));
    tcp none(l.executor(), AF_UNIX);
    EXPECT_TRUE(is_error(co_await none.bind("*", 0), errc::not_found));
  };
  run(body());
}

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using unknown_option = asio::detail::socket_option::integer<SOL_SOCKET, 9999>;

TEST_F(sock_connect, options_that_are_set_before_hold_from_the_beginning) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp first(l.executor());
    EXPECT_TRUE(succeeded(first.set_option(reuse_port(true))));
    EXPECT_TRUE(succeeded(co_await first.bind("127.0.0.1", 0)));
    EXPECT_TRUE(succeeded(first.listen()));
    const std::uint16_t port = first.local()->port;
    tcp second(l.executor());
    EXPECT_TRUE(
        is_error(co_await second.bind("127.0.0.1", port), make_error_code(std::errc::address_in_use)));
    EXPECT_TRUE(succeeded(second.set_option(reuse_port(true))));
    EXPECT_TRUE(succeeded(co_await second.bind("127.0.0.1", port)));

    tcp s(l.executor());
    asio::socket_base::keep_alive on(true);
    EXPECT_TRUE(is_error(s.get_option(on), errc::invalid_state, "get_option: the socket is not open"));
    EXPECT_TRUE(succeeded(s.set_option(on)));
    EXPECT_TRUE(succeeded(co_await s.connect("127.0.0.1", port)));
    on = false;
    EXPECT_TRUE(succeeded(s.get_option(on)));
    EXPECT_TRUE(on.value());
    EXPECT_TRUE(succeeded(co_await s.close()));
    EXPECT_TRUE(is_error(s.set_option(on), errc::closed));
  };
  run(body());
}

TEST_F(sock_connect, an_option_that_the_system_refuses_makes_it_fail) {
  const auto body = [&]() -> asio::awaitable<void> {
    const auto refused = make_error_code(std::errc::no_protocol_option);
    tcp listener(l.executor());
    EXPECT_TRUE(succeeded(co_await listener.bind("127.0.0.1", 0)));
    EXPECT_TRUE(succeeded(listener.listen()));
    tcp s(l.executor());
    EXPECT_TRUE(succeeded(s.set_option(unknown_option(1))));
    EXPECT_TRUE(is_error(co_await s.connect("127.0.0.1", listener.local()->port), refused));
    EXPECT_EQ(s.native_handle(), -1);
    EXPECT_TRUE(is_error(co_await s.bind("127.0.0.1", 0), refused));
    EXPECT_EQ(s.native_handle(), -1);
  };
  run(body());
}

TEST_F(sock_connect, to_nobody_is_refused) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp s(l.executor());
    const std::uint16_t port = dead_port(l.context());
    const auto refused = make_error_code(std::errc::connection_refused);
    EXPECT_TRUE(is_error(co_await s.connect("127.0.0.1", port), refused));
    // Of all addresses of a name.
    EXPECT_TRUE(is_error(co_await s.connect("localhost", port), refused));
    EXPECT_TRUE(is_error(co_await s.connect("unix:/nowhere/at/all", 0),
                         make_error_code(std::errc::no_such_file_or_directory)));
    EXPECT_FALSE(s.closed());
    EXPECT_EQ(s.native_handle(), -1);
  };
  run(body());
}

TEST_F(sock_connect, to_a_host_that_is_none_is_not_found) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp s(l.executor());
    EXPECT_TRUE(is_error(co_await s.connect("no-such-host.invalid", 443), errc::not_found));
    EXPECT_TRUE(is_error(co_await s.connect("", 443), errc::invalid_argument));
    EXPECT_TRUE(is_error(co_await s.connect(std::string_view("a\0b", 3), 443), errc::invalid_argument));
    EXPECT_TRUE(is_error(co_await s.connect("unix:", 0), errc::invalid_argument));
    EXPECT_TRUE(is_error(co_await s.connect("unix:" + std::string(200, 'x'), 0), errc::invalid_argument));
    EXPECT_TRUE(is_error(co_await s.connect("unix:/tmp/x", 443), errc::invalid_argument));
  };
  run(body());
}

TEST_F(sock_connect, ends_with_timed_out_cancelled_or_closed) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp s(l.executor());
    const auto past = std::chrono::steady_clock::now();
    // The look-up of the name is forgotten.
    EXPECT_TRUE(is_error(co_await s.connect("localhost", 1, past), errc::timed_out, "connect: timed out"));
    l.spawn([](tcp& of) -> asio::awaitable<void> {
      of.cancel();
      co_return;
    }(s));
    l.spawn([](tcp& of) -> asio::awaitable<void> {
      co_await later();
      of.cancel();
    }(s));
    const auto done = co_await s.connect("localhost", 1);
    EXPECT_TRUE(is_error(done, errc::cancelled) ||
                is_error(done, make_error_code(std::errc::connection_refused)));
    tcp other(l.executor());
    EXPECT_TRUE(succeeded(co_await other.close()));
    EXPECT_TRUE(is_error(co_await other.connect("localhost", 1), errc::closed));
  };
  run(body());
}

TEST_F(sock_connect, a_listener_at_every_address_has_both_families) {
  const auto body = [&]() -> asio::awaitable<void> {
    tcp listener(l.executor());
    EXPECT_TRUE(succeeded(co_await listener.bind("*", 0)));
    EXPECT_TRUE(succeeded(listener.listen()));
    const std::uint16_t port = listener.local()->port;
    tcp four(l.executor());
    EXPECT_TRUE(succeeded(co_await four.connect("127.0.0.1", port)));
    auto accepted = co_await listener.accept();
    EXPECT_TRUE(succeeded(accepted));
    EXPECT_EQ(accepted->remote()->host, "127.0.0.1");
    if (listener.local()->host == "0.0.0.0") {
      std::puts("SKIPPED in part: this machine has no IPv6");
      co_return;
    }
    tcp six(l.executor());
    EXPECT_TRUE(succeeded(co_await six.connect("::1", port)));
    accepted = co_await listener.accept();
    EXPECT_TRUE(succeeded(accepted));
    EXPECT_EQ(accepted->remote()->host, "::1");
  };
  run(body());
}

class sock_connect_tls : public ::testing::TestWithParam<engine_case> {
 protected:
  secure_pair pair{GetParam()};
  loop& l = pair.in();
};

asio::awaitable<void> greet(stcp& s) {
  EXPECT_TRUE(succeeded(co_await s.send(to_bytes("hello"))));
  EXPECT_TRUE(succeeded(co_await s.close()));
}

asio::awaitable<void> be_greeted(stcp& s) {
  bytes all;
  EXPECT_TRUE(succeeded(co_await s.recvall(all, 10)));
  EXPECT_EQ(to_text(all), "hello");
}

TEST_P(sock_connect_tls, in_one_call_gives_a_connection_that_is_verified) {
  const auto body = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen("localhost", 0, pair.server_config());
    EXPECT_TRUE(succeeded(listener));
    const std::uint16_t port = listener->lower().local()->port;
    l.spawn([](std::uint16_t to, config conf) -> asio::awaitable<void> {
      auto s = co_await stls::connect("localhost", to, conf, 30s);
      EXPECT_TRUE(succeeded(s));
      if (!s) co_return;
      EXPECT_EQ(s->info().servername, "localhost");
      EXPECT_NE(s->info().version, "");
      co_await greet(*s);
    }(port, pair.client_config()));
    auto accepted = co_await listener->accept();
    EXPECT_TRUE(succeeded(accepted));
    if (accepted) co_await be_greeted(*accepted);
  };
  l.spawn(body());
  l.run();
}

TEST_P(sock_connect_tls, over_a_unix_socket_takes_the_servers_name_from_the_caller) {
  const std::string host = unix_host();
  const auto body = [&]() -> asio::awaitable<void> {
    auto listener = co_await stls::listen(host, 0, pair.server_config());
    EXPECT_TRUE(succeeded(listener));
    l.spawn([](loop& in, std::string to, config conf) -> asio::awaitable<void> {
      tcp lower(in.executor());
      EXPECT_TRUE(succeeded(co_await lower.connect(to, 0)));
      auto s = client_stcp(std::move(lower), "localhost", conf);
      EXPECT_TRUE(succeeded(s));
      if (s) co_await greet(*s);
    }(l, host, pair.client_config()));
    auto accepted = co_await listener->accept();
    EXPECT_TRUE(succeeded(accepted));
    if (accepted) co_await be_greeted(*accepted);
  };
  l.spawn(body());
  l.run();
  ::unlink(host.c_str() + 5);
}

TEST_P(sock_connect_tls, under_another_name_works_until_the_first_byte) {
  pair.run(
      [&](stcp& s) -> asio::awaitable<void> {
        // The pair's own name is good; this one is not the certificate's, and replaces it.
        EXPECT_TRUE(succeeded(co_await s.connect("localhost")));
        EXPECT_EQ(s.info().servername, "localhost");
        EXPECT_TRUE(succeeded(co_await s.connect()));
        EXPECT_TRUE(succeeded(co_await s.connect("localhost")));
        EXPECT_TRUE(is_error(co_await s.connect("other.example"), errc::invalid_state,
                             "connect: the handshake has begun under another name"));
        co_await greet(s);
        EXPECT_TRUE(is_error(co_await s.connect(), errc::closed));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(is_error(co_await s.connect("localhost"), errc::invalid_state,
                             "connect: this is the server's end"));
        co_await be_greeted(s);
        EXPECT_EQ(s.info().servername, "localhost");
      });
  secure_pair other(GetParam());
  other.run(
      [&](stcp& s) -> asio::awaitable<void> {
        const auto refused = co_await s.connect("other.example");
        EXPECT_FALSE(refused) << "the certificate does not have that name";
        EXPECT_FALSE(co_await s.connect("localhost"));
      },
      [&](stcp& s) -> asio::awaitable<void> { EXPECT_FALSE(co_await s.handshake()); });
}

TEST_P(sock_connect_tls, a_client_that_cannot_be_is_refused_at_once) {
  tcp unconnected(l.executor());
  EXPECT_TRUE(is_error(client_stcp(tcp(), "localhost", pair.client_config()), errc::invalid_state));
  EXPECT_TRUE(is_error(client_stcp(std::move(unconnected), "localhost", pair.client_config()),
                       errc::invalid_state, "client_stcp: the socket is not connected"));
  run_tcp_pair(
      l, "127.0.0.1",
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(
            is_error(client_stcp(std::move(s), "not a name", pair.client_config()), errc::invalid_argument));
        EXPECT_TRUE(succeeded(co_await s.close()));  // it is still the program's
      },
      [&](tcp& s) -> asio::awaitable<void> {
        bytes one(1);
        EXPECT_EQ((co_await s.recv(one)).value_or(9), 0U);
      });
}

INSTANTIATE_TEST_SUITE_P(engines, sock_connect_tls, ::testing::ValuesIn(engine_cases()), case_name);

// STARTTLS: the socket was used before.
class sock_starttls : public ::testing::TestWithParam<engine_case> {};

TEST_P(sock_starttls, a_used_socket_becomes_a_client) {
  const config conf = made(GetParam().client_options());
  loop l;
  run_tcp_pair(
      l, "127.0.0.1",
      [&](tcp& plain) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await plain.send(to_bytes("STARTTLS\n"))));
        bytes go(3);
        EXPECT_TRUE(succeeded(co_await plain.recvn(go)));
        auto s = client_stcp(std::move(plain), "localhost", conf);
        EXPECT_TRUE(succeeded(s));
        if (s) co_await greet(*s);
      },
      [&](tcp& plain) -> asio::awaitable<void> {
        bytes word(9);
        EXPECT_TRUE(succeeded(co_await plain.recvn(word)));
        EXPECT_EQ(to_text(word), "STARTTLS\n");
        EXPECT_TRUE(succeeded(co_await plain.send(to_bytes("go\n"))));
        asio::ip::tcp::socket same(l.context(), asio::ip::tcp::v4(), ::dup(plain.native_handle()));
        EXPECT_TRUE(succeeded(co_await plain.close()));
        raw_options opt;
        opt.end = role::server;
        raw_end raw(std::move(same), opt);
        raw.steps().handshake().recv_end().close();
        co_await raw.play();
        EXPECT_TRUE(raw.steps().done()) << raw.steps().story();
        EXPECT_EQ(to_text(raw.steps().received), "hello");
      });
}

INSTANTIATE_TEST_SUITE_P(engines, sock_starttls, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
