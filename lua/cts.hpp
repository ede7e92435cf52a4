// cts: one TLS connection in Lua, of either role.
#pragma once

#include "lua/api.hpp"
#include "lua/callbacks.hpp"
#include "lua/hooks.hpp"

#include <stls/connection.hpp>

#include <cstdint>
#include <memory>

namespace stls::lua {

// cts is what tls.client and sts:accept give.
struct cts {
  static constexpr char name[] = "libtls.cts";

  enum class state : std::uint8_t { freed, unconnected, connected, closed };

  state now = state::freed;
  bool accepted = false;
  client from{};
  connection conn{};
  callbacks io{};
  std::shared_ptr<hooks> told{};
};

// push_upvalues pushes the upvalues of each function that calls callbacks or takes them.
void push_upvalues(lua_State* L);

// define_cts makes the class.
void define_cts(lua_State* L);

// new_client is tls.client(conf); push_accepted begins what sts:accept gives, whose callbacks stand at an
// index.
int new_client(lua_State* L);
cts& push_accepted(lua_State* L, int first, const std::shared_ptr<hooks>& told, int functions);

}  // namespace stls::lua
