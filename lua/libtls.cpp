// require'libtls'
#include "lua/api.hpp"
#include "lua/conf.hpp"
#include "lua/cts.hpp"
#include "lua/sts.hpp"

#include <stls/engine.hpp>
#include <stls/export.hpp>

namespace {

int config(lua_State* L) {
  lua_settop(L, 1);
  return stls::lua::to_conf(L, 1) == nullptr ? 3 : 1;
}

// engines() gives the names of what was built in, the default first.
int engines(lua_State* L) {
  lua_newtable(L);
  int n = 0;
  for (const stls::provider* one : stls::providers()) {
    stls::lua::push(L, one->name());
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

}  // namespace

extern "C" STLS_EXPORT int luaopen_libtls(lua_State* L) {
  stls::lua::define_conf(L);
  stls::lua::define_cts(L);
  stls::lua::define_sts(L);
  lua_newtable(L);
  const luaL_Reg functions[] = {{"config", config},
                                {"client", stls::lua::new_client},
                                {"server", stls::lua::new_server},
                                {"engines", engines}};
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
  stls::lua::set_field(L, "version", STLS_VERSION_STRING);
  return 1;
}
