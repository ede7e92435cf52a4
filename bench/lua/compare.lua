-- Measures servers that echo over TLS 1.3: stls's sockets in Lua beside the same in C++, and beside lua-sec under
-- copas.
--
--   compare.lua --rounds N PKI COMMAND...
--
-- Each COMMAND starts a server, which says at which port it listens; the first one is stls in Lua. One client, of stls,
-- asks all by turns; it verifies chain and name, takes one cipher alone, and compares what comes back. What is counted
-- is the CPU that the server's process needed; other processes disturb that little.
local sock = require'sock'
local stls = require'sock_libtls'

local rounds = 7
if arg[1] == '--rounds' then
  rounds = assert(tonumber(arg[2]), '--rounds wants a number')
  table.remove(arg, 1)
  table.remove(arg, 1)
end
local pki = assert(arg[1], 'usage: compare.lua [--rounds N] PKI COMMAND...')

local cipher = 'TLS_AES_128_GCM_SHA256'
local conf = assert(stls.config{ca_file = pki .. '/ca.pem', protocols = 'tlsv1.3', ciphers = cipher, sessions = 0})
local message = ('0123456789abcdef'):rep(64)  -- 1 KiB

local function connected(port)
  local tcp = assert(sock.tcp())
  assert(tcp:connect('127.0.0.1', port))
  assert(tcp:setopt('tcp_nodelay', true))
  local conn = assert(stls.client_stcp(tcp, 'localhost', conf))
  conn:settimeout(30)
  assert(conn:connect())
  local info = conn:info()
  assert(info.version == 'TLSv1.3' and info.cipher == cipher and not info.resumed, 'not what was asked for')
  return conn
end

local function ask(conn)
  assert(conn:send(message))
  assert(assert(conn:recvn(#message)) == message, 'not what was sent')
end

-- side_by_side runs a function in so many threads until all are over; what fails ends the program.
local function side_by_side(n, f)
  local left, failure = n
  sock.onthreaderror(function(_, err)
    failure = failure or err
    sock.stop()
  end)
  for _ = 1, n do
    sock.resume(sock.newthread(function()
      f()
      left = left - 1
      if left == 0 then sock.stop() end
    end))
  end
  sock.start()
  if failure then error(failure, 0) end
end

local server = {}
server.__index = server

local function start(command)
  local out = assert(io.popen('echo $$; exec ' .. command))
  local self = setmetatable({out = out, pid = assert(out:read'*n')}, server)
  out:read'*l'
  local line = assert(out:read'*l', command .. ' says nothing')
  self.port = assert(tonumber(line:match'listening on port (%d+)'), line)
  return self
end

-- The server's CPU so far, in clock ticks.
function server:cpu()
  local f = assert(io.open('/proc/' .. self.pid .. '/stat'))
  local user, system = f:read'*a':match'%) %S %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)'
  f:close()
  return user + system
end

function server:stop()
  os.execute('kill ' .. self.pid)
  self.out:close()
end

local hertz = assert(io.popen'getconf CLK_TCK'):read'*n'

local workloads = {
  {name = 'echo', title = 'echoes of 1 KiB, over 64 connections', count = 64 * 1000, run = function(self, s)
    side_by_side(64, function()
      local conn = connected(s.port)
      for _ = 1, self.count / 64 do ask(conn) end
      conn:close()
    end)
  end},
  {name = 'connections', title = 'connections with one echo, full handshakes, 8 at once', count = 8 * 250,
    run = function(self, s)
      side_by_side(8, function()
        for _ = 1, self.count / 8 do
          local conn = connected(s.port)
          ask(conn)
          conn:close()
        end
      end)
    end},
}

local function median(list)
  table.sort(list)
  return list[math.floor((#list + 1) / 2)]
end

local servers = {}
for i = 2, #arg do servers[#servers + 1] = start(arg[i]) end
local function measure(w)
  local rates, ratios = {}, {}
  for round = 0, rounds do
    local now = {}
    for i = 1, #servers do
      local s = servers[round % 2 == 0 and i or #servers + 1 - i]
      local before = s:cpu()
      w:run(s)
      now[s] = w.count * hertz / math.max(s:cpu() - before, 1)
    end
    for i, s in ipairs(round > 0 and servers or {}) do  -- the first round warms up
      rates[i] = rates[i] or {}
      ratios[i] = ratios[i] or {}
      table.insert(rates[i], now[s])
      table.insert(ratios[i], now[servers[1]] / now[s])
    end
  end
  print(('\n%s: %s, for each second of the server\'s CPU'):format(w.name, w.title))
  print(('  %-66s %10s  %s'):format('', 'a second', 'stls in Lua is, median of rounds'))
  for i = 1, #servers do
    print(('  %-66s %10.0f  %s'):format(arg[i + 1]:match'[^/]+ ?[^/]*$' and arg[i + 1]:gsub('%S*/', ''):sub(1, 64),
      median(rates[i]), i > 1 and ('%.2fx'):format(median(ratios[i])) or ''))
  end
end
local good, why = true
for _, w in ipairs(workloads) do
  if good then good, why = pcall(measure, w) end
end
for _, s in ipairs(servers) do s:stop() end
if not good then
  io.stderr:write('compare: ', tostring(why), '\n')
  os.exit(1)
end
