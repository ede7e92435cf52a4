#include "lua/sock/words.hpp"

#include "lua/callbacks.hpp"

#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace stls::lua {

namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

struct named {
  std::error_code code;
  const char* word;
};

// The names of the module's documents. An error without one shows its sentence.
const char* name_of(const std::error_code& code) noexcept {
  const named names[] = {
      {errc::timed_out, "timeout"},
      {errc::eof, "eof"},
      {errc::closed, "closed"},
      {errc::truncated, "truncated"},
      {errc::cancelled, "cancelled"},
      {errc::busy, "busy"},
      {errc::too_large, "too_large"},
      {errc::not_found, "not_found"},
      {errc::out_of_memory, "out_of_mem"},
  };
  for (const named& n : names) {
    if (n.code == code) return n.word;
  }
  const std::pair<std::errc, const char*> system[] = {
      {std::errc::permission_denied, "access_denied"},
      {std::errc::operation_not_permitted, "access_denied"},
      {std::errc::address_in_use, "address_already_in_use"},
      {std::errc::connection_aborted, "connection_aborted"},
      {std::errc::connection_reset, "connection_reset"},
      {std::errc::connection_refused, "connection_refused"},
      {std::errc::no_such_file_or_directory, "not_found"},
      {std::errc::not_enough_memory, "out_of_mem"},
  };
  for (const auto& [number, word] : system) {
    if (code == number) return word;
  }
  return nullptr;
}

double number_at(lua_State* L, int at) {
  const auto n = static_cast<double>(luaL_checknumber(L, at));
  if (n != n) luaL_argerror(L, at, "not a number");
  return n;
}

constexpr double largest = 1e15;  // more than any memory has

}  // namespace

int push_error(lua_State* L, const error& e) {
  lua_pushnil(L);
  if (const char* const word = name_of(e.code); word != nullptr) {
    lua_pushstring(L, word);
  } else if (!e.message.empty()) {
    push(L, e.message);
  } else {
    lua_pushliteral(L, "internal error");
  }
  return 2;
}

double to_seconds(clock::time_point t) noexcept { return seconds(t.time_since_epoch()).count(); }

clock::time_point time_at(lua_State* L, int at) { return clock::time_point(seconds_at(L, at)); }

clock::duration seconds_at(lua_State* L, int at) {
  const seconds wanted(number_at(L, at));
  if (wanted <= seconds::zero()) return clock::duration::zero();
  if (wanted >= seconds(clock::duration::max())) return clock::duration::max();
  return std::chrono::duration_cast<clock::duration>(wanted);
}

clock::time_point point_after(clock::duration wait) noexcept {
  const clock::time_point now = clock::now();
  return wait >= clock::time_point::max() - now ? clock::time_point::max() : now + wait;
}

expires expires_at(lua_State* L, int at) {
  if (lua_isnoneornil(L, at)) return {};
  const clock::time_point t = time_at(L, at);
  return t == clock::time_point::max() ? expires::never : expires(t);
}

direction direction_at(lua_State* L, int at) {
  const std::string_view word = luaL_optstring(L, at, "rw");
  if (word == "r") return direction::read;
  if (word == "w") return direction::write;
  if (word != "rw") luaL_argerror(L, at, "'r', 'w' or 'rw' expected");
  return direction::both;
}

std::size_t size_at(lua_State* L, int at, double least) {
  const double n = number_at(L, at);
  if (!(n >= least && n <= largest)) luaL_argerror(L, at, "out of range");
  return static_cast<std::size_t>(n);
}

std::span<const std::byte> bytes_at(lua_State* L, int at) {
  if (lua_type(L, at) == type_cdata) {
    const std::size_t n = size_at(L, at + 1, 0);
    if (n == 0) return {};
    return {static_cast<const std::byte*>(pointer_at(L, at)), n};
  }
  if (lua_type(L, at) != LUA_TSTRING) type_error(L, at, "string or buffer");
  const auto all = std::as_bytes(std::span(string_at(L, at)));
  if (lua_isnoneornil(L, at + 1)) return all;
  const std::size_t n = size_at(L, at + 1, 0);
  if (n > all.size()) luaL_argerror(L, at + 1, "more than the string has");
  return all.first(n);
}

}  // namespace stls::lua
