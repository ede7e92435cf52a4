// require'sock', and what require'sock_libtls' gives: one library, since they share a loop.
#include "lua/sock/sock.hpp"

#include "lua/api.hpp"
#include "lua/callbacks.hpp"
#include "lua/conf.hpp"
#include "lua/object.hpp"
#include "lua/sock/addresses.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/loop.hpp"
#include "lua/sock/sleep.hpp"
#include "lua/sock/stcp.hpp"
#include "lua/sock/tcp.hpp"
#include "lua/sock/thread.hpp"
#include "lua/sock/threads_lua.hpp"

#include <stls/export.hpp>

namespace stls::lua {

namespace {

void push_traceback(lua_State* L) {
  lua_getglobal(L, "debug");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "traceback");
    lua_remove(L, -2);
  }
}

// What is written in Lua gets the module, on top of the stack, and gives the method recvall_read.
void run_lua_part(lua_State* L) {
  if (luaL_loadbuffer(L, threads_lua, sizeof threads_lua - 1, "=(sock)") != 0) lua_error(L);
  lua_pushvalue(L, -2);
  lua_call(L, 1, 1);
  push_anchors(L, lua_upvalueindex(the_loop));
  lua_insert(L, -2);
  lua_rawseti(L, -2, recvall_read_method);
  lua_pop(L, 1);
}

// Makes both modules; its upvalues are those of all their functions.
int make_modules(lua_State* L) {
  lua_newtable(L);
  add_thread_functions(L);
  add_sleep_functions(L);
  add_reader_function(L);
  run_lua_part(L);
  add_address_functions(L);
  add_tcp_functions(L);
  lua_setfield(L, LUA_REGISTRYINDEX, sock_key);
  lua_newtable(L);
  add_conf_functions(L);
  add_stcp_functions(L);
  lua_setfield(L, LUA_REGISTRYINDEX, sock_libtls_key);
  return 0;
}

int open(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, sock_key);
  if (lua_istable(L, -1)) return 1;
  loop& in = object<loop>::push(L);
  guarded(L, [&] { in.open(); });
  push_anchors(L, -1);
  push_traceback(L);
  lua_rawseti(L, -2, traceback_function);
  lua_pop(L, 1);
  lua_newtable(L);  // the_waits
  lua_newtable(L);  // the_threads
  lua_newtable(L);
  set_field(L, "__mode", "v");
  lua_setmetatable(L, -2);
  static_assert(foreign == sock_upvalues);
  push_foreign(L);
  lua_pushcclosure(L, make_modules, sock_upvalues);
  lua_call(L, 0, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, sock_key);
  return 1;
}

}  // namespace

}  // namespace stls::lua

extern "C" STLS_EXPORT int luaopen_sock(lua_State* L) { return stls::lua::open(L); }
