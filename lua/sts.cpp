#include "lua/sts.hpp"

#include "lua/conf.hpp"
#include "lua/cts.hpp"
#include "lua/object.hpp"
#include "lua/refusal.hpp"

#include <stls/connection.hpp>

#include <memory>
#include <utility>

namespace stls::lua {

namespace {

// sts makes connections of clients. Its anchors' hook_functions are its config's.
struct sts {
  static constexpr char name[] = "libtls.sts";

  bool freed = true;
  server from{};
  std::shared_ptr<hooks> told{};
};

sts& check(lua_State* L) { return object<sts>::check(L, 1); }

// accept(read_cb, write_cb, [cb_arg])
int accept(lua_State* L) {
  const sts& s = check(L);
  lua_settop(L, 4);
  if (s.freed) return refuse(L, errc::closed, "closed");
  push_anchors(L, 1);
  lua_rawgeti(L, -1, hook_functions);
  cts& c = push_accepted(L, 2, s.told, -1);
  refusal why;
  guarded(L, [&] {
    auto made = s.from.accept(c.io.as_transport(), buffering::exact);
    if (!made) return why.set(made.error());
    c.conn = std::move(*made);
    c.now = cts::state::connected;
  });
  tell(L, s.told, 1);
  return why.given() ? why.push(L) : 1;
}

int reset(lua_State* L) {
  sts& s = check(L);
  lua_settop(L, 2);
  if (s.freed) return refuse(L, errc::closed, "closed");
  const conf* to = to_conf(L, 2);
  if (to == nullptr) return 3;
  refusal why;
  guarded(L, [&] {
    auto done = s.from.reset(to->handle);
    if (!done) return why.set(done.error());
    s.told = to->told;
  });
  if (!why.given()) take_hooks(L, 1, 2);
  tell(L, s.told, 1);  // a refusal, too: somebody should look at it
  return why.given() ? why.push(L) : succeed(L);
}

int close(lua_State* L) {
  check(L);
  return succeed(L);  // nothing is open here
}

int free(lua_State* L) {
  sts& s = check(L);
  guarded(L, [&] {
    s.from = {};
    s.told = {};
  });
  s.freed = true;
  lua_newtable(L);
  set_anchors(L, 1);
  return 0;
}

}  // namespace

int new_server(lua_State* L) {
  lua_settop(L, 1);
  const conf* with = to_conf(L, 1);
  if (with == nullptr) return 3;
  sts& s = object<sts>::push(L);
  take_hooks(L, 2, 1);
  refusal why;
  guarded(L, [&] {
    auto made = server::make(with->handle);
    if (!made) return why.set(made.error());
    s.from = std::move(*made);
    s.told = with->told;
    s.freed = false;
  });
  tell(L, with->told, 2);
  return why.given() ? why.push(L) : 1;
}

void define_sts(lua_State* L) {
  push_upvalues(L);
  object<sts>::define(L, {{"accept", accept}, {"reset", reset}, {"close", close}, {"free", free}}, free,
                      object<sts>::collect, connection_upvalues);
}

}  // namespace stls::lua
