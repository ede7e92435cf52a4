#include "lua/sock/thread.hpp"

#include "lua/callbacks.hpp"
#include "lua/conf.hpp"
#include "lua/object.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/words.hpp"

#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <memory>

namespace stls::lua {

template <>
const char box<std::shared_ptr<job>>::name[] = "sock.job";

namespace {

using state = thread::state;
using clock = std::chrono::steady_clock;

// -- who is who

void push_known(lua_State* L, lua_State* coroutine) {
  lua_pushlightuserdata(L, coroutine);
  lua_rawget(L, lua_upvalueindex(the_threads));
}

// The thread of a coroutine, which is pushed; a null pointer, and nil: it is none of ours.
thread* push_thread(lua_State* L, lua_State* coroutine) {
  push_known(L, coroutine);
  if (lua_type(L, -1) == LUA_TUSERDATA) return static_cast<thread*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  lua_pushnil(L);
  return nullptr;
}

// A thread that is finished keeps itself no longer: then its coroutine is all that is left.
bool is_dead(lua_State* coroutine) {
  lua_Debug frame;
  const int status = lua_status(coroutine);
  if (status == LUA_YIELD) return false;
  return status != 0 || (lua_getstack(coroutine, 0, &frame) == 0 && lua_gettop(coroutine) == 0);
}

thread& check_thread(lua_State* L, int at) {
  if (!lua_isthread(L, at)) type_error(L, at, "thread");
  lua_State* const coroutine = lua_tothread(L, at);
  thread* const t = push_thread(L, coroutine);
  if (t == nullptr)
    luaL_argerror(L, at,
                  is_dead(coroutine) ? "the thread is finished" : "a coroutine that sock has not made");
  lua_pop(L, 1);  // its coroutine keeps it
  return *t;
}

void push_anchor(lua_State* L, int userdata, int place) {
  push_anchors(L, userdata);
  lua_rawgeti(L, -1, place);
  lua_remove(L, -2);
}

// -- errors of threads

// Replaces what was raised, on top of the stack, by a sentence with a traceback, where it is a string.
void add_traceback(lua_State* L, int userdata) {
  if (lua_type(L, -1) != LUA_TSTRING) return;
  push_anchor(L, lua_upvalueindex(the_loop), traceback_function);
  if (!lua_isfunction(L, -1)) return lua_pop(L, 1);
  push_anchor(L, userdata, own_coroutine);
  lua_pushvalue(L, -3);
  lua_call(L, 2, 1);
  lua_replace(L, -2);
}

void write_error(const char* name, const char* sentence) {
  std::fprintf(stderr, "sock: thread%s%s: %s\n", *name != '\0' ? " " : "", name,
               sentence != nullptr ? sentence : "an error that is no string");
}

// Tells of an error, on top of the stack, that nobody else is told of. The thread's userdata is at an index.
void report(lua_State* L, int userdata) {
  const int err = lua_gettop(L);
  push_anchor(L, lua_upvalueindex(the_loop), error_function);
  if (lua_isfunction(L, -1)) {
    push_anchor(L, userdata, own_coroutine);
    lua_pushvalue(L, err);
    if (lua_pcall(L, 2, 0, 0) == 0) return;
    // It failed itself: then both errors are told.
    write_error("", lua_tostring(L, -1));
  }
  push_anchor(L, userdata, own_name);
  const char* const named = lua_tostring(L, -1);
  write_error(named != nullptr ? named : "", lua_tostring(L, err));
  lua_settop(L, err);
}

// -- one turn of a thread

// lua_resume, with the number of values that were yielded, or are on the stack.
int resume(lua_State* coroutine, [[maybe_unused]] lua_State* from, int arguments, int& values) {
#if LUA_VERSION_NUM >= 504
  return lua_resume(coroutine, from, arguments, &values);
#else
#if LUA_VERSION_NUM >= 502
  const int status = lua_resume(coroutine, from, arguments);
#else
  const int status = lua_resume(coroutine, arguments);
#endif
  values = lua_gettop(coroutine);
  return status;
#endif
}

// May it be resumed? It raises if not. Whether it runs is asked of Lua, too: programs may have resumed it
// from outside.
void check_resumable(lua_State* L, int at, const thread& t) {
  lua_Debug frame;
  switch (t.now) {
    case state::suspended:
      if (lua_status(t.coroutine) == LUA_YIELD) return;
      if (lua_status(t.coroutine) != 0) break;
      if (lua_getstack(t.coroutine, 0, &frame) != 0) {
        luaL_argerror(L, at, "the thread is running");
        return;
      }
      if (lua_gettop(t.coroutine) > 1) return;  // its userdata, and the function that it begins with
      break;
    case state::running:
      luaL_argerror(L, at, "the thread is running");
      return;
    case state::waiting:
      luaL_argerror(L, at, "the thread waits for I/O");
      return;
    case state::finished:
      break;
  }
  luaL_argerror(L, at, "the thread is finished");
}

// What its finish functions are told; the error, or nil, is on top of the stack.
void tell_finish(lua_State* L, int userdata, bool failed) {
  const int err = lua_gettop(L);
  push_anchor(L, userdata, finish_functions);
  if (lua_istable(L, -1)) {
    const int list = lua_gettop(L);
    for (int i = 1;; i++) {
      lua_rawgeti(L, list, i);
      if (lua_isnil(L, -1)) break;
      push_anchor(L, userdata, own_coroutine);
      lua_pushvalue(L, err);
      if (lua_pcall(L, 2, 0, 0) != 0) report(L, userdata);
      lua_settop(L, list);
    }
  } else if (failed) {
    lua_settop(L, err);
    report(L, userdata);
  }
  lua_settop(L, err);
}

}  // namespace

void drop_wish(lua_State* L, thread& t) {
  if (t.wants == nullptr) return;
  lua_pushlightuserdata(L, t.wants.get());
  lua_pushnil(L);
  lua_rawset(L, lua_upvalueindex(the_waits));
  t.wants.reset();
}

namespace {

// turn gives control to a coroutine, whose arguments are on its stack, and to those that it transfers it to.
// What the last one gave to whoever resumed it is pushed on L: how many values.
int turn(lua_State* L, lua_State* coroutine, int arguments) {
  loop& in = loop_of(L);
  lua_pushnil(L);
  const int userdata = lua_gettop(L);
  for (;;) {
    thread& t = *push_thread(L, coroutine);
    lua_replace(L, userdata);
    thread* const outer = in.current;
    in.current = &t;
    in.depth++;
    t.now = state::running;
    int n = 0;
    const int status = resume(coroutine, L, arguments, n);
    in.depth--;
    in.current = outer;

    if (status == LUA_YIELD) {
      const void* const word =
          n > 0 && lua_islightuserdata(coroutine, -n) ? lua_touserdata(coroutine, -n) : nullptr;
      if (word == in.waits() && t.wants != nullptr) {
        lua_pop(coroutine, n);
        t.now = state::waiting;
        in.begin(t.wants);
        return 0;
      }
      t.now = state::suspended;
      drop_wish(L, t);
      const bool named = word == in.suspends() || word == in.transfers();
      luaL_checkstack(L, n, "too many values");
      lua_xmove(coroutine, L, n);
      if (named) {
        lua_remove(L, userdata + 1);
        n--;
      }
      if (word != in.transfers()) return n;
      // As transfer did: code of the program may have run since.
      check_resumable(L, 1, check_thread(L, userdata + 1));
      coroutine = lua_tothread(L, userdata + 1);
      push_thread(L, coroutine);
      lua_replace(L, userdata);
      arguments = n - 1;
      if (lua_checkstack(coroutine, arguments) == 0) luaL_error(L, "too many values");
      lua_xmove(L, coroutine, arguments);
      lua_settop(L, userdata);
      continue;
    }

    t.now = state::finished;
    drop_wish(L, t);
    if (status != 0) {
      lua_xmove(coroutine, L, 1);
      add_traceback(L, userdata);
#if LUA_VERSION_NUM >= 504
      lua_resetthread(coroutine);  // variables with <close>
      lua_settop(coroutine, 0);    // the error, and with it what makes it look alive
#endif
      tell_finish(L, userdata, true);
      lua_pushnil(L);
      lua_insert(L, -2);
      return 2;
    }
    n--;  // the thread's userdata
    luaL_checkstack(L, n + LUA_MINSTACK, "too many values");
    lua_xmove(coroutine, L, n);
    lua_settop(coroutine, 0);
    lua_pushnil(L);
    tell_finish(L, userdata, false);
    lua_pop(L, 1);
    return n;
  }
}

// -- functions of the module

// newthread(f, [name])
int newthread(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_optstring(L, 2, "");
  lua_settop(L, 2);
  static_cast<void>(loop_of(L));
  lua_State* const coroutine = lua_newthread(L);
  thread& t = object<thread>::push(L);
  t.coroutine = coroutine;
  push_anchors(L, 4);
  lua_pushvalue(L, 3);
  lua_rawseti(L, -2, own_coroutine);
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, own_name);
  lua_pop(L, 1);
  lua_pushlightuserdata(L, coroutine);
  lua_pushvalue(L, 4);
  lua_rawset(L, lua_upvalueindex(the_threads));
  lua_pushvalue(L, 1);
  lua_xmove(L, coroutine, 2);
  return 1;
}

// resume(co, ...)
int resume_thread(lua_State* L) {
  thread& t = check_thread(L, 1);
  check_resumable(L, 1, t);
  // Each needs some of the stack of C, and Lua 5.1 does not count the coroutines in it. Others have a limit
  // of about the same height.
  constexpr int most_inside = 190;
  if (loop_of(L).depth >= most_inside) luaL_error(L, "too many threads resumed inside each other");
  const int arguments = lua_gettop(L) - 1;
  if (lua_checkstack(t.coroutine, arguments) == 0) luaL_error(L, "too many values");
  lua_xmove(L, t.coroutine, arguments);
  return turn(L, t.coroutine, arguments);
}

// suspend(...)
int suspend(lua_State* L) {
  if (thread_here(L) == nullptr) luaL_error(L, "suspend: there is no thread here");
  lua_pushlightuserdata(L, loop_of(L).suspends());
  lua_insert(L, 1);
  return lua_yield(L, lua_gettop(L));
}

// transfer(co, ...)
int transfer(lua_State* L) {
  if (thread_here(L) == nullptr) luaL_error(L, "transfer: there is no thread here");
  check_resumable(L, 1, check_thread(L, 1));
  lua_pushlightuserdata(L, loop_of(L).transfers());
  lua_insert(L, 1);
  return lua_yield(L, lua_gettop(L));
}

int currentthread(lua_State* L) {
  const thread* const t = loop_of(L).current;
  if (t == nullptr) {
    lua_pushnil(L);
  } else {
    push_thread(L, t->coroutine);
    push_anchor(L, -1, own_coroutine);
  }
  return 1;
}

// onthreadfinish(co, f)
int onthreadfinish(lua_State* L) {
  const thread& t = check_thread(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (t.now == state::finished) luaL_argerror(L, 1, "the thread is finished");
  push_thread(L, t.coroutine);
  push_anchors(L, -1);
  lua_rawgeti(L, -1, finish_functions);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, finish_functions);
  }
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, static_cast<int>(length(L, -2)) + 1);
  return 0;
}

// onthreaderror(f)
int onthreaderror(lua_State* L) {
  if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  push_anchors(L, lua_upvalueindex(the_loop));
  lua_insert(L, 1);
  lua_rawseti(L, 1, error_function);
  return 0;
}

// adopt(co), for cowrap: the coroutine may wait for the thread that runs it.
int adopt(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTHREAD);
  lua_pushlightuserdata(L, lua_tothread(L, 1));
  lua_pushvalue(L, 1);
  lua_rawset(L, lua_upvalueindex(the_threads));
  return 0;
}

// is_for_thread(word), for cowrap: is that what a coroutine yields to the thread around it?
int is_for_thread(lua_State* L) {
  loop& in = loop_of(L);
  const void* const word = lua_islightuserdata(L, 1) ? lua_touserdata(L, 1) : nullptr;
  const bool is = word != nullptr && (word == in.waits() || word == in.suspends() || word == in.transfers());
  lua_pushboolean(L, is ? 1 : 0);
  return 1;
}

int tell_of_job(lua_State* L) {
  tell_owner(L, 1);
  return 0;
}

// Pushes what a job gives, on top of its anchors. What fails there, mostly since it does not fit into memory,
// is an error of the verb.
int push_of_job(lua_State* L) { return static_cast<job*>(lua_touserdata(L, 1))->push(L, 2); }

int push_result(lua_State* L, job& j) {
  const int anchors = lua_gettop(L);
  lua_pushcfunction(L, push_of_job);
  lua_pushlightuserdata(L, &j);
  lua_pushvalue(L, anchors);
  const int status = lua_pcall(L, 2, LUA_MULTRET, 0);
  if (status == 0) return lua_gettop(L) - anchors;
  const bool is_sentence = status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING;
  lua_pushnil(L);
  if (is_sentence && !string_at(L, -2).ends_with("not enough memory")) {
    lua_insert(L, -2);
  } else {
    lua_pushliteral(L, "out_of_mem");
  }
  return 2;
}

// Somebody may have resumed or closed the coroutine from outside.
bool still_waits(const thread& t, const job& j) {
  return t.now == state::waiting && t.wants.get() == &j && lua_status(t.coroutine) == LUA_YIELD;
}

// Gives what a job that is done has brought to the thread that waits for it. The anchors are on top.
void hand_over(lua_State* L, job& j) {
  const int anchors = lua_gettop(L);
  lua_rawgeti(L, anchors, waiting_thread);
  const int userdata = lua_gettop(L);
  thread& t = *static_cast<thread*>(lua_touserdata(L, userdata));
  bool waits = still_waits(t, j);
  int n = 0;
  if (waits) {
    loop& in = loop_of(L);
    lua_pushcfunction(L, tell_of_job);
    lua_rawgeti(L, anchors, used_object);
    in.current = &t;  // the functions that are told are no place to run the loop in
    const bool failed = lua_pcall(L, 1, 0, 0) != 0;
    in.current = nullptr;
    if (failed) report(L, userdata);
    lua_settop(L, userdata);
    lua_pushvalue(L, anchors);
    n = push_result(L, j);
    waits = still_waits(t, j);  // the functions that were told, and finalizers, are somebody, too
    if (waits) lua_xmove(L, t.coroutine, n);
  }
  lua_pushlightuserdata(L, &j);
  lua_pushnil(L);
  lua_rawset(L, lua_upvalueindex(the_waits));
  if (t.wants.get() == &j) t.wants.reset();
  if (!waits && t.now == state::waiting) {
    t.now = state::finished;
    drop_wish(L, t);
  }
  loop_of(L).forget();
  if (waits) turn(L, t.coroutine, n);
}

// Resumes the threads whose jobs are done, until none is left.
void resume_done(lua_State* L) {
  loop& in = loop_of(L);
  const int top = lua_gettop(L);
  while (job* const j = in.done()) {
    lua_pushlightuserdata(L, j);
    lua_rawget(L, lua_upvalueindex(the_waits));
    if (lua_istable(L, -1)) {
      hand_over(L, *j);
    } else {
      in.forget();
    }
    lua_settop(L, top);
  }
}

void refuse_inside(lua_State* L, const loop& in, const char* what) {
  if (in.current != nullptr) luaL_error(L, "%s: called inside a thread", what);
}

clock::time_point deadline_at(lua_State* L, int at) {
  return lua_isnoneornil(L, at) ? clock::time_point::max() : point_after(seconds_at(L, at));
}

int stopped_by(lua_State* L, const char* why) {
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

// poll([timeout])
int poll(lua_State* L) {
  loop& in = loop_of(L);
  refuse_inside(L, in, "poll");
  const clock::time_point latest = deadline_at(L, 1);
  if (in.idle()) return stopped_by(L, "empty");
  guarded(L, [&] { in.run_until(latest); });
  if (in.done() == nullptr) return stopped_by(L, "timeout");
  resume_done(L);
  lua_pushboolean(L, 1);
  return 1;
}

// start([timeout])
int start(lua_State* L) {
  loop& in = loop_of(L);
  refuse_inside(L, in, "start");
  const clock::time_point latest = deadline_at(L, 1);
  while (!in.stopped && !in.idle()) {
    guarded(L, [&] { in.run_until(latest); });
    if (in.done() == nullptr) return stopped_by(L, "timeout");
    resume_done(L);
    // There may always be another job that is done: that would never be a timeout.
    if (!in.stopped && !in.idle() && clock::now() >= latest) return stopped_by(L, "timeout");
  }
  in.stopped = false;
  lua_pushboolean(L, 1);
  return 1;
}

int stop(lua_State* L) {
  loop_of(L).stopped = true;
  return 0;
}

int now(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(to_seconds(clock::now())));
  return 1;
}

}  // namespace

loop& loop_of(lua_State* L) {
  auto& in = *static_cast<loop*>(lua_touserdata(L, lua_upvalueindex(the_loop)));
  if (!in.is_open()) luaL_error(L, "sock: Lua is about to end");
  return in;
}

thread* thread_here(lua_State* L) {
  thread* const t = loop_of(L).current;
  if (t == nullptr || t->coroutine == L) return t;
  push_known(L, L);
  if (!lua_isthread(L, -1)) luaL_error(L, "sock: a coroutine waits that cowrap has not made");
  lua_pop(L, 1);
  return t;
}

void push_wait(lua_State* L, thread& t, int memory) {
  lua_createtable(L, used_memory, 0);
  push_thread(L, t.coroutine);
  lua_rawseti(L, -2, waiting_thread);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, used_object);
  if (memory != 0) {
    lua_pushvalue(L, memory);
    lua_rawseti(L, -2, used_memory);
  }
}

int yield_for(lua_State* L, thread& t) {
  lua_pushlightuserdata(L, t.wants.get());
  lua_insert(L, -2);
  lua_rawset(L, lua_upvalueindex(the_waits));
  lua_pushlightuserdata(L, loop_of(L).waits());
  return lua_yield(L, 1);
}

std::shared_ptr<job>& push_job(lua_State* L) { return push_box<std::shared_ptr<job>>(L); }

int run_alone(lua_State* L, std::shared_ptr<job>& j) {
  loop& in = loop_of(L);
  guarded(L, [&] { in.run_alone(j); });
  tell_owner(L, 1);
  return j->push(L, 0);
}

int refuse_to_wait(lua_State* L) {
  return luaL_error(L, "sock: only a thread can wait: see sock.thread and sock.run");
}

void push_sock_upvalues(lua_State* L) {
  for (int i = 1; i <= sock_upvalues; i++) lua_pushvalue(L, lua_upvalueindex(i));
}

void add_functions(lua_State* L, std::initializer_list<luaL_Reg> functions) {
  for (const luaL_Reg& function : functions) {
    push_sock_upvalues(L);
    lua_pushcclosure(L, function.func, sock_upvalues);
    lua_setfield(L, -2, function.name);
  }
}

void add_thread_functions(lua_State* L) {
  add_functions(L, {{"newthread", newthread},
                    {"resume", resume_thread},
                    {"suspend", suspend},
                    {"transfer", transfer},
                    {"currentthread", currentthread},
                    {"onthreadfinish", onthreadfinish},
                    {"onthreaderror", onthreaderror},
                    {"adopt", adopt},
                    {"is_for_thread", is_for_thread},
                    {"poll", poll},
                    {"start", start},
                    {"stop", stop},
                    {"clock", now}});
}

}  // namespace stls::lua
