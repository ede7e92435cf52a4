-- Echoes over the sockets of stls: sock_echo.lua CERT_FILE KEY_FILE.
local sock = require'sock'
local stls = require'sock_libtls'

local listener = sock.tcp()
assert(listener:listen('127.0.0.1', 0))
local server = assert(stls.server_stcp(listener, {cert_file = arg[1], key_file = arg[2]}))
io.stdout:setvbuf'no'
print('listening on port ' .. listener.local_port)

local function echo(conn)
  repeat
    local s = assert(conn:recv(16384))
    if s ~= '' then assert(conn:send(s)) end
  until s == ''
  conn:close()
end

sock.run(function()
  while true do sock.thread(echo, assert(server:accept())) end
end)
