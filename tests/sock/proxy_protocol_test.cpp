// Servers behind a proxy that says for whom it speaks, before anything else.
#include "sock/kit/loop.hpp"
#include "sock/kit/proxy_words.hpp"
#include "support/bytes.hpp"
#include "support/engine_case.hpp"
#include "support/expect.hpp"

#include <stls/sock/sock.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// How a header gets to the server.
enum class arrival : std::uint8_t { alone, with_the_client_hello, byte_by_byte };

asio::awaitable<void> send_header(tcp& s, const bytes& header, arrival how) {
  if (how == arrival::alone) {
    EXPECT_TRUE(succeeded(co_await s.send(header)));
    for (int i = 0; i < 10; ++i) co_await later();
  } else if (how == arrival::with_the_client_hello) {
    // It stays in the system until more is sent.
    EXPECT_EQ(::send(s.native_handle(), header.data(), header.size(), MSG_MORE),
              static_cast<ssize_t>(header.size()));
  } else {
    for (const std::byte& one : header) {
      EXPECT_TRUE(succeeded(co_await s.send(std::span(&one, 1))));
      for (int i = 0; i < 10; ++i) co_await later();
    }
  }
}

class sock_proxy_protocol : public ::testing::TestWithParam<engine_case> {
 protected:
  using server_task = std::function<asio::awaitable<void>(stcp&)>;
  using client_task = std::function<asio::awaitable<void>(tcp&)>;

  // A connection from 127.0.0.1, which must begin with a header if it is from there. Null: nobody must.
  void run(const client_task& client, const server_task& server, const char* from = "127.0.0.0/8") {
    const auto connect = [&](std::uint16_t port) -> asio::awaitable<void> {
      tcp s(loop_.executor());
      EXPECT_TRUE(succeeded(co_await s.connect("127.0.0.1", port)));
      co_await client(s);
    };
    const auto serve = [&]() -> asio::awaitable<void> {
      if (from != nullptr)
        by.proxy_protocol_from = {network::parse("2001:db8::/32").value(), network::parse(from).value()};
      auto listener = co_await stls::listen(host, 0, server_config, by);
      EXPECT_TRUE(succeeded(listener));
      if (!listener) co_return;
      loop_.spawn(connect(listener->local()->port));
      auto s = co_await listener->accept();
      EXPECT_TRUE(succeeded(s));
      if (s) co_await server(*s);
    };
    loop_.spawn(serve());
    loop_.run();
  }

  // greets sends a header, then does what a client does.
  client_task greets(bytes header, arrival how = arrival::alone) {
    return [this, header = std::move(header), how](tcp& lower) -> asio::awaitable<void> {
      co_await send_header(lower, header, how);
      auto s = client_stcp(std::move(lower), "localhost", client_config);
      EXPECT_TRUE(succeeded(s));
      if (!s) co_return;
      EXPECT_TRUE(succeeded(co_await s->send(to_bytes("hello"))));
      bytes got(5);
      EXPECT_TRUE(succeeded(co_await s->recvn(got)));
      EXPECT_EQ(to_text(got), "world");
      EXPECT_TRUE(succeeded(co_await s->close()));
    };
  }
  // serves answers it, and says who it was.
  static server_task serves(std::string& remote) {
    return [&remote](stcp& s) -> asio::awaitable<void> {
      const std::string socket = s.lower().remote().value().text();
      EXPECT_EQ(s.remote().value().text(), socket) << "nothing was read yet";
      EXPECT_TRUE(socket.starts_with("127.0.0.1:")) << socket;
      bytes got(5);
      EXPECT_TRUE(succeeded(co_await s.recvn(got)));
      EXPECT_EQ(to_text(got), "hello");
      remote = s.remote().value().text();
      if (remote == socket) remote = "the socket's";
      EXPECT_EQ(s.lower().remote().value().text(), socket);
      EXPECT_TRUE(succeeded(co_await s.send(to_bytes("world"))));
      bytes none;
      EXPECT_TRUE(succeeded(co_await s.recvall(none, 1)));
      EXPECT_TRUE(succeeded(co_await s.close()));
    };
  }
  // says sends bytes, and expects that the server says nothing before the end.
  static client_task says(bytes words) {
    return [words = std::move(words)](tcp& s) -> asio::awaitable<void> {
      EXPECT_TRUE(succeeded(co_await s.send(words)));
      bytes got(1);
      const auto n = co_await s.recv(got);
      if (n) {
        EXPECT_EQ(*n, 0U);
      } else {
        EXPECT_TRUE(is_error(n, make_error_code(std::errc::connection_reset)));
      }
    };
  }
  // refuses expects that error, of each verb, and then closes.
  static server_task refuses(std::error_code code, std::string sentence) {
    return [code, sentence = std::move(sentence)](stcp& s) -> asio::awaitable<void> {
      bytes got(1);
      EXPECT_TRUE(is_error(co_await s.recv(got), code, sentence));
      EXPECT_TRUE(is_error(co_await s.send(got), code, sentence));
      EXPECT_TRUE(is_error(co_await s.handshake(), code, sentence));
      EXPECT_TRUE(s.remote().value().text().starts_with("127.0.0.1:"));
      EXPECT_TRUE(succeeded(co_await s.close()));
    };
  }

  const config server_config = made(GetParam().server_options());
  const config client_config = made(GetParam().client_options());
  server_options by;
  std::string host = "127.0.0.1";
  loop loop_;
};

TEST_P(sock_proxy_protocol, names_the_client_however_its_header_comes) {
  for (const auto& [header, name] : {std::pair(to_bytes(ipv4_line), "192.0.2.1:56324"),
                                     std::pair(to_bytes(ipv6_line), "[2001:db8::1]:56324"),
                                     std::pair(block(0x21, 0x11, ipv4_ends()), "192.0.2.1:56324"),
                                     std::pair(block(0x21, 0x21, ipv6_ends()), "[2001:db8::1]:56324")}) {
    for (const arrival how : {arrival::alone, arrival::with_the_client_hello, arrival::byte_by_byte}) {
      std::string remote;
      run(greets(header, how), serves(remote));
      EXPECT_EQ(remote, name);
    }
  }
}

TEST_P(sock_proxy_protocol, leaves_the_sockets_address_where_no_client_is_named) {
  for (const bytes& header : {to_bytes("PROXY UNKNOWN\r\n"), block(0x20, 0x00, {}), block(0x21, 0x00, {}),
                              block(0x21, 0x31, bytes(216))}) {
    for (const arrival how : {arrival::alone, arrival::with_the_client_hello, arrival::byte_by_byte}) {
      std::string remote;
      run(greets(header, how), serves(remote));
      EXPECT_EQ(remote, "the socket's");
    }
  }
}

TEST_P(sock_proxy_protocol, may_carry_as_much_as_4096_bytes) {
  bytes padding = from_hex("04 0fe1");
  padding.resize(4096 - 28);
  for (const arrival how : {arrival::alone, arrival::with_the_client_hello}) {
    std::string remote;
    run(greets(block(0x21, 0x11, joined({ipv4_ends(), padding})), how), serves(remote));
    EXPECT_EQ(remote, "192.0.2.1:56324");
  }
}

TEST_P(sock_proxy_protocol, is_expected_of_an_ipv4_peer_at_a_listener_of_both_families) {
  host = "*";
  std::string remote;
  run(greets(to_bytes(ipv4_line)), serves(remote));
  EXPECT_EQ(remote, "192.0.2.1:56324");
}

TEST_P(sock_proxy_protocol, is_off_by_default_and_is_not_read_from_elsewhere) {
  for (const char* from : {static_cast<const char*>(nullptr), "10.0.0.0/8"}) {
    std::string remote;
    run(greets({}), serves(remote), from);
    EXPECT_EQ(remote, "the socket's");
    for (const bytes& header : {to_bytes(ipv4_line), block(0x21, 0x11, ipv4_ends())}) {
      run(
          [&](tcp& s) -> asio::awaitable<void> {
            EXPECT_TRUE(succeeded(co_await s.send(header)));
            bytes answer;
            static_cast<void>(co_await s.recvall(answer, 1000));
          },
          [](stcp& s) -> asio::awaitable<void> {
            EXPECT_TRUE(is_error(co_await s.handshake(), errc::protocol));
            EXPECT_TRUE(s.remote().value().text().starts_with("127.0.0.1:"));
            EXPECT_TRUE(succeeded(co_await s.close()));
          },
          from);
    }
  }
}

TEST_P(sock_proxy_protocol, whose_header_is_missing_or_bad_fails_and_is_answered_with_nothing) {
  run(says(from_hex("1603010005010000010303")),
      refuses(errc::protocol, "handshake failed: PROXY header: none came, but '\\x16'"));
  run(says(to_bytes("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n")),
      refuses(errc::protocol, "handshake failed: PROXY header: a line end that is not CRLF"));
  run(says(block(0x21, 0x11, from_hex("c0000201"))),
      refuses(errc::protocol, "handshake failed: PROXY header: 20 bytes have no room for addresses"));
  run(says(block(0x21, 0x00, bytes(5000))),
      refuses(errc::protocol, "handshake failed: PROXY header: 5016 bytes are too many; at most 4096"));
  // Of what follows nothing is taken for a header.
  run(says(joined({to_bytes("PROXY\r\n"), to_bytes(ipv4_line)})),
      refuses(errc::protocol, "handshake failed: PROXY header: none came, but 'PROXY\\x0D'"));
}

TEST_P(sock_proxy_protocol, is_one_header_and_not_two) {
  const bytes two = joined({to_bytes(ipv4_line), to_bytes(ipv6_line)});
  run(
      [&](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(two)));
        bytes answer;
        static_cast<void>(co_await s.recvall(answer, 1000));
      },
      [](stcp& s) -> asio::awaitable<void> {
        const auto done = co_await s.handshake();
        EXPECT_TRUE(is_error(done, errc::protocol));
        EXPECT_EQ(done ? "" : done.error().message.substr(0, 16), "handshake failed");
        EXPECT_EQ(s.remote().value().text(), "192.0.2.1:56324");
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_proxy_protocol, that_ends_or_breaks_in_its_header_says_so) {
  for (const std::size_t come : {0, 1, 15}) {
    run(
        [&](tcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.send(to_bytes(ipv4_line.substr(0, come)))));
          EXPECT_TRUE(succeeded(co_await s.shutdown(direction::write)));
          bytes answer;
          EXPECT_TRUE(succeeded(co_await s.recvall(answer, 1000)));
          EXPECT_EQ(to_text(answer), "");
        },
        refuses(errc::truncated,
                "handshake failed: PROXY header: connection ended after " + std::to_string(come) + " bytes"));
  }
  run(
      [](tcp& s) -> asio::awaitable<void> {
        EXPECT_TRUE(succeeded(co_await s.send(to_bytes("PROXY TCP4 "))));
        for (int i = 0; i < 10; ++i) co_await later();
        EXPECT_TRUE(succeeded(s.set_option(asio::socket_base::linger(true, 0))));
        EXPECT_TRUE(succeeded(co_await s.close()));
      },
      [](stcp& s) -> asio::awaitable<void> {
        const auto reset = make_error_code(std::errc::connection_reset);
        const std::string_view sentence = "handshake failed: PROXY header: Connection reset by peer";
        EXPECT_TRUE(is_error(co_await s.handshake(), reset, sentence));
        EXPECT_TRUE(is_error(co_await s.handshake(), reset, sentence));
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_proxy_protocol, whose_header_does_not_come_costs_its_own_time_alone) {
  by.handshake_timeout = 5ms;
  for (const std::string_view some : {"", "PROXY TCP4 "}) {
    run(
        [&](tcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(succeeded(co_await s.send(to_bytes(some))));
          bytes answer;
          static_cast<void>(co_await s.recvall(answer, 1000));
          EXPECT_EQ(to_text(answer), "");
        },
        [](stcp& s) -> asio::awaitable<void> {
          EXPECT_TRUE(is_error(co_await s.handshake(), errc::timed_out, "handshake failed: timed out"));
          EXPECT_EQ(s.lower().native_handle(), -1);
        });
  }
}

TEST_P(sock_proxy_protocol, is_waited_for_until_a_verbs_deadline_and_by_the_next_verb_again) {
  int times_up = 0;
  run(
      [&](tcp& lower) -> asio::awaitable<void> {
        const bytes header = to_bytes(ipv4_line);
        EXPECT_TRUE(succeeded(co_await lower.send(std::span(header).first(20))));
        while (times_up < 2) co_await later();
        EXPECT_TRUE(succeeded(co_await lower.send(std::span(header).subspan(20))));
        auto s = client_stcp(std::move(lower), "localhost", client_config);
        EXPECT_TRUE(succeeded(co_await s->handshake()));
        EXPECT_TRUE(succeeded(co_await s->close()));
      },
      [&](stcp& s) -> asio::awaitable<void> {
        bytes got(1);
        EXPECT_TRUE(is_error(co_await s.recv(got, 1ms), errc::timed_out, "recv: timed out"));
        ++times_up;
        EXPECT_TRUE(is_error(co_await s.handshake(1ms), errc::timed_out, "handshake: timed out"));
        ++times_up;
        EXPECT_TRUE(succeeded(co_await s.handshake()));
        EXPECT_EQ(s.remote().value().text(), "192.0.2.1:56324");
        EXPECT_EQ((co_await s.recv(got)).value_or(9), 0U);
        EXPECT_TRUE(succeeded(co_await s.close()));
      });
}

TEST_P(sock_proxy_protocol, whose_header_does_not_come_stalls_nobody_else) {
  const auto body = [&]() -> asio::awaitable<void> {
    by.proxy_protocol_from = {network::parse("127.0.0.1").value()};
    auto listener = co_await stls::listen("127.0.0.1", 0, server_config, by);
    EXPECT_TRUE(succeeded(listener));
    if (!listener) co_return;
    const std::uint16_t port = listener->local()->port;
    tcp silent(loop_.executor());
    EXPECT_TRUE(succeeded(co_await silent.connect("127.0.0.1", port)));
    auto first = co_await listener->accept();
    EXPECT_TRUE(succeeded(first));
    if (!first) co_return;
    int over = 0;
    loop_.spawn([](stcp& s, int& ended) -> asio::awaitable<void> {
      EXPECT_TRUE(is_error(co_await s.handshake(), errc::closed));
      ++ended;
    }(*first, over));
    const auto client = [&]() -> asio::awaitable<void> {
      tcp lower(loop_.executor());
      EXPECT_TRUE(succeeded(co_await lower.connect("127.0.0.1", port)));
      const client_task talk = greets(to_bytes(ipv4_line));
      co_await talk(lower);
    };
    loop_.spawn(client());
    auto second = co_await listener->accept();
    EXPECT_TRUE(succeeded(second));
    std::string remote;
    const server_task answer = serves(remote);
    if (second) co_await answer(*second);
    EXPECT_EQ(remote, "192.0.2.1:56324");
    EXPECT_EQ(over, 0);
    EXPECT_TRUE(succeeded(co_await first->close()));
    while (over == 0) co_await later();
  };
  loop_.spawn(body());
  loop_.run();
}

INSTANTIATE_TEST_SUITE_P(engines, sock_proxy_protocol, ::testing::ValuesIn(engine_cases()), case_name);

}  // namespace
}  // namespace stls::test
