#include "lua/callbacks.hpp"

#include "lua/refusal.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace stls::lua {

namespace {

// libtls's TLS_WANT_POLLIN and TLS_WANT_POLLOUT, which C functions return.
constexpr ssize_t c_want_read = -2;
constexpr ssize_t c_want_write = -3;

enum foreign_place : int { ffi_cast = 1, ffi_sizeof, void_pointer };

io_result from_c(ssize_t n) noexcept {
  if (n == c_want_read) return {0, io_status::want_read};
  if (n == c_want_write) return {0, io_status::want_write};
  if (n == 0) return {0, io_status::eof};
  if (n < 0) return {0, io_status::error};
  return {static_cast<std::size_t>(n), io_status::ok};
}

void* c_function(lua_State* L, int at) {
  if (lua_type(L, at) == type_cdata) return pointer_at(L, at);
  if (!lua_isfunction(L, at)) type_error(L, at, "function");
  return nullptr;
}

// What a C function is given as its argument.
void* c_argument(lua_State* L, int at) {
  switch (lua_type(L, at)) {
    case LUA_TNONE:
    case LUA_TNIL:
      return nullptr;
    case LUA_TNUMBER: {
      constexpr double most = 9007199254740992;  // up to here doubles are whole numbers
      const auto n = static_cast<double>(lua_tonumber(L, at));
      if (!(n >= -most && n <= most)) luaL_argerror(L, at, "out of range");
      return reinterpret_cast<void*>(static_cast<std::intptr_t>(n));  // NOLINT(performance-no-int-to-ptr)
    }
    case LUA_TLIGHTUSERDATA:
      return lua_touserdata(L, at);
    case type_cdata: {
      lua_rawgeti(L, lua_upvalueindex(foreign), ffi_cast);
      lua_rawgeti(L, lua_upvalueindex(foreign), void_pointer);
      lua_pushvalue(L, at);
      lua_call(L, 2, 1);
      void* address = nullptr;
      std::memcpy(&address, lua_topointer(L, -1), sizeof address);
      lua_pop(L, 1);
      return address;
    }
    default:
      type_error(L, at, "pointer");
      return nullptr;
  }
}

}  // namespace

void push_foreign(lua_State* L) {
  lua_getglobal(L, "jit");
  const bool luajit = lua_istable(L, -1);
  lua_pop(L, 1);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ffi");
  if (!luajit || lua_pcall(L, 1, 1, 0) != 0) {
    lua_settop(L, lua_gettop(L) - (luajit ? 1 : 2));
    lua_pushnil(L);
    return;
  }
  lua_newtable(L);
  lua_getfield(L, -2, "cast");
  lua_rawseti(L, -2, ffi_cast);
  lua_getfield(L, -2, "sizeof");
  lua_rawseti(L, -2, ffi_sizeof);
  lua_getfield(L, -2, "typeof");
  lua_pushliteral(L, "void*");
  lua_call(L, 1, 1);
  lua_rawseti(L, -2, void_pointer);
  lua_remove(L, -2);
}

void* pointer_at(lua_State* L, int at) {
  void* address = c_argument(L, at);
  if (address == nullptr) luaL_argerror(L, at, "null pointer");
  return address;
}

void callbacks::take(lua_State* L, int first, int anchors) {
  void* const reads = c_function(L, first);
  void* const writes = c_function(L, first + 1);
  void* const given = reads != nullptr || writes != nullptr ? c_argument(L, first + 2) : nullptr;
  for (int i = 0; i < 3; i++) {
    lua_pushvalue(L, first + i);
    lua_rawseti(L, anchors, read_function + i);
  }
  c_read_ = reinterpret_cast<c_read>(reads);
  c_write_ = reinterpret_cast<c_write>(writes);
  c_argument_ = given;
  words_.clear();
  raised_ = 0;
}

// A callback of the FFI runs on the coroutine that used the FFI last; calls through Lua's C API are none.
// That may be another coroutine, or one that is gone. Nothing here can raise: the FFI notes the coroutine
// before it does anything else.
void callbacks::prepare(lua_State* L) const noexcept {
  if (c_read_ == nullptr && c_write_ == nullptr) return;
  lua_rawgeti(L, lua_upvalueindex(foreign), ffi_sizeof);
  lua_rawgeti(L, lua_upvalueindex(foreign), void_pointer);
  if (lua_pcall(L, 1, 0, 0) != 0) lua_pop(L, 1);
}

io_result callbacks::read(void* self, std::span<std::byte> into) noexcept {
  auto& c = *static_cast<callbacks*>(self);
  if (c.raised_ != 0) return {0, io_status::error};
  if (c.c_read_ != nullptr) return from_c(c.c_read_(self, into.data(), into.size(), c.c_argument_));
  c.into_ = into;
  return c.in_lua(calls_read);
}

io_result callbacks::write(void* self, std::span<const std::byte> from) noexcept {
  auto& c = *static_cast<callbacks*>(self);
  if (c.raised_ != 0) return {0, io_status::error};
  if (c.c_write_ != nullptr) return from_c(c.c_write_(self, from.data(), from.size(), c.c_argument_));
  c.from_ = from;
  return c.in_lua(calls_write);
}

// Nothing here can raise: the values are copied within a stack that has room for them.
io_result callbacks::in_lua(upvalue trampoline) noexcept {
  lua_State* L = state_;
  answer_ = {0, io_status::error};
  lua_pushvalue(L, lua_upvalueindex(with_traceback));
  lua_pushvalue(L, lua_upvalueindex(trampoline));
  lua_pushvalue(L, 1);
  const int handler = lua_gettop(L) - 2;
  const bool failed = lua_pcall(L, 1, 0, handler) != 0;
  lua_remove(L, handler);
  if (failed) raised_ = lua_gettop(L);
  prepare(L);  // the function may have resumed a coroutine that uses the FFI
  errno = 0;   // what is there is not the function's
  return failed ? io_result{0, io_status::error} : answer_;
}

void callbacks::run_read(lua_State* L) {
  const std::span<std::byte> into = into_;
  push_anchors(L, 1);
  lua_rawgeti(L, 2, read_function);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, static_cast<lua_Integer>(into.size()));
  lua_rawgeti(L, 2, argument);
  lua_call(L, 3, 2);
  if (lua_type(L, -2) != LUA_TSTRING) return take_reason(L, "read callback");
  const std::string_view came = string_at(L, -2);
  if (came.empty()) {
    answer_ = {0, io_status::eof};
  } else if (came.size() > into.size()) {
    lua_pushfstring(L, "read callback returned %d bytes, more than the %d it was asked for",
                    static_cast<int>(came.size()), static_cast<int>(into.size()));
    complain(string_at(L, -1));
  } else {
    std::memcpy(into.data(), came.data(), came.size());
    answer_ = {came.size(), io_status::ok};
  }
}

void callbacks::run_write(lua_State* L) {
  const std::span<const std::byte> from = from_;
  push_anchors(L, 1);
  lua_rawgeti(L, 2, write_function);
  lua_pushvalue(L, 1);
  push(L, {reinterpret_cast<const char*>(from.data()), from.size()});
  lua_rawgeti(L, 2, argument);
  lua_call(L, 3, 2);
  if (lua_type(L, -2) != LUA_TNUMBER) return take_reason(L, "write callback");
  const auto taken = static_cast<double>(lua_tonumber(L, -2));
  if (std::floor(taken) != taken || taken < 1 || taken > static_cast<double>(from.size())) {
    lua_pushvalue(L, -2);
    lua_pushfstring(L, "write callback returned %s; it must take 1 to %d bytes", lua_tostring(L, -1),
                    static_cast<int>(from.size()));
    complain(string_at(L, -1));
  } else {
    answer_ = {static_cast<std::size_t>(taken), io_status::ok};
  }
}

// Of what a function returned instead of bytes, on top of the stack: nil and a reason.
void callbacks::take_reason(lua_State* L, const char* who) {
  if (lua_isnil(L, -2) && lua_type(L, -1) == LUA_TSTRING) {
    const std::string_view reason = string_at(L, -1);
    if (is_word(reason)) {
      lua_pushfstring(L, "%s: %s", who, reason.data());
      complain(string_at(L, -1));
    } else if (reason == "wantrecv") {
      answer_ = {0, io_status::want_read};
    } else if (reason == "wantsend") {
      answer_ = {0, io_status::want_write};
    } else {
      complain(reason);
    }
    return;
  }
  const char* got = lua_isnil(L, -2) ? "nil without a reason" : luaL_typename(L, -2);
  lua_pushfstring(L, "%s returned %s; it may return nil and 'wantrecv', 'wantsend' or an error", who, got);
  complain(string_at(L, -1));
}

void callbacks::complain(std::string_view sentence) noexcept {
  try {
    words_ = sentence;
  } catch (...) {
    words_.clear();  // then the connection says only that the callback failed
  }
}

}  // namespace stls::lua
