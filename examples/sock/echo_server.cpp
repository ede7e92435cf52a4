// echo_server sends back what its clients send, over TLS, with coroutines:
//
//   echo_server 127.0.0.1 4433 server.pem server.key [SECONDS]
//
// A client that says nothing for SECONDS (default 60), or takes nothing of what it is sent for so long, is
// dropped. The host "*" is every address of this machine, port 0 any that is free. SIGINT or SIGTERM ends it.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <stls/sock/sock.hpp>

#include "port_number.hpp"
#include "serve.hpp"

namespace {

stls::task<> echo(stls::stcp& s, std::chrono::seconds patience) {
  s.settimeout(stls::direction::both, patience);
  std::array<std::byte, 16384> room;
  for (;;) {
    const auto n = co_await s.recv(room);  // the first one does the handshake
    if (!n) co_return tl::unexpected(n.error());
    if (*n == 0) co_return stls::result<void>();  // the client has said all
    if (auto sent = co_await s.send(std::span(room).first(*n)); !sent) co_return sent;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds patience(argc == 6 ? std::atoi(argv[5]) : 60);
  if (argc < 5 || argc > 6 || patience.count() <= 0) {
    std::fprintf(stderr, "usage: %s HOST PORT CERT KEY [SECONDS]\n", argv[0]);
    return 2;
  }
  try {
    const auto conf = stls::config::make({.cert = stls::pem::file(argv[3]), .key = stls::pem::file(argv[4])});
    clients_server server("echo_server", [patience](stls::stcp& s) { return echo(s, patience); });
    return server.run(argv[1], port_number(argv[2]), conf.value());
  } catch (const tl::bad_expected_access<stls::error>& e) {
    std::fprintf(stderr, "echo_server: %s\n", e.error().message.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "echo_server: %s\n", e.what());
  }
  return 1;
}
