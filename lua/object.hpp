// object: a C++ object inside a userdata, which Lua collects.
#pragma once

#include "lua/api.hpp"

#include <cstddef>
#include <initializer_list>
#include <new>
#include <type_traits>

namespace stls::lua {

// object<T> makes and finds them. T::name is the name of its class for Lua.
template <class T>
struct object {
  // Lua aligns its blocks for pointers and numbers.
  static_assert(alignof(T) <= alignof(double));

  // push makes one, with anchors that are empty, and leaves it on the stack. What may raise comes before it
  // lives.
  static T& push(lua_State* L) {
    void* room = lua_newuserdata(L, sizeof(T));
    lua_newtable(L);
    set_anchors(L, -2);
    push_class(L);
    T* made = nullptr;
    guarded(L, [&] { made = new (room) T; });
    lua_setmetatable(L, -2);
    return *made;
  }

  // check gives the one that is an argument.
  static T& check(lua_State* L, int at) { return *static_cast<T*>(luaL_checkudata(L, at, T::name)); }

  // find gives the one at an index, or a null pointer if something else is there.
  static T* find(lua_State* L, int at) {
    void* there = lua_touserdata(L, at);
    if (there == nullptr || lua_getmetatable(L, at) == 0) return nullptr;
    luaL_getmetatable(L, T::name);
    const bool same = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    return same ? static_cast<T*>(there) : nullptr;
  }

  // define makes a class that programs see. `free` is also what the end of a variable with <close> calls. The
  // methods share the upvalues that are on top of the stack; these are popped.
  static void define(lua_State* L, std::initializer_list<luaL_Reg> methods, lua_CFunction free,
                     lua_CFunction at_end = collect, int upvalues = 0) {
    static_assert(std::is_nothrow_default_constructible_v<T>);  // see collect
    push_class(L);
    lua_getfield(L, -1, "__index");
    const bool defined = lua_istable(L, -1);  // the module is loaded a second time
    lua_pop(L, 1);
    if (defined) return lua_pop(L, 1 + upvalues);
    lua_insert(L, -1 - upvalues);
    lua_newtable(L);
    lua_insert(L, -1 - upvalues);
    for (const luaL_Reg& method : methods) {
      for (int i = 0; i < upvalues; i++) lua_pushvalue(L, -upvalues);
      lua_pushcclosure(L, method.func, upvalues);
      lua_setfield(L, -2 - upvalues, method.name);
    }
    const luaL_Reg own[] = {{"__gc", at_end}, {"__close", free}, {"__tostring", describe}};
    for (const luaL_Reg& method : own) {
      for (int i = 0; i < upvalues; i++) lua_pushvalue(L, -upvalues);
      lua_pushcclosure(L, method.func, upvalues);
      lua_setfield(L, -3 - upvalues, method.name);
    }
    lua_pop(L, upvalues);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
  }

  // collect destroys the object, and leaves one that is empty: finalizers of Lua may still call what programs
  // see.
  static int collect(lua_State* L) {
    T* it = static_cast<T*>(lua_touserdata(L, 1));
    it->~T();
    if constexpr (std::is_nothrow_default_constructible_v<T>) new (it) T;
    return 0;
  }

 private:
  static int describe(lua_State* L) {
    lua_pushfstring(L, "%s: %p", T::name, static_cast<const void*>(&check(L, 1)));
    return 1;
  }

  // push_class gives the class; one that is not defined has nothing but a destructor. It is out of reach of
  // programs: whoever has __gc can call it twice, and with anything.
  static void push_class(lua_State* L) {
    if (luaL_newmetatable(L, T::name) == 0) return;
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
  }
};

// box holds a C++ value while it is turned into Lua's, so that no error of Lua leaks it.
template <class Value>
struct box {
  Value value{};
  static const char name[];
};

template <class Value>
Value& push_box(lua_State* L) {
  return object<box<Value>>::push(L).value;
}

}  // namespace stls::lua
