#include "lua/cts.hpp"

#include "base/secret.hpp"
#include "lua/conf.hpp"
#include "lua/conn_info.hpp"
#include "lua/object.hpp"
#include "lua/refusal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace stls::lua {

namespace {

using state = cts::state;

cts& check(lua_State* L) { return object<cts>::check(L, 1); }

callbacks& callbacks_of(lua_State* L) { return static_cast<cts*>(lua_touserdata(L, 1))->io; }

// What a verb cannot do without a connection; 0: it can.
int refuse_unconnected(lua_State* L, const cts& c) {
  if (c.now == state::freed) return refuse(L, errc::closed, "closed");
  if (c.now == state::unconnected) return refuse(L, errc::invalid_state, "not connected yet");
  return 0;
}

// Such calls would pull the connection from under a verb that is running.
int refuse_inside(lua_State* L, const cts& c) {
  return c.io.in_call() ? refuse(L, errc::busy, "called from inside a callback of the same connection") : 0;
}

void explain(const cts& c, refusal& why) noexcept {
  const error& e = c.conn.last_error();
  if (e == errc::transport && !c.io.words().empty()) {
    why.set(code_of(e), c.io.words());
  } else {
    why.set(e);
  }
}

// outcome is what came of a verb: bytes, or values that are on the stack, to be returned.
struct outcome {
  std::size_t bytes = 0;
  int returned = 0;
};

// run does a verb. What a callback raised, run raises again.
template <class Verb>
outcome run(lua_State* L, cts& c, Verb verb) {
  if (const int returned = refuse_unconnected(L, c); returned != 0) return {0, returned};
  c.io.prepare(L);
  io_result r;
  refusal why;
  guarded(L, [&] {
    const callbacks::calling now(c.io, L);
    r = verb(c.conn);
    if (r.status == io_status::error) explain(c, why);
  });
  const int raised = c.io.in_call() ? 0 : c.io.raised();  // of an outer verb it is not ours
  tell(L, c.told, 1);
  if (raised != 0) {
    lua_pushvalue(L, raised);
    lua_error(L);
  }
  if (r.status == io_status::error) return {0, why.push(L)};
  if (!r.wants()) return {r.bytes, 0};
  lua_pushnil(L);
  push(L, r.status == io_status::want_read ? "wantrecv" : "wantsend");
  return {0, 2};
}

// A verb that gives true.
template <class Verb>
int run_to_the_end(lua_State* L, cts& c, Verb verb) {
  const outcome o = run(L, c, verb);
  return o.returned != 0 ? o.returned : succeed(L);
}

int handshake(lua_State* L) {
  return run_to_the_end(L, check(L), [](connection& conn) { return conn.handshake(); });
}

int shutdown(lua_State* L) {
  return run_to_the_end(L, check(L), [](connection& conn) { return conn.shutdown(); });
}

int close(lua_State* L) {
  cts& c = check(L);
  if (c.now != state::connected) return succeed(L);
  return run_to_the_end(L, c, [&](connection& conn) {
    const io_result r = conn.close();
    // Now, since what is told afterwards may connect again.
    if (!r.wants() && r.status != io_status::error) c.now = state::closed;
    return r;
  });
}

constexpr double largest = 1e15;  // more than any memory has

// A number of bytes that is an argument.
std::size_t size_at(lua_State* L, int at, double least, double most) {
  const auto n = static_cast<double>(luaL_checknumber(L, at));
  if (!(n >= least && n <= most)) luaL_argerror(L, at, "out of range");
  return static_cast<std::size_t>(n);
}

// recv(buf, maxsz) fills memory of the FFI; without a buffer it gives a string.
int recv(lua_State* L) {
  cts& c = check(L);
  if (lua_type(L, 2) == type_cdata) {
    const std::span<std::byte> into(static_cast<std::byte*>(pointer_at(L, 2)), size_at(L, 3, 1, largest));
    const outcome o = run(L, c, [&](connection& conn) { return conn.recv(into); });
    if (o.returned != 0) return o.returned;
    lua_pushinteger(L, static_cast<lua_Integer>(o.bytes));
    return 1;
  }
  // On the stack, where whatever is raised leaves nothing behind.
  std::array<std::byte, 16384> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): as much as is used
  const int at = lua_isnoneornil(L, 2) ? 3 : 2;
  const std::size_t wanted = lua_isnoneornil(L, at) ? room.size() : size_at(L, at, 1, largest);
  const auto into = std::span(room).first(std::min(wanted, room.size()));
  const outcome o = run(L, c, [&](connection& conn) { return conn.recv(into); });
  if (o.returned != 0) return o.returned;
  push(L, {reinterpret_cast<const char*>(room.data()), o.bytes});
  return 1;
}

// send(s, [sz]), send(buf, sz)
int send(lua_State* L) {
  cts& c = check(L);
  std::span<const std::byte> from;
  if (lua_type(L, 2) == type_cdata) {
    const std::size_t n = size_at(L, 3, 0, largest);
    if (n > 0) from = {static_cast<const std::byte*>(pointer_at(L, 2)), n};
  } else {
    if (lua_type(L, 2) != LUA_TSTRING) type_error(L, 2, "string or buffer");
    from = std::as_bytes(std::span(string_at(L, 2)));
    if (!lua_isnoneornil(L, 3)) from = from.first(size_at(L, 3, 0, static_cast<double>(from.size())));
  }
  const outcome o = run(L, c, [&](connection& conn) { return conn.send(from); });
  if (o.returned != 0) return o.returned;
  lua_pushinteger(L, static_cast<lua_Integer>(o.bytes));
  return 1;
}

// connect(servername, read_cb, write_cb, [cb_arg], [session])
int connect(lua_State* L) {
  cts& c = check(L);
  if (c.accepted) return luaL_error(L, "connect: this connection was accepted");
  const std::string_view servername =
      lua_isnil(L, 2) ? std::string_view() : (luaL_checkstring(L, 2), string_at(L, 2));
  std::string_view session;
  if (!lua_isnoneornil(L, 6)) session = (luaL_checkstring(L, 6), string_at(L, 6));
  lua_settop(L, 6);
  if (const int returned = refuse_inside(L, c); returned != 0) return returned;
  if (c.now == state::freed) return refuse(L, errc::closed, "closed");
  if (c.now == state::connected) return refuse(L, errc::invalid_state, "already connected");
  push_anchors(L, 1);
  c.io.take(L, 3, lua_gettop(L));
  refusal why;
  guarded(L, [&] {
    auto made =
        c.from.connect(servername, c.io.as_transport(), std::as_bytes(std::span(session)), buffering::exact);
    if (made) {
      c.conn = std::move(*made);
      c.now = state::connected;
    } else {
      why.set(made.error());
    }
  });
  tell(L, c.told, 1);
  return why.given() ? why.push(L) : succeed(L);
}

// Drops the connection, if there is one.
void drop(cts& c) {
  c.conn = {};
  if (c.now != state::freed) c.now = state::unconnected;
}

void let_go(lua_State* L, int userdata) {
  push_anchors(L, userdata);
  for (const anchor at : {read_function, write_function, argument, hook_functions}) {
    lua_pushnil(L);
    lua_rawseti(L, -2, at);
  }
  lua_pop(L, 1);
}

// Pushes the functions that a userdata tells; where they are on the stack.
int push_hook_functions(lua_State* L, int userdata) {
  push_anchors(L, userdata);
  lua_rawgeti(L, -1, hook_functions);
  lua_remove(L, -2);
  return lua_gettop(L);
}

int reset(lua_State* L) {
  cts& c = check(L);
  lua_settop(L, 2);
  if (c.accepted) return luaL_error(L, "reset: this connection was accepted");
  if (const int returned = refuse_inside(L, c); returned != 0) return returned;
  if (c.now == state::freed) return refuse(L, errc::closed, "closed");
  const conf* to = to_conf(L, 2);
  if (to == nullptr) return 3;
  const int functions = push_hook_functions(L, 1);
  const std::shared_ptr<hooks>& told = hooks::keep(L, c.told);
  refusal why;
  guarded(L, [&] {
    auto done = c.from.reset(to->handle);
    if (!done) return why.set(done.error());
    drop(c);
    c.told = to->told;
  });
  if (why.given()) return why.push(L);
  let_go(L, 1);
  take_hooks(L, 1, 2);
  // A handshake that was given up concerns those who were asked for it. They may raise, or connect again:
  // that comes last.
  hooks::deliver(L, told, functions);
  return succeed(L);
}

int free(lua_State* L) {
  cts& c = check(L);
  if (c.io.in_call()) return luaL_error(L, "free: called from inside a callback of the same connection");
  if (c.told == nullptr) return 0;  // it was freed before
  const int functions = push_hook_functions(L, 1);
  const std::shared_ptr<hooks>& told = hooks::keep(L, c.told);
  guarded(L, [&] {
    drop(c);
    c.from = {};
    c.told = {};
  });
  c.now = state::freed;
  let_go(L, 1);
  hooks::deliver(L, told, functions);
  return 0;
}

int tell_at_end(lua_State* L) {
  tell(L, static_cast<cts*>(lua_touserdata(L, 1))->told, 1);
  return 0;
}

// When Lua collects a connection; also when a callback makes Lua end, e.g. by os.exit: then stls's frames are
// still below, and the connection stays as it is.
int collect(lua_State* L) {
  cts& c = *static_cast<cts*>(lua_touserdata(L, 1));
  if (c.io.in_call()) return 0;
  guarded(L, [&] { drop(c); });
  if (c.told != nullptr && !c.told->empty()) {
    // Whom should an error that is raised here reach?
    lua_pushcfunction(L, tell_at_end);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 0, 0) != 0) lua_pop(L, 1);
  }
  return object<cts>::collect(L);
}

int pending(lua_State* L) {
  const cts& c = check(L);
  lua_pushinteger(L, static_cast<lua_Integer>(c.conn.pending()));
  return 1;
}

int info(lua_State* L) {
  const cts& c = check(L);
  const bool known = c.now == state::connected || c.now == state::closed;
  return push_info_of(L, [&] { return known ? c.conn.info() : conn_info(); });
}

int export_session(lua_State* L) {
  cts& c = check(L);
  if (const int returned = refuse_unconnected(L, c); returned != 0) return returned;
  return push_session(L, [&] { return c.conn.export_session(); });
}

}  // namespace

int new_client(lua_State* L) {
  lua_settop(L, 1);
  const conf* with = to_conf(L, 1);
  if (with == nullptr) return 3;
  cts& c = object<cts>::push(L);
  take_hooks(L, 2, 1);
  refusal why;
  guarded(L, [&] {
    auto made = client::make(with->handle);
    if (!made) return why.set(made.error());
    c.from = std::move(*made);
    c.told = with->told;
    c.now = state::unconnected;
  });
  tell(L, with->told, 2);
  return why.given() ? why.push(L) : 1;
}

cts& push_accepted(lua_State* L, int first, const std::shared_ptr<hooks>& told, int functions) {
  functions = absolute(L, functions);
  cts& c = object<cts>::push(L);
  push_anchors(L, -1);
  lua_pushvalue(L, functions);
  lua_rawseti(L, -2, hook_functions);
  c.io.take(L, first, lua_gettop(L));
  lua_pop(L, 1);
  c.accepted = true;
  guarded(L, [&] { c.told = told; });
  return c;
}

void push_upvalues(lua_State* L) {
  lua_getglobal(L, "debug");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "traceback");
    lua_remove(L, -2);
  }
  if (!lua_isfunction(L, -1)) {  // a Lua without it: errors come without a traceback
    lua_pop(L, 1);
    lua_pushcfunction(L, [](lua_State*) { return 1; });
  }
  lua_pushcfunction(L, callbacks::call_read<callbacks_of>);
  lua_pushcfunction(L, callbacks::call_write<callbacks_of>);
  push_foreign(L);
}

void define_cts(lua_State* L) {
  push_upvalues(L);
  object<cts>::define(L,
                      {{"connect", connect},
                       {"handshake", handshake},
                       {"recv", recv},
                       {"send", send},
                       {"shutdown", shutdown},
                       {"close", close},
                       {"free", free},
                       {"reset", reset},
                       {"pending", pending},
                       {"info", info},
                       {"export_session", export_session}},
                      free, collect, connection_upvalues);
}

}  // namespace stls::lua
