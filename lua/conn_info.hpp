// What both kinds of connections tell of themselves.
#pragma once

#include "base/secret.hpp"
#include "lua/api.hpp"
#include "lua/object.hpp"
#include "lua/refusal.hpp"

#include <stls/conn_info.hpp>

#include <string_view>
#include <utility>

namespace stls::lua {

// push_info pushes what is known about a connection as a table; nil where nothing is yet.
void push_info(lua_State* L, const conn_info&);

// push_info_of does that with what `ask` gives.
template <class Ask>
int push_info_of(lua_State* L, Ask&& ask) {
  conn_info& copy = push_box<conn_info>(L);
  guarded(L, [&] { copy = std::forward<Ask>(ask)(); });
  push_info(L, copy);
  return 1;
}

// push_session gives what a function returns that exports a session, which `ask` does.
template <class Ask>
int push_session(lua_State* L, Ask&& ask) {
  auto& session = push_box<secret>(L);
  refusal why;
  guarded(L, [&] {
    auto exported = std::forward<Ask>(ask)();
    if (!exported) return why.set(exported.error());
    const wiped at_end(*exported);
    session = secret({reinterpret_cast<const char*>(exported->data()), exported->size()});
  });
  if (why.given()) return why.push(L);
  push(L, session.view());
  session.clear();
  return 1;
}

}  // namespace stls::lua
