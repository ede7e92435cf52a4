// tcp: plain sockets in Lua.
#pragma once

#include "lua/api.hpp"

namespace stls::lua {

// add_tcp_functions defines the class, and adds `tcp` to the module, the table on top.
void add_tcp_functions(lua_State* L);

}  // namespace stls::lua
