// require'sock_libtls': the second module of the library of require'sock', with which it shares a loop.
#include "lua/api.hpp"
#include "lua/sock/sock.hpp"

#include <stls/export.hpp>

extern "C" STLS_EXPORT int luaopen_sock_libtls(lua_State* L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "sock");
  lua_call(L, 1, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, stls::lua::sock_libtls_key);
  if (!lua_istable(L, -1)) return luaL_error(L, "the module 'sock' that was found is another than stls's");
  return 1;
}
