// sock: where its module and sock_libtls's are in the registry of Lua, once they are made.
#pragma once

namespace stls::lua {

inline constexpr const char* sock_key = "stls.sock";
inline constexpr const char* sock_libtls_key = "stls.sock_libtls";

}  // namespace stls::lua
