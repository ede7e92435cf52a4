#include "lua/conf.hpp"

#include "base/secret.hpp"
#include "lua/callbacks.hpp"
#include "lua/draft.hpp"
#include "lua/object.hpp"
#include "lua/refusal.hpp"

#include <stls/engine.hpp>
#include <stls/export.hpp>

#include <string>
#include <utility>

namespace stls::lua {

template <>
const char box<std::string>::name[] = "stls.text";

namespace {

conf& check(lua_State* L, int at) {
  conf& c = object<conf>::check(L, at);
  if (!c.handle) luaL_argerror(L, at, "the config was freed");
  return c;
}

// Makes a conf of the table; it is on top of the stack then, or three values that say why not.
conf* make(lua_State* L, int table) {
  conf& made = object<conf>::push(L);
  const int at = lua_gettop(L);
  draft& d = object<draft>::push(L);
  push_anchors(L, -1);
  set_anchors(L, at);
  read_options(L, table, d);
  made.told = d.told;
  refusal why = d.why;
  guarded(L, [&] {
    if (!why.given()) {
      auto done = config::make(d.opt);
      if (done) {
        made.handle = std::move(*done);
      } else {
        why.set(done.error());
      }
    }
    d.forget();  // keys go now, not when the draft is collected
  });
  if (!made.told->empty()) {
    push_anchors(L, at);
    hooks::deliver(L, made.told, -1);
  }
  lua_settop(L, at);
  if (!why.given()) return &made;
  why.push(L);
  return nullptr;
}

int free(lua_State* L) {
  conf& c = object<conf>::check(L, 1);
  guarded(L, [&] { c.handle = {}; });
  lua_newtable(L);
  set_anchors(L, 1);
  return 0;
}

int describe(lua_State* L) {
  const conf& c = check(L, 1);
  std::string& text = push_box<std::string>(L);
  guarded(L, [&] { text = c.handle.describe(); });
  push(L, text);
  return 1;
}

int add_ticket_key(lua_State* L) {
  const conf& c = check(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  refusal why;
  ticket_key& key = push_ticket_key(L, 2, 1, why);
  guarded(L, [&] {
    if (why.given()) return;
    keyring ring = c.handle.tickets();
    if (!ring) {
      why.set({errc::unsupported, "add_ticket_key: the engine has no tickets"});
    } else if (auto added = ring.add(key); !added) {
      why.set(added.error());
    }
    wipe(key.key);  // now, not when the box is collected
  });
  return why.given() ? why.push(L) : succeed(L);
}

// -- functions of the modules

int config_of(lua_State* L) {
  lua_settop(L, 1);
  return to_conf(L, 1) == nullptr ? 3 : 1;
}

// engines() gives the names of what was built in, the default first.
int engines(lua_State* L) {
  lua_newtable(L);
  int n = 0;
  for (const provider* one : providers()) {
    push(L, one->name());
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

}  // namespace

conf* to_conf(lua_State* L, int at) {
  if (object<conf>::find(L, at) != nullptr) return &check(L, at);
  if (lua_isnone(L, at)) lua_settop(L, at);
  if (lua_isnil(L, at)) {
    lua_newtable(L);
    lua_replace(L, at);
  }
  if (!lua_istable(L, at)) type_error(L, at, "config or table of options");
  conf* made = make(L, at);
  if (made != nullptr) lua_replace(L, at);
  return made;
}

void take_hooks(lua_State* L, int userdata, int conf_at) {
  push_anchors(L, userdata);
  push_anchors(L, conf_at);
  lua_rawseti(L, -2, hook_functions);
  lua_pop(L, 1);
}

void tell(lua_State* L, const std::shared_ptr<hooks>& told, int userdata) {
  if (told == nullptr || told->empty()) return;
  push_anchors(L, userdata);
  lua_rawgeti(L, -1, hook_functions);
  hooks::deliver(L, told, -1);
  lua_pop(L, 2);
}

void add_conf_functions(lua_State* L) {
  object<conf>::define(L, {{"free", free}, {"describe", describe}, {"add_ticket_key", add_ticket_key}}, free);
  lua_pushcfunction(L, config_of);
  lua_setfield(L, -2, "config");
  lua_pushcfunction(L, engines);
  lua_setfield(L, -2, "engines");
  set_field(L, "version", STLS_VERSION_STRING);
}

}  // namespace stls::lua
