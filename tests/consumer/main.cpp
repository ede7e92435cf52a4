// A program outside the tree: a verified exchange of a client and a server in memory. Argument: a folder of
// make_pki.
#include <stls/stls.hpp>

#include <array>
#include <iostream>
#include <string>
#include <string_view>

static void carry(stls::buffered& from, stls::buffered& to) {
  to.feed(from.output());
  from.drain(from.output().size());
}

int main(int, char** argv) try {
  const std::string pki = argv[1];
  const auto cert = stls::pem::file(pki + "/server.pem"), key = stls::pem::file(pki + "/server.key");
  const auto server_config = stls::config::make({.cert = cert, .key = key}).value();
  const auto client_config = stls::config::make({.ca = stls::pem::file(pki + "/ca.pem")}).value();

  stls::buffered near, far;
  auto server = stls::server::make(server_config).value().accept(stls::transport::from(far)).value();
  auto client =
      stls::client::make(client_config).value().connect("localhost", stls::transport::from(near)).value();

  const auto hello = std::as_bytes(std::span(std::string_view("hello")));
  for (int flights = 0; flights < 10 && client.send(hello).wants(); ++flights) {
    carry(near, far);
    static_cast<void>(server.handshake());
    carry(far, near);
  }
  carry(near, far);

  std::array<std::byte, 16> got{};
  const auto received = server.recv(got);
  std::cout << client.info().version << ' ' << client.last_error() << server.last_error() << '\n';
  return received.bytes == hello.size() ? 0 : 1;
} catch (const tl::bad_expected_access<stls::error>& e) {
  std::cerr << e.error() << '\n';
  return 1;
}
