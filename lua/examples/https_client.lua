-- Fetches a page: https_client.lua HOST PORT PATH [CA_FILE]. Without CA_FILE the system's authorities are trusted.
-- It needs LuaSocket, but only to move bytes.
local socket = require'socket'
local tls = require'libtls'
local transport = require'transport'

local host, port, path, ca_file = arg[1], arg[2], arg[3], arg[4]

local function fail(...)
  io.stderr:write('https_client: ', ...)
  io.stderr:write('\n')
  os.exit(1, true)
end

if not path then fail'usage: https_client.lua HOST PORT PATH [CA_FILE]' end

local client, bad_option = tls.client{alpn = 'http/1.1', ca_file = ca_file}
if not client then fail(bad_option) end

local sock, no_route = socket.connect(host, port)
if not sock then fail(no_route) end
sock:settimeout(0)

-- Repeats a verb until it wants no more.
local function patient(verb, ...)
  while true do
    local value, err, code = client[verb](client, ...)
    if value then return value end
    if err == 'wantrecv' then
      socket.select({sock}, nil)
    elseif err == 'wantsend' then
      socket.select(nil, {sock})
    else
      fail(err, ' (', code, ')')
    end
  end
end

local ok, why = client:connect(host, transport.read, transport.write, sock)
if not ok then fail(why) end

local request = ('GET %s HTTP/1.0\r\nHost: %s\r\n\r\n'):format(path, host)
while request ~= '' do request = request:sub(patient('send', request) + 1) end

local info = client:info()
io.stderr:write(info.version, ' ', info.cipher, ' ', info.peer.subject, '\n')

repeat
  local s = patient('recv')
  io.write(s)
until s == ''
patient('close')
sock:close()
