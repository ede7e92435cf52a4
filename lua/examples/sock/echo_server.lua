-- Echoes what clients send that have a certificate: echo_server.lua PORT CERT_FILE KEY_FILE CLIENT_CA_FILE.
local sock = require'sock'
local stls = require'sock_libtls'

local port, cert_file, key_file, ca_file = tonumber(arg[1]), arg[2], arg[3], arg[4]
if not ca_file then error('usage: echo_server.lua PORT CERT_FILE KEY_FILE CLIENT_CA_FILE', 0) end

local listener = sock.tcp()
assert(listener:listen('127.0.0.1', port))
local server = assert(stls.server_stcp(listener,
  {cert_file = cert_file, key_file = key_file, ca_file = ca_file, verify_client = true}))
io.stdout:setvbuf'line'
print('listening on port ' .. listener.local_port)

local function echo(conn)
  local ok, err = conn:handshake()
  if ok then
    local who = conn:info().peer.common_name
    print('hello ' .. who)
    repeat
      local s
      s, err = conn:recv()
      if s and s ~= '' then ok, err = conn:send(s) end
    until not s or s == '' or not ok
    print('goodbye ' .. who)
  end
  if err then print('failed: ' .. err) end
  conn:close()
end

-- A thread that fails takes its own connection with it, and no other.
sock.run(function()
  while true do sock.thread(echo, assert(server:accept())) end
end)
