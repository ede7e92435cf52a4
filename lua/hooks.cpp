#include "lua/hooks.hpp"

#include "lua/object.hpp"
#include "lua/refusal.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stls::lua {

template <>
const char box<hooks::event>::name[] = "stls.event";
template <>
const char box<std::shared_ptr<hooks>>::name[] = "stls.hooks";

namespace {

std::string_view word(warning::severity level) noexcept {
  switch (level) {
    case warning::severity::notice:
      return "notice";
    case warning::severity::warning:
      return "warning";
    case warning::severity::serious:
      return "serious";
  }
  return "serious";
}

// push gives the arguments of a function; how many they are.
int push(lua_State*, std::monostate) { return 0; }

int push(lua_State* L, const secret& line) {
  lua::push(L, line.view());
  return 1;
}

int push(lua_State* L, const hooks::session& s) {
  lua::push(L, s.servername);
  lua::push(L, s.bytes.view());
  return 2;
}

int push(lua_State* L, const hooks::alarm& a) {
  lua_newtable(L);
  set_field(L, "severity", word(a.level));
  set_field(L, "code", a.code);
  set_field(L, "message", a.message);
  return 1;
}

int push(lua_State* L, const handshake_event& e) {
  lua_newtable(L);
  set_field(L, "role", e.role == role::client ? "client" : "server");
  set_field(L, "servername", e.servername);
  set_field(L, "version", e.version);
  set_field(L, "cipher", e.cipher);
  set_field(L, "group", e.group);
  set_field(L, "alpn", e.alpn);
  lua_pushboolean(L, e.resumed ? 1 : 0);
  lua_setfield(L, -2, "resumed");
  lua_pushnumber(L, std::chrono::duration<double>(e.duration).count());
  lua_setfield(L, -2, "duration");
  if (e.error) {
    set_field(L, "error", e.error->message);
    set_field(L, "code", code_of(*e.error));
  }
  return 1;
}

hook which(const hooks::event& e) noexcept { return static_cast<hook>(e.index()); }

// An event's place among the alternatives is the number of its hook.
static_assert(
    std::is_same_v<std::variant_alternative_t<std::size_t(hook::on_warning), hooks::event>, hooks::alarm>);
static_assert(
    std::is_same_v<std::variant_alternative_t<std::size_t(hook::on_session), hooks::event>, hooks::session>);

}  // namespace

void hooks::connect(const std::shared_ptr<hooks>& self, hook h, options& opt) {
  switch (h) {
    case hook::keylog:
      opt.keylog = [self](std::string_view line) { self->waiting_.emplace_back(secret(line)); };
      break;
    case hook::on_handshake:
      opt.on_handshake = [self](const handshake_event& e) { self->waiting_.emplace_back(e); };
      break;
    case hook::on_session:
      opt.on_session = [self](std::string_view servername, std::span<const std::byte> bytes) {
        self->waiting_.emplace_back(session{
            std::string(servername), secret({reinterpret_cast<const char*>(bytes.data()), bytes.size()})});
      };
      break;
    case hook::on_warning:
      opt.on_warning = [self](const warning& w) {
        self->waiting_.emplace_back(alarm{w.level, std::string(w.code), w.message});
      };
      break;
  }
}

std::shared_ptr<hooks>& hooks::keep(lua_State* L, const std::shared_ptr<hooks>& told) {
  auto& kept = push_box<std::shared_ptr<hooks>>(L);
  kept = told;
  return kept;
}

void hooks::deliver(lua_State* L, const std::shared_ptr<hooks>& from, int functions) {
  functions = absolute(L, functions);
  // The functions may do anything to those who hold the hooks.
  auto& kept = keep(L, from);
  while (!kept->waiting_.empty()) {
    luaL_checkstack(L, 8, "too many events");
    event& e = push_box<event>(L);
    e = std::move(kept->waiting_.front());
    kept->waiting_.pop_front();
    lua_rawgeti(L, functions, static_cast<int>(which(e)));
    const int arguments = std::visit([L](const auto& told) { return push(L, told); }, e);
    lua_call(L, arguments, 0);
    e = std::monostate();  // a box that is made while Lua is closed is not finalized
    lua_pop(L, 1);
  }
  kept.reset();
  lua_pop(L, 1);
}

}  // namespace stls::lua
