-- Fetches a page: https_get.lua HOST PORT PATH [CA_FILE]. Without CA_FILE the system's authorities are trusted.
local sock = require'sock'
local stls = require'sock_libtls'

local host, port, path, ca_file = arg[1], tonumber(arg[2]), arg[3], arg[4]
if not path then error('usage: https_get.lua HOST PORT PATH [CA_FILE]', 0) end

local function check(value, err, ...)
  if value then return value, err, ... end
  io.stderr:write('https_get: ', err, '\n')
  os.exit(1)
end

sock.run(function()
  local deadline = sock.clock() + 30
  local tcp = sock.tcp()
  check(tcp:connect(host, port, deadline))
  local conn = check(stls.client_stcp(tcp, host, {alpn = 'http/1.1', ca_file = ca_file}))
  check(conn:connect(nil, deadline))
  local info = conn:info()
  io.stderr:write(info.version, ' ', info.cipher, ' ', info.peer.subject, '\n')

  check(conn:send(('GET %s HTTP/1.0\r\nHost: %s\r\n\r\n'):format(path, host)))
  repeat
    local s = check(conn:recv(16384, deadline))
    io.write(s)
  until s == ''
  conn:close()
end)
