rockspec_format = '3.0'
package = 'stls'
version = 'scm-1'
source = {url = 'git+file:///'}  -- luarocks make builds the tree that it stands in
description = {
  summary = 'TLS over user-provided I/O, with the functions of libtls, and on sockets that wait in coroutines',
  detailed = 'The Lua modules of stls, for LuaJIT, Lua 5.1, 5.3 and 5.4. They need the installed C++ library.',
  license = 'ISC',
}
supported_platforms = {'unix'}
dependencies = {'lua >= 5.1, ~= 5.2, < 5.5'}
build = {
  type = 'command',
  build_command = 'cmake -S lua -B build/luarocks -DCMAKE_BUILD_TYPE=Release'
    .. ' -DLUA_INCDIR="$(LUA_INCDIR)" -DLUA_MODULE_DIR="$(LIBDIR)" && cmake --build build/luarocks',
  install_command = 'cmake --install build/luarocks',
}
