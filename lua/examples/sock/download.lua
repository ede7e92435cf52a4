-- Downloads a file: download.lua HOST PORT PATH FILE [CA_FILE].
-- FILE is there when all has come and is written: what was cut off on its way is no download.
local sock = require'sock'
local stls = require'sock_libtls'

local host, port, path, file, ca_file = arg[1], tonumber(arg[2]), arg[3], arg[4], arg[5]
if not file then error('usage: download.lua HOST PORT PATH FILE [CA_FILE]', 0) end

local function check(value, err, ...)
  if value then return value, err, ... end
  io.stderr:write('download: ', err, '\n')
  os.exit(1)
end

sock.run(function()
  local deadline = sock.clock() + 60
  local most = 100 * 1024 * 1024
  local tcp = sock.tcp()
  check(tcp:connect(host, port, deadline))
  local conn = check(stls.client_stcp(tcp, host, {ca_file = ca_file}))
  check(conn:send(('GET %s HTTP/1.0\r\nHost: %s\r\n\r\n'):format(path, host)))
  local read = check(conn:recvall_read(deadline, most))
  conn:close()

  -- The header ends with the first empty line.
  local header, finish = ''
  repeat
    header = header .. check(read(1024))
    finish = select(2, header:find('\r\n\r\n', 1, true))
  until finish
  local status = header:match'^HTTP/1%.%d (%d+)'
  if status ~= '200' then check(nil, 'the server answered ' .. tostring(status)) end
  local part = file .. '.part'
  local out = check(io.open(part, 'wb'))
  local s = header:sub(finish + 1)
  while s do
    check(out:write(s))
    s = read(65536)
  end
  check(out:close())
  check(os.rename(part, file))
end)
