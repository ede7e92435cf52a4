// draft: options on their way from a table of Lua to a config.
#pragma once

#include "lua/api.hpp"
#include "lua/hooks.hpp"
#include "lua/refusal.hpp"

#include <stls/keyring.hpp>
#include <stls/options.hpp>

#include <cstddef>
#include <memory>

namespace stls::lua {

// draft is a userdata while a table is read, since reading may raise, and what was read may be a key.
struct draft {
  static constexpr char name[] = "stls.draft";

  draft() noexcept = default;
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;
  ~draft() { forget(); }

  // forget wipes the options.
  void forget() noexcept;

  options opt{};
  std::shared_ptr<hooks> told{};  // of the functions that were given; they are in the draft's anchors
  refusal why{};                  // a file that cannot be read
};

// read_options reads the table at an index into a draft, a userdata on top of the stack. It raises what can
// only be a mistake in the program: an option that does not exist, with the name of the nearest, or a value
// of a wrong type. A file that cannot be read is the draft's refusal. It leaves a table on the stack, which
// keeps what options only refer to.
void read_options(lua_State* L, int table, draft&);

// push_ticket_key reads one of the option ticket_keys into a userdata, which wipes it. The refusal as above.
[[nodiscard]] ticket_key& push_ticket_key(lua_State* L, int table, int index, refusal&);

}  // namespace stls::lua
