// require'libtls'
#include "lua/api.hpp"
#include "lua/conf.hpp"
#include "lua/cts.hpp"
#include "lua/sts.hpp"

#include <stls/export.hpp>

extern "C" STLS_EXPORT int luaopen_libtls(lua_State* L) {
  stls::lua::define_cts(L);
  stls::lua::define_sts(L);
  lua_newtable(L);
  stls::lua::add_conf_functions(L);
  lua_pushcfunction(L, stls::lua::new_client);
  lua_setfield(L, -2, "client");
  lua_pushcfunction(L, stls::lua::new_server);
  lua_setfield(L, -2, "server");
  return 1;
}
