// Lua's C API, and what its versions call differently: 5.1 (also LuaJIT's), 5.3 and 5.4.
//
// An error of Lua jumps over C++ frames without running their destructors. So each function that Lua calls
// has three parts: arguments, where nothing with a destructor lives; the work, in guarded(), where nothing of
// Lua is called that could raise; results, as the arguments. What must outlive a part belongs to a userdata.
#pragma once

#include <lua.hpp>

#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#if LUA_VERSION_NUM == 502
#error "libtls is for LuaJIT and Lua 5.1, 5.3 and 5.4"
#endif

#if LUA_VERSION_NUM == 501 && defined(__ELF__)
// LuaJIT has it and Lua 5.1 does not, where it is a null pointer: one module is for both.
extern "C" __attribute__((weak)) int lua_isyieldable(lua_State*);
#endif

namespace stls::lua {

inline constexpr int type_cdata = 10;  // what LuaJIT's FFI makes; its headers keep the number to themselves

// guarded does work in C++: what it throws becomes an error of Lua, behind the last destructor.
template <class Work>
void guarded(lua_State* L, Work&& work) {
  static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Work>>);
  const char* thrown = nullptr;
  try {
    std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    thrown = "not enough memory";
  } catch (...) {
    thrown = "internal error";
  }
  if (thrown != nullptr) luaL_error(L, "%s", thrown);
}

// may_yield: can this coroutine yield here? Lua 5.1 does not tell, and finds out.
inline bool may_yield([[maybe_unused]] lua_State* L) {
#if LUA_VERSION_NUM >= 503
  return lua_isyieldable(L) != 0;
#elif defined(__ELF__)
  return lua_isyieldable == nullptr || lua_isyieldable(L) != 0;
#else
  return true;
#endif
}

// A userdata's anchors are a table that keeps alive what the userdata uses. set_anchors pops the table.
inline void set_anchors(lua_State* L, int userdata) {
#if LUA_VERSION_NUM >= 503
  lua_setuservalue(L, userdata);
#else
  lua_setfenv(L, userdata);
#endif
}

inline void push_anchors(lua_State* L, int userdata) {
#if LUA_VERSION_NUM >= 503
  lua_getuservalue(L, userdata);
#else
  lua_getfenv(L, userdata);
#endif
}

inline int absolute(lua_State* L, int at) {
  return at < 0 && at > LUA_REGISTRYINDEX ? lua_gettop(L) + at + 1 : at;
}

inline std::size_t length(lua_State* L, int at) {
#if LUA_VERSION_NUM >= 502
  return static_cast<std::size_t>(lua_rawlen(L, at));
#else
  return lua_objlen(L, at);
#endif
}

inline void push(lua_State* L, std::string_view s) { lua_pushlstring(L, s.data(), s.size()); }

// string_at gives the string at an index, which must hold one. It is good as long as the string is there.
inline std::string_view string_at(lua_State* L, int at) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, at, &size);
  return {text, size};
}

// set_field sets a string in the table on top.
inline void set_field(lua_State* L, const char* name, std::string_view value) {
  push(L, value);
  lua_setfield(L, -2, name);
}

// type_error complains of an argument; it does not return.
inline int type_error(lua_State* L, int at, const char* wanted) {
  const char* sentence = lua_pushfstring(L, "%s expected, got %s", wanted, luaL_typename(L, at));
  return luaL_argerror(L, at, sentence);
}

}  // namespace stls::lua
