// require'heap': how many bytes of C's heap are in use. LuaJIT keeps its own objects elsewhere.
#include <lua.hpp>

#include <malloc.h>

#include <cstddef>

extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace {

int used(lua_State* L) {
  const std::size_t bytes = __sanitizer_get_current_allocated_bytes != nullptr
                                ? __sanitizer_get_current_allocated_bytes()
                                : mallinfo2().uordblks;
  lua_pushnumber(L, static_cast<lua_Number>(bytes));
  return 1;
}

}  // namespace

extern "C" int luaopen_heap(lua_State* L) {
  lua_newtable(L);
  lua_pushcfunction(L, used);
  lua_setfield(L, -2, "used");
  return 1;
}
