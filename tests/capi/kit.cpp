#include "capi/kit.hpp"

#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>

namespace capi {

using stls::io_result;
using stls::io_status;
using stls::test::pipe_end;

namespace {

ssize_t moved(io_result r) {
  switch (r.status) {
    case io_status::ok:
      return static_cast<ssize_t>(r.bytes);
    case io_status::eof:
      return 0;
    case io_status::want_read:
      return TLS_WANT_POLLIN;
    case io_status::want_write:
      return TLS_WANT_POLLOUT;
    case io_status::error:
      break;
  }
  return -1;
}

bool wants(ssize_t n) { return n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT; }

constexpr int patience = 10000;  // rounds; a handshake takes a few

}  // namespace

std::string text(const char* pointer) { return pointer == nullptr ? "(none)" : pointer; }

const stls::capabilities& engine() {
  const char* wish = std::getenv("STLS_ENGINE");
  const stls::provider* named = wish == nullptr ? nullptr : stls::find_provider(wish);
  return (named == nullptr ? stls::providers().front() : named)->capabilities();
}

config client_config() {
  config made(tls_config_new());
  EXPECT_EQ(tls_config_set_ca_file(made.get(), stls::test::pki::path("ca.pem").c_str()), 0)
      << text(tls_config_error(made.get()));
  return made;
}

config server_config(std::string_view pair) {
  config made(tls_config_new());
  const std::string name(pair);
  EXPECT_EQ(tls_config_set_keypair_file(made.get(), stls::test::pki::path(name + ".pem").c_str(),
                                        stls::test::pki::path(name + ".key").c_str()),
            0)
      << text(tls_config_error(made.get()));
  return made;
}

context client(const config& of) {
  context made(tls_client());
  EXPECT_EQ(tls_configure(made.get(), of.get()), 0) << text(tls_error(made.get()));
  return made;
}

context server(const config& of) {
  context made(tls_server());
  EXPECT_EQ(tls_configure(made.get(), of.get()), 0) << text(tls_error(made.get()));
  return made;
}

ssize_t read_end(tls* /*ctx*/, void* buf, std::size_t len, void* end) {
  return moved(static_cast<pipe_end*>(end)->read({static_cast<std::byte*>(buf), len}));
}

ssize_t write_end(tls* /*ctx*/, const void* buf, std::size_t len, void* end) {
  return moved(static_cast<pipe_end*>(end)->write({static_cast<const std::byte*>(buf), len}));
}

void link::open(const config& of_client, const config& of_server, const char* servername) {
  open(capi::client(of_client), of_server, servername);
}

void link::open(context of_client, const config& of_server, const char* servername) {
  client = std::move(of_client);
  listener = capi::server(of_server);
  ASSERT_EQ(tls_connect_cbs(client.get(), read_end, write_end, &wire.client, servername), 0)
      << text(tls_error(client.get()));
  tls* accepted = nullptr;
  ASSERT_EQ(tls_accept_cbs(listener.get(), &accepted, read_end, write_end, &wire.server), 0)
      << text(tls_error(listener.get()));
  server.reset(accepted);
}

bool link::shake() {
  int here = TLS_WANT_POLLIN;
  int there = TLS_WANT_POLLIN;
  for (int i = 0; i < patience && (wants(here) || wants(there)); ++i) {
    // Who has failed leaves: the other one sees the end of the wire.
    if (wants(here) && (here = tls_handshake(client.get())) == -1) wire.client.finish();
    if (wants(there) && (there = tls_handshake(server.get())) == -1) wire.server.finish();
  }
  return here == 0 && there == 0;
}

std::string link::send(std::string_view words, tls* from, tls* to) {
  std::string got;
  std::array<char, 4096> room{};
  std::size_t sent = 0;
  for (int i = 0; i < patience && got.size() < words.size(); ++i) {
    if (sent < words.size()) {
      const ssize_t n = tls_write(from, words.data() + sent, words.size() - sent);
      if (n == -1) return "write: " + text(tls_error(from));
      if (n > 0) sent += static_cast<std::size_t>(n);
    }
    const ssize_t n = tls_read(to, room.data(), room.size());
    if (n == -1) return "read: " + text(tls_error(to));
    if (n == 0) return got + "(end)";
    if (n > 0) got.append(room.data(), static_cast<std::size_t>(n));
  }
  return got;
}

bool link::greet() {
  return send("to the server", client.get(), server.get()) == "to the server" &&
         send("to the client", server.get(), client.get()) == "to the client";
}

std::string link::client_refusal() {
  EXPECT_FALSE(shake());
  return text(tls_error(client.get()));
}

std::string link::server_refusal() {
  EXPECT_FALSE(shake());
  return text(tls_error(server.get()));
}

}  // namespace capi
