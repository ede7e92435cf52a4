// tls_link: a client and a server of stls at the two ends of a wire in memory.
#pragma once

#include "support/actor.hpp"
#include "support/engine_case.hpp"
#include "support/memory_pair.hpp"
#include "support/tls_end.hpp"

#include <stls/conn_info.hpp>
#include <stls/error.hpp>
#include <stls/options.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace stls::test {

struct tls_link {
  explicit tls_link(pace client_pace = pace::plain, pace server_pace = pace::plain,
                    std::size_t capacity = std::size_t{64} << 10);

  // open makes both connections; nothing is sent.
  void open(const config& client_conf, const config& server_conf, std::string_view servername = "localhost");
  void open(const engine_case&, std::string_view servername = "localhost");
  // open_engine makes the end of that role an engine by itself, below the connection; open makes the other
  // one.
  void open_engine(const engine_case&, role, buffering);
  // establish opens, and does the handshake.
  void establish(const engine_case&);

  [[nodiscard]] tls_end& end(role r) noexcept { return r == role::client ? client : server; }
  [[nodiscard]] tls_end& other(role r) noexcept { return r == role::client ? server : client; }
  [[nodiscard]] pipe_end& wire_of(role r) noexcept { return r == role::client ? wire.client : wire.server; }

  memory_pair wire;
  tls_end client;
  tls_end server;
};

// meeting is what came of a handshake and a greeting in each direction. Under TLS 1.3 a client learns only
// after its handshake that the server refused its certificate; the greeting brings that to light.
struct meeting {
  bool ok = false;  // both greeted
  error client;     // zero code: none
  error server;
  std::string client_at;  // the step where each stopped: "handshake", "recv of 5"
  std::string server_at;
  conn_info client_info;  // after the handshake
  conn_info server_info;
  bytes client_sent;  // all that went over the wire
  bytes server_sent;

  // The alert that each received or sent, by name; "" is none.
  [[nodiscard]] std::string client_alert() const;
  [[nodiscard]] std::string server_alert() const;
};

meeting meet(const options& client, const options& server, std::string_view servername = "localhost");
meeting meet(const config& client, const config& server, std::string_view servername = "localhost");

// resumes says whether a client that brings this session resumes it. Both ends must agree.
[[nodiscard]] bool resumes(const config& client, const config& server, std::span<const std::byte> session);

}  // namespace stls::test
