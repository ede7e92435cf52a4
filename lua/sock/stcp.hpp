// stcp: TLS on sockets in Lua.
#pragma once

#include "lua/api.hpp"

namespace stls::lua {

// add_stcp_functions defines the classes, and adds the functions of sock_libtls to the table on top.
void add_stcp_functions(lua_State* L);

}  // namespace stls::lua
