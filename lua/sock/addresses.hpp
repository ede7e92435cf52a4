// addresses: what sock.addr gives.
#pragma once

#include "lua/api.hpp"

#include <stls/sock/address.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stls::lua {

// addresses stands for a host and a port.
struct addresses {
  static constexpr char name[] = "sock.addresses";

  std::string host{};
  std::uint16_t port = 0;
  std::vector<address> found{};
};

// place is where a verb is told to go: a name that is still to be looked up, or addresses.
struct place {
  std::string host;
  std::uint16_t port = 0;
  std::vector<address> found;
};

// place_at reads it from the arguments: host and port, or one value of sock.addr. It is pushed, as a box.
// `next` becomes the index of the argument behind.
place& place_at(lua_State* L, int at, int& next);

// Which family an address is of: AF_INET, AF_INET6, AF_UNIX.
[[nodiscard]] int family_of(const address&) noexcept;

// family_at is one that is an argument; none is any.
[[nodiscard]] int family_at(lua_State* L, int at);

// add_address_functions adds `addr` to the module, the table on top.
void add_address_functions(lua_State* L);

}  // namespace stls::lua
