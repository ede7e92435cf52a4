#include "support/tls_link.hpp"

#include "support/expect.hpp"
#include "support/raw_link.hpp"

#include <stls/connection.hpp>

#include <gtest/gtest.h>

namespace stls::test {
namespace {

std::string alert_of(const error& e) {
  return e.alert < 0 ? std::string() : std::string(alert_name(e.alert));
}

}  // namespace

tls_link::tls_link(pace client_pace, pace server_pace, std::size_t capacity)
    : wire(capacity),
      client("client", transport::from(wire.client), client_pace, [this] { wire.client.close(); }),
      server("server", transport::from(wire.server), server_pace, [this] { wire.server.close(); }) {}

void tls_link::open(const config& client_conf, const config& server_conf, std::string_view servername) {
  begin(client, role::client, client_conf, servername);
  begin(server, role::server, server_conf);
}

void tls_link::open(const engine_case& c, std::string_view servername) {
  open(made(c.client_options()), made(c.server_options()), servername);
}

void tls_link::open_engine(const engine_case& c, role r, buffering how) {
  const auto conf = made(r == role::client ? c.client_options() : c.server_options());
  auto by = (r == role::client ? c.client : c.server)->compile(conf, r);
  ASSERT_TRUE(succeeded(by));
  end(r).adopt(r == role::client ? (*by)->new_client("localhost", how, {}) : (*by)->new_server(how), *by);
  const auto peer_role = r == role::client ? role::server : role::client;
  begin(other(r), peer_role, r == role::client ? c.server_options() : c.client_options());
}

void tls_link::establish(const engine_case& c) {
  open(c);
  actor a(client);
  actor b(server);
  a.handshake();
  b.handshake();
  play(a, b);
}

std::string meeting::client_alert() const { return alert_of(client); }
std::string meeting::server_alert() const { return alert_of(server); }

meeting meet(const config& client_conf, const config& server_conf, std::string_view servername) {
  meeting m;
  tls_link link;
  link.wire.client.tap();
  link.wire.server.tap();
  link.open(client_conf, server_conf, servername);
  if (!link.client.adopted() || !link.server.adopted()) return m;

  const auto greeting = to_bytes("hello");
  actor a(link.client);
  actor b(link.server);
  // The server greets first: a client that was refused after its handshake then reads the alert, and does not
  // first write on a wire that was hung up.
  a.handshake()
      .call("look", [&] { m.client_info = link.client.info(); })
      .recv(greeting.size())
      .send(greeting);
  b.handshake()
      .call("look", [&] { m.server_info = link.server.info(); })
      .send(greeting)
      .recv(greeting.size());
  EXPECT_EQ(drive(a, b), outcome::finished) << "client: " << a.story() << "; server: " << b.story();
  m.ok = a.done() && b.done() && a.received == greeting && b.received == greeting;
  m.client = a.failure;
  m.server = b.failure;
  if (!a.done()) m.client_at = a.at;
  if (!b.done()) m.server_at = b.at;
  m.client_sent = link.wire.client.sent();
  m.server_sent = link.wire.server.sent();
  return m;
}

bool resumes(const config& client, const config& server, std::span<const std::byte> session) {
  tls_link link;
  link.open(client, server);
  const auto handle = client::make(client);
  EXPECT_TRUE(succeeded(handle));
  if (!handle) return false;
  tls_end importing("importing", transport::from(link.wire.client));
  importing.adopt(handle->connect("localhost", importing.io(), session));
  EXPECT_TRUE(importing.adopted());
  actor a(importing);
  actor b(link.server);
  a.handshake();
  b.handshake();
  play(a, b);
  EXPECT_EQ(importing.info().resumed, link.server.info().resumed);
  return importing.info().resumed;
}

meeting meet(const options& client_opt, const options& server_opt, std::string_view servername) {
  return meet(made(client_opt), made(server_opt), servername);
}

}  // namespace stls::test
