// The C API under test: contexts over a wire in memory, or over sockets.
#pragma once

#include "support/memory_pair.hpp"

#include <tls.h>
#include <stls/engine.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace capi {

struct deleter {
  void operator()(tls* p) const { tls_free(p); }
  void operator()(tls_config* p) const { tls_config_free(p); }
};
using context = std::unique_ptr<tls, deleter>;
using config = std::unique_ptr<tls_config, deleter>;

// text is a C string, where a null pointer is "(none)".
std::string text(const char*);

// engine is what the engine can do that configs have by default: $STLS_ENGINE, or the first built.
const stls::capabilities& engine();

// Configs that trust ca.pem, and that have a certificate.
config client_config();
config server_config(std::string_view pair = "server");

// Contexts with these configs; the test fails if they cannot be configured.
context client(const config&);
context server(const config&);

// Callbacks over an end of a wire, which is their argument.
ssize_t read_end(tls*, void*, std::size_t, void* end);
ssize_t write_end(tls*, const void*, std::size_t, void* end);

// link is a client and a server's connection, both over one wire.
struct link {
  // open makes them with these configs; nothing is sent.
  void open(const config& of_client, const config& of_server, const char* servername = "localhost");
  void open(context client, const config& of_server, const char* servername = "localhost");
  // shake does both handshakes; false: one of them failed.
  bool shake();
  // send moves text from one context to the other, and gives what arrived.
  std::string send(std::string_view, tls* from, tls* to);
  // greet sends a word in each direction; false: one of them did not arrive.
  bool greet();
  // refusal is what the client, or the server, says of a handshake that fails.
  std::string client_refusal();
  std::string server_refusal();

  stls::test::memory_pair wire;
  context listener;
  context client;
  context server;
};

}  // namespace capi
