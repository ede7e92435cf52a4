// sleep: threads that wait for a time.
#pragma once

#include "lua/api.hpp"

namespace stls::lua {

// add_sleep_functions adds those to the module, the table on top.
void add_sleep_functions(lua_State* L);

}  // namespace stls::lua
