// conf: a config in Lua.
#pragma once

#include "lua/api.hpp"
#include "lua/hooks.hpp"

#include <stls/config.hpp>

#include <memory>

namespace stls::lua {

// conf is what tls.config gives. Its anchors are the functions among its options.
struct conf {
  static constexpr char name[] = "stls.config";

  config handle{};
  std::shared_ptr<hooks> told{};
};

// to_conf replaces a table of options at an index, or none, by a conf, and gives it. A null pointer: the
// options are refused, and on top of the stack are the three values that say why. Misuse raises.
conf* to_conf(lua_State* L, int at);

// take_hooks lets a userdata keep the functions of the conf at an index.
void take_hooks(lua_State* L, int userdata, int conf_at);

// tell lets these functions know what there is to tell. It raises what they raise.
void tell(lua_State* L, const std::shared_ptr<hooks>&, int userdata);

// add_conf_functions adds `config`, `engines` and `version` to the module, the table on top.
void add_conf_functions(lua_State* L);

}  // namespace stls::lua
