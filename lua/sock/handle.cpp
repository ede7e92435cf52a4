#include "lua/sock/handle.hpp"

#include "lua/conf.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/words.hpp"

#include <asio/socket_base.hpp>
#include <stls/sock/address.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace stls::lua {

template <>
const char box<address>::name[] = "sock.address";
template <>
const char box<std::optional<error>>::name[] = "sock.error";

namespace {

// -- fields

// An address of the socket, or nil.
int push_address(lua_State* L, handle& h, std::string_view which) {
  address& a = push_box<address>(L);
  bool known = false;
  guarded(L, [&] {
    if (h.of == nullptr) return;
    auto got = which.starts_with("remote") ? h.of->lower().remote() : h.of->lower().local();
    known = got.has_value();
    if (known) a = std::move(*got);
  });
  if (!known) {
    lua_pushnil(L);
  } else if (which.ends_with("port")) {
    lua_pushinteger(L, a.port);
  } else {
    push(L, a.host);
  }
  return 1;
}

enum index_upvalue : int { methods = sock_upvalues + 1 };

int field(lua_State* L) {
  auto& h = *static_cast<handle*>(lua_touserdata(L, 1));
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(methods));
  if (!lua_isnil(L, -1)) return 1;
  push_anchors(L, 1);
  lua_rawgeti(L, -1, own_fields);
  if (lua_istable(L, -1)) {
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1)) return 1;
  }
  const std::string_view key = lua_type(L, 2) == LUA_TSTRING ? string_at(L, 2) : std::string_view();
  if (key == "remote_addr" || key == "remote_port" || key == "local_addr" || key == "local_port")
    return push_address(L, h, key);
  if (key == "tcp" && object<tcp_handle>::find(L, 1) == nullptr && h.of != nullptr) {
    push_handle<tcp_handle>(L, h.of);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_settable(L, 1);  // the same one the next time
    return 1;
  }
  return 0;
}

int set_field_of(lua_State* L) {
  push_anchors(L, 1);
  lua_rawgeti(L, -1, own_fields);
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, own_fields);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lua_rawset(L, -3);
  return 0;
}

// -- options of sockets

struct option {
  const char* name;
  int level;
  int number;
  bool is_flag;
};

const option* option_at(lua_State* L, int at) {
  static constexpr option known[] = {
      {"keepalive", SOL_SOCKET, SO_KEEPALIVE, true},
      {"reuseaddr", SOL_SOCKET, SO_REUSEADDR, true},
      {"reuseport", SOL_SOCKET, SO_REUSEPORT, true},
      {"tcp_nodelay", IPPROTO_TCP, TCP_NODELAY, true},
      {"rcvbuf", SOL_SOCKET, SO_RCVBUF, false},
      {"sndbuf", SOL_SOCKET, SO_SNDBUF, false},
      {"error", SOL_SOCKET, SO_ERROR, false},
      {"tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE, false},
      {"tcp_keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, false},
      {"tcp_keepcnt", IPPROTO_TCP, TCP_KEEPCNT, false},
  };
  const std::string_view name = luaL_checkstring(L, at);
  for (const option& o : known) {
    if (o.name == name) return &o;
  }
  luaL_argerror(L, at, "an option that sockets do not have");
  return nullptr;
}

// As options of Asio are.
class option_value {
 public:
  explicit option_value(const option& o, int value = 0) noexcept : which_(o), value_(value) {}
  [[nodiscard]] int value() const noexcept { return value_; }

  template <class Protocol>
  [[nodiscard]] int level(const Protocol&) const noexcept {
    return which_.level;
  }
  template <class Protocol>
  [[nodiscard]] int name(const Protocol&) const noexcept {
    return which_.number;
  }
  template <class Protocol>
  [[nodiscard]] int* data(const Protocol&) noexcept {
    return &value_;
  }
  template <class Protocol>
  [[nodiscard]] const int* data(const Protocol&) const noexcept {
    return &value_;
  }
  template <class Protocol>
  [[nodiscard]] std::size_t size(const Protocol&) const noexcept {
    return sizeof value_;
  }
  template <class Protocol>
  void resize(const Protocol&, std::size_t) noexcept {}

 private:
  const option& which_;
  int value_;
};

// Pushes what came of a call that does not wait: true, or nil and why not.
int push_done(lua_State* L, std::optional<error>& failed) {
  if (failed) return push_error(L, *failed);
  lua_pushboolean(L, 1);
  return 1;
}

// setopt(name, value)
int setopt(lua_State* L) {
  handle& h = handle_at(L, 1);
  const option* const o = option_at(L, 2);
  int value = 0;
  if (o->is_flag) {
    luaL_checktype(L, 3, LUA_TBOOLEAN);
    value = lua_toboolean(L, 3);
  } else {
    constexpr double most = std::numeric_limits<int>::max();
    if (static_cast<double>(luaL_checknumber(L, 3)) > most) luaL_argerror(L, 3, "out of range");
    value = static_cast<int>(size_at(L, 3, 0));
  }
  auto& failed = push_box<std::optional<error>>(L);
  guarded(L, [&] {
    auto done = h.of->lower().set_option(option_value(*o, value));
    if (!done) failed = std::move(done.error());
  });
  return push_done(L, failed);
}

// getopt(name)
int getopt(lua_State* L) {
  handle& h = handle_at(L, 1);
  const option* const o = option_at(L, 2);
  auto& failed = push_box<std::optional<error>>(L);
  int value = 0;
  guarded(L, [&] {
    option_value wanted(*o);
    auto done = h.of->lower().get_option(wanted);
    if (!done) failed = std::move(done.error());
    value = wanted.value();
  });
  if (failed) return push_done(L, failed);
  if (o->is_flag) {
    lua_pushboolean(L, value != 0 ? 1 : 0);
  } else {
    lua_pushinteger(L, value);
  }
  return 1;
}

// -- deadlines, and the rest that does not wait

// The direction may stand before the time, or behind it.
direction take_direction(lua_State* L) {
  lua_settop(L, 3);
  if (lua_type(L, 2) == LUA_TSTRING && lua_isnumber(L, 2) == 0) {
    lua_pushvalue(L, 2);
    lua_remove(L, 2);
  }
  return direction_at(L, 3);
}

// setexpires([rw], [t])
int setexpires(lua_State* L) {
  handle& h = handle_at(L, 1);
  const direction d = take_direction(L);
  const auto t = lua_isnil(L, 2) ? loop::clock::time_point::max() : time_at(L, 2);
  guarded(L, [&] { h.of->lower().setexpires(d, t); });
  lua_pushboolean(L, 1);
  return 1;
}

// settimeout([rw], [s])
int settimeout(lua_State* L) {
  handle& h = handle_at(L, 1);
  const direction d = take_direction(L);
  const auto each = lua_isnil(L, 2) ? loop::clock::duration::max() : seconds_at(L, 2);
  guarded(L, [&] { h.of->lower().settimeout(d, each); });
  lua_pushboolean(L, 1);
  return 1;
}

int closed(lua_State* L) {
  const handle& h = handle_at(L, 1);
  bool is = false;
  guarded(L, [&] {
    switch (h.of->now()) {
      case socket::kind::plain:
        is = h.of->plain().closed();
        break;
      case socket::kind::secure:
        is = h.of->secure().closed();
        break;
      case socket::kind::server:
        is = h.of->server().closed();
        break;
    }
  });
  lua_pushboolean(L, is ? 1 : 0);
  return 1;
}

int cancel(lua_State* L) {
  handle& h = handle_at(L, 1);
  loop& in = loop_of(L);
  guarded(L, [&] {
    in.settle();
    h.of->lower().cancel();
  });
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace

handle& handle_at(lua_State* L, int at) {
  handle* h = object<tcp_handle>::find(L, at);
  if (h == nullptr) h = object<cstcp_handle>::find(L, at);
  if (h == nullptr) h = object<sstcp_handle>::find(L, at);
  if (h == nullptr) type_error(L, at, "socket");
  return check_open(L, at, *h);
}

handle& check_open(lua_State* L, int at, handle& h) {
  if (h.of == nullptr) luaL_argerror(L, at, "the socket is gone");
  return h;
}

handle& plain_at(lua_State* L, int at) {
  handle& h = open_handle_at<tcp_handle>(L, at);
  if (h.of->now() != socket::kind::plain) luaL_argerror(L, at, "the socket is in use by what was made of it");
  return h;
}

void tell_owner(lua_State* L, int at) {
  const handle* h = object<cstcp_handle>::find(L, at);
  if (h == nullptr) h = object<sstcp_handle>::find(L, at);
  if (h != nullptr) tell(L, h->told, at);
}

int drop_handle(lua_State* L) {
  handle& h = handle_at(L, 1);
  guarded(L, [&] {
    h.of->abandon();
    h.of.reset();
  });
  return 0;
}

void finish_class(lua_State* L, const char* name) {
  // All under both names, in a table of their own: one that is walked through must not grow.
  const int given = lua_gettop(L);
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, given) != 0) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, given + 1);
    lua_pushfstring(L, "try_%s", lua_tostring(L, -2));
    lua_insert(L, -2);
    lua_rawset(L, given + 1);
  }
  luaL_getmetatable(L, name);
  push_sock_upvalues(L);
  lua_pushvalue(L, given + 1);
  lua_pushcclosure(L, field, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, set_field_of);
  lua_setfield(L, -2, "__newindex");
  lua_settop(L, given - 1);
}

void add_socket_methods(lua_State* L) {
  add_functions(L, {{"setopt", setopt},
                    {"getopt", getopt},
                    {"setexpires", setexpires},
                    {"settimeout", settimeout},
                    {"closed", closed},
                    {"cancel", cancel}});
}

}  // namespace stls::lua
