// in_memory lets a client ask a server within one process, without any socket: stls moves bytes through
// whatever it is given, here through two buffers in memory.
//
//   in_memory ca.pem server.pem server.key
#include <array>
#include <cstdio>
#include <span>
#include <stls/stls.hpp>
#include <string_view>

namespace {

// carry moves what one end has written to the other end. This could as well be a queue, a pipe or a carrier
// pigeon.
void carry(stls::buffered& from, stls::buffered& to) {
  to.feed(from.output());
  from.drain(from.output().size());
}

int fail(const stls::error& e) {
  std::fprintf(stderr, "in_memory: %s\n", e.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s CA CERT KEY\n", argv[0]);
    return 2;
  }
  const auto conf = stls::config::make(
      {.ca = stls::pem::file(argv[1]), .cert = stls::pem::file(argv[2]), .key = stls::pem::file(argv[3])});
  if (!conf) return fail(conf.error());
  const auto client = stls::client::make(*conf);  // one config may serve both roles
  if (!client) return fail(client.error());
  const auto server = stls::server::make(*conf);
  if (!server) return fail(server.error());

  stls::buffered client_wire;
  stls::buffered server_wire;
  auto asking = client->connect("localhost", stls::transport::from(client_wire));
  if (!asking) return fail(asking.error());
  auto answering = server->accept(stls::transport::from(server_wire));
  if (!answering) return fail(answering.error());

  // The first send and the first recv do the handshake. Each wants what the other end has not written yet.
  const std::string_view question = "is anybody there?";
  std::array<char, 100> heard{};
  stls::io_result sent{0, stls::io_status::want_write};
  stls::io_result received{0, stls::io_status::want_read};
  while (sent.wants() || received.wants()) {
    if (sent.wants()) sent = asking->send(std::as_bytes(std::span(question)));
    if (sent.status == stls::io_status::error) return fail(asking->last_error());
    carry(client_wire, server_wire);
    received = answering->recv(std::as_writable_bytes(std::span(heard)));
    if (received.status == stls::io_status::error) return fail(answering->last_error());
    carry(server_wire, client_wire);
  }
  std::printf("%s heard over %s: %.*s\n", asking->info().peer.subject.c_str(), asking->info().version.c_str(),
              static_cast<int>(received.bytes), heard.data());
  return 0;
}
