-- Echoes what clients send that have a certificate: echo_server.lua PORT CERT_FILE KEY_FILE CLIENT_CA_FILE.
-- Each connection is a coroutine: where a verb wants, it yields, and the others go on. It needs LuaSocket.
local socket = require'socket'
local tls = require'libtls'
local transport = require'transport'

local port, cert_file, key_file, ca_file = arg[1], arg[2], arg[3], arg[4]
if not ca_file then error('usage: echo_server.lua PORT CERT_FILE KEY_FILE CLIENT_CA_FILE', 0) end

local server = assert(tls.server{cert_file = cert_file, key_file = key_file, ca_file = ca_file, verify_client = true})
local listener = assert(socket.bind('127.0.0.1', port))
listener:settimeout(0)
print('listening on port ' .. select(2, listener:getsockname()))
io.stdout:flush()

-- Who waits for what: coroutines by socket.
local reading, writing = {}, {}

local function patient(sock, conn, verb, ...)
  while true do
    local value, err = conn[verb](conn, ...)
    if value or err ~= 'wantrecv' and err ~= 'wantsend' then return value, err end
    local waiting = err == 'wantrecv' and reading or writing
    waiting[sock] = coroutine.running()
    coroutine.yield()
  end
end

local function echo(sock)
  local conn = assert(server:accept(transport.read, transport.write, sock))
  local ok, err = patient(sock, conn, 'handshake')
  if ok then
    local who = conn:info().peer.common_name
    print('hello ' .. who)
    while true do
      local s
      s, err = patient(sock, conn, 'recv')
      if not s or s == '' then break end
      while s and s ~= '' do
        local n
        n, err = patient(sock, conn, 'send', s)
        s = n and s:sub(n + 1)
      end
    end
    print('goodbye ' .. who)
  end
  if err then print('failed: ' .. err) end
  io.stdout:flush()
  patient(sock, conn, 'close')
  conn:free()
  sock:close()
end

-- A coroutine that fails takes its own connection with it, and no other.
local function resume(co, ...)
  local ok, err = coroutine.resume(co, ...)
  if not ok then io.stderr:write(debug.traceback(co, err), '\n') end
end

local function keys(t, list)
  for k in pairs(t) do list[#list + 1] = k end
  return list
end

local function wake(ready, waiting)
  for _, sock in ipairs(ready) do
    local co = waiting[sock]
    waiting[sock] = nil
    if co then resume(co) end
  end
end

while true do
  local can_read, can_write = socket.select(keys(reading, {listener}), keys(writing, {}))
  wake(can_write, writing)
  wake(can_read, reading)
  local sock = listener:accept()
  if sock then
    sock:settimeout(0)
    resume(coroutine.create(echo), sock)
  end
end
