// The TCP connections of tls_connect: the one place where the library opens a socket, and waits.
#pragma once

#include "capi/owned_socket.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <string>

STLS_NAMESPACE_BEGIN

namespace capi {

struct address {
  std::string host;
  std::string port;  // a number or the name of a service
};

// parse_address takes the port from behind the host, "host:port" or "[::1]:port", where it is not given.
[[nodiscard]] result<address> parse_address(const char* host, const char* port);

// dial connects to the first address of the host that can be reached.
[[nodiscard]] result<owned_socket> dial(const address&);

}  // namespace capi

STLS_NAMESPACE_END
