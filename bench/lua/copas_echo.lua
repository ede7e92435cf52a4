-- Echoes over lua-sec under copas: copas_echo.lua CERT_FILE KEY_FILE SIZE. Messages have SIZE bytes.
local socket = require'socket'
local ssl = require'ssl'
local copas = require'copas'

local size = tonumber(arg[3])
local context = assert(ssl.newcontext{mode = 'server', protocol = 'tlsv1_3', certificate = arg[1], key = arg[2]})
local listener = assert(socket.bind('127.0.0.1', 0, 1024))
io.stdout:setvbuf'no'
print('listening on port ' .. select(2, listener:getsockname()))

-- Debian 12's copas knows no TLS. It waits where a socket says `timeout`, which is what lua-sec's `wantread` means; so
-- it is given one that says so, and whose receive does what `verb` does.
local function seen_by_copas(conn, verb)
  return {
    receive = function(_, ...)
      local answer, err, part = verb(conn, ...)
      return answer, err == 'wantread' and 'timeout' or err, part
    end,
    send = function(_, ...)
      local answer, err, last = conn:send(...)
      return answer, err == 'wantwrite' and 'timeout' or err, last
    end,
    getfd = function() return conn:getfd() end,
    dirty = function() return conn:dirty() end,
    close = function() return conn:close() end,  -- copas does that when the handler is over
  }
end

copas.addserver(listener, function(tcp)
  tcp:setoption('tcp-nodelay', true)
  local conn = assert(ssl.wrap(tcp, context))
  conn:settimeout(0)
  assert(copas.receive(seen_by_copas(conn, conn.dohandshake)))
  local through = seen_by_copas(conn, conn.receive)
  while true do
    local s, err = copas.receive(through, size)
    if not s then
      assert(err == 'closed', err)
      break
    end
    assert(copas.send(through, s))
  end
end)
copas.loop()
