// address: one end of a connection, as people read it.
#pragma once

#include <stls/export.hpp>

#include <cstdint>
#include <string>

STLS_NAMESPACE_BEGIN

// address is an IP address and a port, or the path of a Unix-domain socket.
struct address {
  address() noexcept = default;

  std::string host;        // "192.0.2.1", "2001:db8::1", or "unix:/path"; "unix:" if the socket has no path
  std::uint16_t port = 0;  // 0 for a Unix-domain socket

  // text is "192.0.2.1:443", "[2001:db8::1]:443" or "unix:/path".
  [[nodiscard]] STLS_EXPORT std::string text() const;
  friend bool operator==(const address&, const address&) = default;
};

STLS_NAMESPACE_END
