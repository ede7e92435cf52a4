// await: how a verb waits.
#pragma once

#include "lua/sock/thread.hpp"

#include <memory>
#include <utility>

namespace stls::lua {

// await_job ends a function of Lua: its thread yields until the job that `make` gives is done, and then the
// function returns what that pushes. The value at index 1, and the memory at another one, are kept until then
// (0: there is none). Outside of a thread it raises.
//
// The job begins when the thread has yielded, and not before: where Lua cannot yield, e.g. in a pcall of
// Lua 5.1, it raises, and nothing has happened.
template <class Make>
int await_job(lua_State* L, int memory, Make make);

// await_anywhere is for verbs that programs call before there are threads: outside of one the loop runs until
// the job is done, and nobody else.
template <class Make>
int await_anywhere(lua_State* L, Make make);

// -- the parts of these

// drop_wish forgets a job that never began, because its thread could not yield.
void drop_wish(lua_State* L, thread&);
// push_wait pushes the anchors of a job to come, yield_for gives them to the thread's job, and yields.
void push_wait(lua_State* L, thread&, int memory);
int yield_for(lua_State* L, thread&);
// push_job pushes a place for a job, and run_alone does one that no thread waits for.
std::shared_ptr<job>& push_job(lua_State* L);
int run_alone(lua_State* L, std::shared_ptr<job>&);
int refuse_to_wait(lua_State* L);

template <class Make>
int await_job(lua_State* L, int memory, Make make) {
  thread* const t = thread_here(L);
  if (t == nullptr) return refuse_to_wait(L);
  if (!may_yield(L)) return luaL_error(L, "attempt to yield across a C-call boundary");
  // What allocates in Lua comes first: it may call finalizers, and these may call verbs. Theirs cannot yield,
  // and must not take the place of this one.
  push_wait(L, *t, memory);
  drop_wish(L, *t);
  guarded(L, [&] { t->wants = make(); });
  return yield_for(L, *t);
}

template <class Make>
int await_anywhere(lua_State* L, Make make) {
  if (thread_here(L) != nullptr) return await_job(L, 0, make);
  std::shared_ptr<job>& j = push_job(L);
  guarded(L, [&] { j = make(); });
  return run_alone(L, j);
}

}  // namespace stls::lua
