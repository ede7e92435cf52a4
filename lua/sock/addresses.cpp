#include "lua/sock/addresses.hpp"

#include "lua/object.hpp"
#include "lua/sock/await.hpp"
#include "lua/sock/handle.hpp"
#include "lua/sock/look_up.hpp"
#include "lua/sock/words.hpp"

#include <sys/socket.h>

#include <memory>
#include <string_view>
#include <utility>

namespace stls::lua {

template <>
const char box<place>::name[] = "sock.place";

namespace {

const char* word(int family) noexcept {
  switch (family) {
    case AF_INET:
      return "inet";
    case AF_INET6:
      return "inet6";
    default:
      return "unix";
  }
}

std::uint16_t port_at(lua_State* L, int at) {
  const auto n = static_cast<double>(luaL_checknumber(L, at));
  if (!(n >= 0 && n <= 65535) || n != static_cast<std::uint16_t>(n))
    luaL_argerror(L, at, "a port is 0 to 65535");
  return static_cast<std::uint16_t>(n);
}

// One address.
struct single {
  static constexpr char name[] = "sock.single_address";
  address is{};
};

int single_family(lua_State* L) {
  lua_pushstring(L, word(family_of(object<single>::check(L, 1).is)));
  return 1;
}

int single_port(lua_State* L) {
  lua_pushinteger(L, object<single>::check(L, 1).is.port);
  return 1;
}

int single_host(lua_State* L) {
  push(L, object<single>::check(L, 1).is.host);
  return 1;
}

void push_text(lua_State* L, const address& a) {
  const bool brackets = family_of(a) == AF_INET6;
  if (family_of(a) == AF_UNIX) return push(L, a.host);
  lua_pushfstring(L, brackets ? "[%s]:%d" : "%s:%d", a.host.c_str(), static_cast<int>(a.port));
}

int single_text(lua_State* L) {
  push_text(L, object<single>::check(L, 1).is);
  return 1;
}

// The iterator of addrs: its upvalues are the list, and which came last.
int next_address(lua_State* L) {
  const addresses& all = object<addresses>::check(L, lua_upvalueindex(1));
  const auto at = static_cast<std::size_t>(lua_tonumber(L, lua_upvalueindex(2)));
  if (at >= all.found.size()) return 0;
  single& one = object<single>::push(L);
  guarded(L, [&] { one.is = all.found[at]; });
  lua_pushnumber(L, static_cast<lua_Number>(at + 1));
  lua_replace(L, lua_upvalueindex(2));
  return 1;
}

int addrs(lua_State* L) {
  static_cast<void>(object<addresses>::check(L, 1));
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_address, 2);
  return 1;
}

int text(lua_State* L) {
  const addresses& all = object<addresses>::check(L, 1);
  lua_pushfstring(L, "%s:%d", all.host.c_str(), static_cast<int>(all.port));
  return 1;
}

class look_up_job final : public job {
 public:
  look_up_job(asio::io_context& io, std::string host, std::uint16_t port, int family)
      : io_(io), host_(std::move(host)), port_(port), family_(family) {}

  asio::awaitable<void> run() override {
    auto found = co_await look_up(io_, host_, port_, family_);
    if (keep(found)) found_ = std::move(*found);
  }
  int push(lua_State* L, int /*anchors*/) override {
    if (const error* const why = failure(); why != nullptr) return push_error(L, *why);
    addresses& all = object<addresses>::push(L);
    guarded(L, [&] {
      all.host = host_;
      all.port = port_;
      all.found = found_;
    });
    return 1;
  }

 private:
  asio::io_context& io_;
  std::string host_;
  std::uint16_t port_;
  int family_;
  std::vector<address> found_;
};

// addr(host, port, [family]), addr(ai)
int addr(lua_State* L) {
  if (object<addresses>::find(L, 1) != nullptr) {
    lua_settop(L, 1);
    return 1;
  }
  const std::string_view host = (luaL_checkstring(L, 1), string_at(L, 1));
  const std::uint16_t port = lua_isnoneornil(L, 2) ? std::uint16_t{0} : port_at(L, 2);
  const int family = family_at(L, 3);
  loop& in = loop_of(L);
  return await_anywhere(
      L, [&] { return std::make_shared<look_up_job>(in.io(), std::string(host), port, family); });
}

}  // namespace

int family_of(const address& a) noexcept {
  if (a.host.starts_with("unix:")) return AF_UNIX;
  return a.host.find(':') != std::string::npos ? AF_INET6 : AF_INET;
}

int family_at(lua_State* L, int at) {
  if (lua_isnoneornil(L, at)) return AF_UNSPEC;
  const std::string_view given = luaL_checkstring(L, at);
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    if (given == word(family)) return family;
  }
  return luaL_argerror(L, at, "'inet', 'inet6' or 'unix' expected");
}

place& place_at(lua_State* L, int at, int& next) {
  const addresses* const known = object<addresses>::find(L, at);
  std::string_view host;
  std::uint16_t port = 0;
  next = at + 1;
  if (known == nullptr) {
    host = (luaL_checkstring(L, at), string_at(L, at));
    const bool needs_none = host.starts_with("unix:") && lua_isnoneornil(L, at + 1);
    port = needs_none ? std::uint16_t{0} : port_at(L, at + 1);
    next = at + 2;
  }
  place& p = push_box<place>(L);
  guarded(L, [&] {
    p.host = known != nullptr ? known->host : std::string(host);
    p.port = known != nullptr ? known->port : port;
    if (known != nullptr) p.found = known->found;
  });
  return p;
}

void add_address_functions(lua_State* L) {
  object<addresses>::define(L, {{"addrs", addrs}, {"tostring", text}}, object<addresses>::collect);
  object<single>::define(
      L, {{"family", single_family}, {"port", single_port}, {"host", single_host}, {"tostring", single_text}},
      object<single>::collect);
  add_functions(L, {{"addr", addr}});
}

}  // namespace stls::lua
