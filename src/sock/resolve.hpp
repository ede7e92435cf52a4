// resolve: addresses of a name.
#pragma once

#include "sock/socket_body.hpp"

#include <asio/generic/stream_protocol.hpp>
#include <stls/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

STLS_NAMESPACE_BEGIN

using endpoint = asio::generic::stream_protocol::endpoint;

// What the addresses are for: to connect, or to listen, where "*" is every address of this machine.
enum class resolved_for : unsigned char { connecting, listening };

// resolve gives the addresses of a host in the order of the system's preference: an IP address, "unix:/path",
// or a name, which is looked up in a thread of Asio's. Those of another family than the socket's are left
// out, and none left is errc::not_found. It belongs to a verb in a lane, whose deadline and interruptions
// hold: what is still looked up then is forgotten.
[[nodiscard]] asio::awaitable<result<std::vector<endpoint>>> resolve(socket_body::ptr by, lane_name who,
                                                                     std::string_view verb, std::string host,
                                                                     std::uint16_t port, resolved_for use);

STLS_NAMESPACE_END
