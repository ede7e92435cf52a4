// callbacks: a transport whose two functions are Lua's, or C functions that LuaJIT's FFI points at.
#pragma once

#include "lua/api.hpp"

#include <stls/error.hpp>
#include <stls/io.hpp>

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace stls::lua {

// The upvalues that the methods of a connection share.
enum upvalue : int { with_traceback = 1, calls_read, calls_write, foreign };
inline constexpr int connection_upvalues = foreign;

// The places among a connection's anchors.
enum anchor : int { read_function = 1, write_function, argument, hook_functions };

// callbacks belongs to a connection, a userdata that stands at index 1 wherever a verb runs. The functions
// are among its anchors. Each is called protected: what it raises is kept on the stack until the verb is back
// in Lua.
class callbacks {
 public:
  // take reads the functions and their argument from the stack, where they stand one after the other, into
  // the anchors, which are at an index. It raises if they are none.
  void take(lua_State* L, int first, int anchors);

  [[nodiscard]] transport as_transport() noexcept { return {.read = read, .write = write, .self = this}; }

  // calling holds while a verb runs, in which the functions may be called. They must not come back to the
  // same connection: the inner call is refused before it needs any of this.
  class calling {
   public:
    calling(callbacks& c, lua_State* L) noexcept : of_(c), outer_(c.state_) {
      c.state_ = L;
      if (outer_ == nullptr) c.raised_ = 0;
    }
    calling(const calling&) = delete;
    calling& operator=(const calling&) = delete;
    ~calling() { of_.state_ = outer_; }

   private:
    callbacks& of_;
    lua_State* outer_;
  };
  [[nodiscard]] bool in_call() const noexcept { return state_ != nullptr; }

  // prepare lets the FFI know on which coroutine a C function that is really one of Lua's will be called.
  void prepare(lua_State* L) const noexcept;

  // raised is where on the stack the error stands that a function has raised; 0: none has.
  [[nodiscard]] int raised() const noexcept { return raised_; }
  // words is why a function failed, if that is known.
  [[nodiscard]] const std::string& words() const noexcept { return words_; }

  // What is called protected: the trampolines, with the connection as their argument.
  template <callbacks& (*Of)(lua_State*)>
  static int call_read(lua_State* L) {
    Of(L).run_read(L);
    return 0;
  }
  template <callbacks& (*Of)(lua_State*)>
  static int call_write(lua_State* L) {
    Of(L).run_write(L);
    return 0;
  }

 private:
  using c_read = ssize_t (*)(void* connection, void* into, std::size_t size, void* argument);
  using c_write = ssize_t (*)(void* connection, const void* from, std::size_t size, void* argument);

  static io_result read(void* self, std::span<std::byte> into) noexcept;
  static io_result write(void* self, std::span<const std::byte> from) noexcept;

  io_result in_lua(upvalue trampoline) noexcept;
  void run_read(lua_State*);
  void run_write(lua_State*);
  void take_reason(lua_State*, const char* who);
  void complain(std::string_view sentence) noexcept;

  lua_State* state_ = nullptr;  // of the verb that runs
  int raised_ = 0;
  std::span<std::byte> into_{};
  std::span<const std::byte> from_{};
  io_result answer_{};
  std::string words_{};

  c_read c_read_ = nullptr;
  c_write c_write_ = nullptr;
  void* c_argument_ = nullptr;
};

// push_foreign pushes the functions of LuaJIT's FFI that the module uses, as a table; nil where there is
// none.
void push_foreign(lua_State* L);

// pointer_at gives the address that a cdata is, or points at. It raises where that is none.
[[nodiscard]] void* pointer_at(lua_State* L, int at);

}  // namespace stls::lua
