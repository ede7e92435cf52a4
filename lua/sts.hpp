// sts: a server in Lua.
#pragma once

#include "lua/api.hpp"

namespace stls::lua {

// define_sts makes the class.
void define_sts(lua_State* L);

// new_server is tls.server(conf).
int new_server(lua_State* L);

}  // namespace stls::lua
