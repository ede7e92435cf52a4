-- Answers each request with what is known about the connection: https_server.lua PORT CERT_FILE KEY_FILE.
local sock = require'sock'
local stls = require'sock_libtls'

local port, cert_file, key_file = tonumber(arg[1]), arg[2], arg[3]
if not key_file then error('usage: https_server.lua PORT CERT_FILE KEY_FILE', 0) end

local listener = sock.tcp()
assert(listener:listen('127.0.0.1', port))
local server = assert(stls.server_stcp(listener, {alpn = 'http/1.1', cert_file = cert_file, key_file = key_file}))
io.stdout:setvbuf'line'
print('listening on port ' .. listener.local_port)

local function answer(conn)
  conn:settimeout('w', 10)
  conn:setexpires('r', sock.clock() + 10)  -- for all of the head, however it drips
  local request = ''
  repeat
    local s = conn:recv(4096)
    if not s or s == '' or #request > 16384 then return conn:close() end
    request = request .. s
  until request:find('\r\n\r\n', 1, true)
  local info = conn:info()
  local body = ('%s %s, from %s\n'):format(info.version, info.cipher, conn.remote_addr)
  conn:send(('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s'):format(
    #body, body))
  conn:close()
end

sock.run(function()
  while true do sock.thread(answer, assert(server:accept())) end
end)
