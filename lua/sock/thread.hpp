// thread: a coroutine of Lua whose verbs wait in the loop.
#pragma once

#include "lua/api.hpp"
#include "lua/sock/job.hpp"
#include "lua/sock/loop.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>

namespace stls::lua {

// The upvalues that the functions of the module share; the fourth is the `foreign` of callbacks.hpp.
enum sock_upvalue : int {
  the_loop = 1,
  the_waits,    // anchors of each job that has not given its result yet, by the job's address
  the_threads,  // by the coroutine's address, weak: a thread, or a coroutine that cowrap made
};
inline constexpr int sock_upvalues = the_threads + 1;

// The places among the anchors of the loop, of a thread, and of a job.
enum loop_anchor : int { traceback_function = 1, error_function, recvall_read_method };
enum thread_anchor : int { own_coroutine = 1, own_name, finish_functions };
enum job_anchor : int { waiting_thread = 1, used_object, used_memory };

// thread is the userdata at the bottom of its coroutine's stack. That alone keeps it: so both are collected
// when nobody refers to the coroutine, unless it waits.
struct thread {
  static constexpr char name[] = "sock.thread";

  enum class state : std::uint8_t { suspended, running, waiting, finished };

  lua_State* coroutine = nullptr;
  state now = state::suspended;
  std::shared_ptr<job> wants{};  // waits for, or will when it has yielded
};

// loop_of gives the loop of a function of the module. It raises where that is gone, when Lua ends.
[[nodiscard]] loop& loop_of(lua_State* L);

// thread_here gives the thread that would wait if this coroutine did; a null pointer: there is none. It
// raises in coroutines that the thread cannot wait in.
[[nodiscard]] thread* thread_here(lua_State* L);

// add_functions adds functions to the table on top. They get the upvalues of the caller.
void add_functions(lua_State* L, std::initializer_list<luaL_Reg>);
void push_sock_upvalues(lua_State* L);

// add_thread_functions adds those of this file: threads, and the loop as programs see it.
void add_thread_functions(lua_State* L);

}  // namespace stls::lua
