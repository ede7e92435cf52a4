// handshake_event: what options::on_handshake receives.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/role.hpp>

#include <chrono>
#include <optional>
#include <string>

STLS_NAMESPACE_BEGIN

// handshake_event tells of one handshake that succeeded, failed, or was given up: the connection was closed
// or destroyed in the middle of it, which is errc::closed. A connection of which no byte was moved had no
// handshake, and no event, unless moving the first one failed.
//
// Under TLS 1.3 a client's handshake is done before the server has judged the client's certificate: a refusal
// is an error of its next recv, and no event.
struct handshake_event {
  stls::role role = stls::role::client;
  std::string servername;  // as in conn_info, also after a failure, if the handshake came that far
  // As in conn_info; empty after a failure.
  std::string version;
  std::string cipher;
  std::string group;
  std::string alpn;
  bool resumed = false;

  std::chrono::steady_clock::duration duration{};  // from the first byte that was moved, in either direction
  std::optional<stls::error> error{};              // why it failed; nothing: it succeeded
};

STLS_NAMESPACE_END
