// words: what verbs of sockets take and give, as Lua has it.
#pragma once

#include "lua/api.hpp"

#include <stls/error.hpp>
#include <stls/sock/direction.hpp>
#include <stls/sock/expires.hpp>

#include <chrono>
#include <cstddef>
#include <span>

namespace stls::lua {

// push_error pushes what a verb returns that failed: nil, and the name that programs look for, if the error
// has one, else a sentence. It gives 2.
int push_error(lua_State* L, const error&);

// A point in time, as sock.clock() counts.
[[nodiscard]] double to_seconds(std::chrono::steady_clock::time_point) noexcept;
// time_at is one that is an argument. What is too far away to count is the last one.
[[nodiscard]] std::chrono::steady_clock::time_point time_at(lua_State* L, int at);
// seconds_at is a duration; what is too long is the longest.
[[nodiscard]] std::chrono::steady_clock::duration seconds_at(lua_State* L, int at);
// point_after is that time from now; the last one that can be counted, if it is longer than that.
[[nodiscard]] std::chrono::steady_clock::time_point point_after(std::chrono::steady_clock::duration) noexcept;
// expires_at is the last argument of verbs: none is the socket's own deadline.
[[nodiscard]] expires expires_at(lua_State* L, int at);

// 'r', 'w', 'rw'; none is both.
[[nodiscard]] direction direction_at(lua_State* L, int at);

// size_at is a number of bytes.
[[nodiscard]] std::size_t size_at(lua_State* L, int at, double least);

// bytes_at is what is to be sent: a string, or memory of the FFI. Behind it stands how much of it, which for
// memory must be there.
[[nodiscard]] std::span<const std::byte> bytes_at(lua_State* L, int at);

}  // namespace stls::lua
