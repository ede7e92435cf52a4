// look_up: the addresses of a name.
#pragma once

#include <asio/io_context.hpp>
#include <stls/sock/address.hpp>
#include <stls/sock/task.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stls::lua {

// look_up gives the addresses of a host that are of a family, or of any (AF_UNSPEC), in the order of the
// system's preference. It does not stop the loop. The host may be "unix:/path", which is itself.
[[nodiscard]] task<std::vector<address>> look_up(asio::io_context&, std::string host, std::uint16_t port,
                                                 int family);

}  // namespace stls::lua
