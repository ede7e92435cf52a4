-- Talks to `openssl s_server -rev`, which sends each line back, reversed: reverse_client.lua HOST PORT CA_FILE.
local sock = require'sock'
local stls = require'sock_libtls'

local host, port, ca_file = arg[1], tonumber(arg[2]), arg[3]

local function same(value, wanted, what)
  if value ~= wanted then error(('%s: %s, not %s'):format(what, tostring(value), tostring(wanted)), 2) end
end

local conf = assert(stls.config{ca_file = ca_file, engine = os.getenv'STLS_ENGINE'})

local function connected(session)
  local tcp = assert(sock.tcp())
  assert(tcp:connect(host, port))
  local conn = assert(stls.client_stcp(tcp, host, conf, session))
  assert(conn:connect())
  return conn
end

local function asks(conn, word)
  assert(conn:send(word .. '\n'))
  same(conn:recvn(#word + 1), word:reverse() .. '\n', 'the answer')
end

sock.run(function()
  local conn = connected()
  print(conn:info().version)
  same(conn:info().resumed, false, 'resumed at first')
  asks(conn, 'hello')

  -- A server that has nothing to say.
  local s, why = conn:recv(100, sock.clock() + 0.05)
  same(s, nil, 'what came')
  same(why, 'timeout', 'the error')
  s, why = conn:recvn(6, sock.clock() - 1)
  same(why, 'timeout', 'the error')
  asks(conn, 'again')

  -- One thread writes, the other one reads.
  local lines = 200
  local function line(i) return ('%08d'):format(i) .. ('x'):rep(5000) end
  local sent = false
  local writer = sock.newthread(function()
    for i = 1, lines do assert(conn:send(line(i) .. '\n')) end
    sent = true
  end)
  sock.resume(writer)
  for i = 1, lines do
    local wanted = line(i):reverse() .. '\n'
    same(conn:recvn(#wanted), wanted, 'line ' .. i)
  end
  same(sent, true, 'all was sent')
  local session = assert(conn:export_session())
  assert(conn:close())

  for _, exported in ipairs{session, false} do
    conn = connected(exported or nil)
    same(conn:info().resumed, true, exported and 'resumed, as exported' or "resumed, by the config's own store")
    asks(conn, 'once more')
    assert(conn:close())
  end
end)
