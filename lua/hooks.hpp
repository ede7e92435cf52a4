// hooks: the options that are functions: keylog, on_handshake, on_session, on_warning.
#pragma once

#include "base/secret.hpp"
#include "lua/api.hpp"

#include <stls/error.hpp>
#include <stls/handshake_event.hpp>
#include <stls/options.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>

namespace stls::lua {

// hook says which; the functions are in a table under these numbers.
enum class hook : std::uint8_t { keylog = 1, on_handshake, on_session, on_warning };

// hooks keeps what there is to tell until the verb that caused it is back in Lua: the functions may raise,
// and stls's own frames must not be jumped over. A config and its connections share one.
class hooks {
 public:
  struct session {
    std::string servername;
    secret bytes;
  };
  struct alarm {  // a warning whose code is our own
    warning::severity level;
    std::string code;
    std::string message;
  };
  using event = std::variant<std::monostate, secret, handshake_event, session, alarm>;

  // connect makes an option that keeps events here. Of a config that outlives the userdata only these are
  // left.
  static void connect(const std::shared_ptr<hooks>&, hook, options&);

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

  // keep pushes a userdata that holds the hooks: whoever held them may be told to let them go.
  static std::shared_ptr<hooks>& keep(lua_State* L, const std::shared_ptr<hooks>&);

  // deliver calls the functions, which are in the table at an index, for what is waiting. An error that one
  // raises goes on; what is left then is told the next time.
  static void deliver(lua_State* L, const std::shared_ptr<hooks>&, int functions);

 private:
  std::deque<event> waiting_;
};

}  // namespace stls::lua
