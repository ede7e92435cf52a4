// tls_proxy puts TLS in front of a server that has none: what clients send is decrypted and carried to the
// target, what the target answers is carried back encrypted.
//
//   tls_proxy 127.0.0.1 4433 server.pem server.key 127.0.0.1 8080
//
// Each side may say all and still listen (half-close), where the TLS engine can do that. A connection that
// breaks on one side breaks on the other, so that nobody takes a part for the whole. SIGINT or SIGTERM ends
// it.
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/socket_base.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <span>
#include <stls/sock/sock.hpp>
#include <string>
#include <utility>

#include "port_number.hpp"
#include "serve.hpp"

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;  // with a side that takes nothing

// carry goes on until one side has said all, and has the other side told.
template <class From, class To>
stls::task<> carry(From& from, To& to) {
  std::array<std::byte, 16384> room;
  for (;;) {
    const auto n = co_await from.recv(room, stls::expires::never);
    if (!n) co_return tl::unexpected(n.error());
    if (*n == 0) co_return co_await to.shutdown(stls::direction::write, patience);
    if (auto sent = co_await to.send(std::span(room).first(*n), patience); !sent) co_return sent;
  }
}

// or_break ends the other direction where this one has failed.
template <class From, class To>
stls::task<> or_break(From& from, To& to) {
  auto done = co_await carry(from, to);
  if (!done) {
    from.cancel();
    to.cancel();
  }
  co_return done;
}

stls::task<> proxy(stls::stcp& client, const std::string& host, std::uint16_t port) {
  using namespace asio::experimental::awaitable_operators;
  if (auto done = co_await client.handshake(); !done) co_return done;
  stls::tcp target(client.get_executor());
  if (auto done = co_await target.connect(host, port, 10s); !done) co_return done;

  auto [there, back] = co_await (or_break(client, target) && or_break(target, client));
  if (there && back) co_return there;
  // BearSSL cannot send the end and go on receiving. All that the target had to say was said.
  if (!back && back.error() == stls::errc::unsupported) co_return stls::result<void>();
  // The target sees a reset, and the client no close_notify.
  static_cast<void>(target.set_option(asio::socket_base::linger(true, 0)));
  client = stls::stcp();
  co_return there ? back : there;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s HOST PORT CERT KEY TARGET_HOST TARGET_PORT\n", argv[0]);
    return 2;
  }
  try {
    const auto conf = stls::config::make({.cert = stls::pem::file(argv[3]), .key = stls::pem::file(argv[4])});
    const std::string host = argv[5];
    const std::uint16_t port = port_number(argv[6]);
    clients_server server("tls_proxy", [&](stls::stcp& s) { return proxy(s, host, port); });
    return server.run(argv[1], port_number(argv[2]), conf.value());
  } catch (const tl::bad_expected_access<stls::error>& e) {
    std::fprintf(stderr, "tls_proxy: %s\n", e.error().message.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tls_proxy: %s\n", e.what());
  }
  return 1;
}
