-- What the tests of sock and sock_libtls share, beside the kit of libtls: threads, and pairs of real sockets.
local kit = require'kit'
local sock = require'sock'
local stls = require'sock_libtls'

-- together runs functions as threads until all are over, and raises what one of them raised.
function kit.together(...)
  local failures, left = {}, select('#', ...)
  for _, f in ipairs{...} do
    local co = sock.newthread(f)
    sock.onthreadfinish(co, function(_, err)
      left = left - 1
      if err ~= nil then
        failures[#failures + 1] = err
        sock.stop()
      end
    end)
    sock.resume(co)
  end
  sock.start()
  if failures[1] then error(failures[1], 0) end
  kit.same(left, 0, 'threads that are left')
end

-- threaded is a test that runs in a thread.
function kit.threaded(name, f)
  test(name, function() kit.together(f) end)
end

-- Can a thread wait in a pcall and in a `for` over a function? In Lua 5.1 it cannot, but in LuaJIT.
kit.yields_anywhere = _VERSION ~= 'Lua 5.1' or jit ~= nil

function kit.listener()
  local l = assert(sock.tcp())
  assert(l:listen('127.0.0.1', 0))
  return l
end

-- Two ends of a TCP connection; in a thread.
function kit.tcp_pair()
  local l = kit.listener()
  local a = assert(sock.tcp())
  assert(a:connect('127.0.0.1', l.local_port))
  local b = assert(l:accept())
  assert(l:close())
  return a, b
end

-- Leaves the system little room between two ends, so that who sends much must wait.
function kit.narrow(from, to)
  assert(from:setopt('sndbuf', 65536))
  assert(to:setopt('rcvbuf', 65536))
end

-- A client and what a server accepted; nothing of TLS has been sent. In a thread.
function kit.secure_pair(client_opt, server_opt, name)
  local copt, sopt = kit.client_options(client_opt), kit.server_options(server_opt)
  local server = assert(stls.server_stcp(kit.listener(), sopt))
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', server.tcp.local_port))
  local client = assert(stls.client_stcp(below, name or 'localhost', copt))
  local accepted = assert(server:accept())
  assert(server:close())
  return client, accepted, copt, sopt
end

-- Runs the handshake of both ends: the values of each. In a thread, while no other one runs.
function kit.shake(client, accepted)
  local a, b
  local done = sock.sleep_job()
  sock.thread(function()
    b = {accepted:handshake()}
    done:wakeup()
  end)
  a = {client:handshake()}
  if not b then done:sleep(60) end
  return a, b
end

-- A pair that has done its handshake.
function kit.secured(...)
  local client, accepted, copt, sopt = kit.secure_pair(...)
  local a, b = kit.shake(client, accepted)
  if not a[1] then error('client: ' .. tostring(a[2]), 2) end
  if not b[1] then error('server: ' .. tostring(b[2]), 2) end
  kit.exercised(copt)
  kit.exercised(sopt)
  return client, accepted
end

-- Closes both ends at the same time: one that has not read all waits for the other a while.
function kit.close(a, b)
  local done = sock.sleep_job()
  local closed
  sock.thread(function()
    closed = b:close()
    done:wakeup()
  end)
  assert(a:close())
  if not closed then done:sleep(60) end
end

-- Sends s from one end while the other receives it.
function kit.pump(from, to, s)
  local got
  local done = sock.sleep_job()
  sock.thread(function()
    got = {to:recvn(#s)}
    done:wakeup()
  end)
  assert(from:send(s))
  if not got then done:sleep(60) end
  kit.same(got[1] == s, true, 'what was sent came')
end

-- -- the book

kit.watch('sock.', sock)
kit.watch('stls.', stls)
for class, name in pairs{['ai:'] = 'sock.addresses', ['sa:'] = 'sock.single_address', ['conf:'] = 'stls.config'} do
  kit.watch(class, debug.getregistry()[name].__index)
end
kit.watch('sj:', getmetatable(sock.sleep_job()).__index)
do
  local timer = sock.runafter(0, function() end)
  kit.watch('sjt:', getmetatable(timer).__index)
  sock.start()
end

-- Sockets look their methods up by a function.
for class, name in pairs{['tcp:'] = 'sock.tcp', ['cstcp:'] = 'stls.cstcp', ['sstcp:'] = 'stls.sstcp'} do
  local metatable, seeing = debug.getregistry()[name], {}
  local index = metatable.__index
  function metatable.__index(object, key)
    local value = index(object, key)
    if type(value) ~= 'function' then return value end
    seeing[key] = seeing[key] or kit.seeing(class .. key, value)
    return seeing[key]
  end
end

kit.names_of_page = kit.manual_names
function kit.manual_names()
  local names = {}
  for _, page in ipairs{'sock', 'sock_libtls'} do
    for _, name in ipairs(kit.names_of_page(kit.page(page))) do names[#names + 1] = name end
  end
  return names
end

return kit
