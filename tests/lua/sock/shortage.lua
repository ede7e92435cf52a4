-- What shortage runs of the sockets: a bit of everything, while one allocation fails.
local arm, modules, pki, engine = ...
package.cpath = modules .. '/?.so'
local sock = require'sock'
local stls = require'sock_libtls'

local copt = {ca_file = pki .. '/ca.pem', engine = engine}
local sopt = {cert_file = pki .. '/server.pem', key_file = pki .. '/server.key', engine = engine}

-- What fails ends all of it; whoever waits then is left behind.
local failure
local function fail(_, err)
  failure = failure or err
  sock.stop()
end
sock.onthreaderror(fail)

local function must(ok, err, ...)
  if not ok then error(err == 'out_of_mem' and 'not enough memory' or err, 0) end
  return ok, err, ...
end

local function listener()
  local l = sock.tcp()
  must(l:listen('127.0.0.1', 0))
  return l
end

local function round()
  local server = must(stls.server_stcp(listener(), must(stls.config(sopt))))
  local serving = sock.newthread(function()
    local conn = must(server:accept())
    local s = must(conn:recvn(5))
    must(conn:send(s))
    must(conn:close())
    server:close()
  end)
  sock.onthreadfinish(serving, function(co, err)
    if err then fail(co, err) end
  end)
  sock.resume(serving)
  sock.thread(function()
    local below = sock.tcp()
    must(below:connect('127.0.0.1', server.tcp.local_port))
    local conn = must(stls.client_stcp(below, 'localhost', must(stls.config(copt))))
    below.mine = 'a field'
    must(conn:connect())
    must(conn:info())
    must(conn:send'hello')
    local words = sock.cowrap(function(yield) yield(must(conn:recvn(5))) end)
    if words() ~= 'hello' then error'what came is something else' end
    must(conn:recvall_read())
    must(conn:close())
  end)
  local sj = sock.sleep_job()
  sock.thread(function() sj:sleep(1e6) end)
  sock.runafter(0, function() sj:wakeup('now') end)
  sock.addr('127.0.0.1', 1):addrs()()
  sock.start()
  if failure then error(failure, 0) end

  local l = listener()
  local got = must(sock.run(function()
    local a = sock.tcp()
    must(a:connect(must(sock.addr('127.0.0.1', l.local_port, 'inet'))))
    local b = must(l:accept())
    must(a:setopt('keepalive', true))
    must(a:send(('x'):rep(3000)))
    a:settimeout('r', 1e6)
    must(a:shutdown'w')
    local read = must(b:recvall_read())
    must(b:close())
    if a:recv() ~= '' then error'the end is something else' end
    return read(5000)
  end))
  if #got ~= 3000 then error'what came is something else' end

  local other = sock.newthread(function(x) return sock.suspend(x) end, 'other')
  local co = sock.newthread(function() sock.transfer(other, 'over there') end)
  local word = sock.resume(co)
  if failure then error(failure, 0) end
  if word ~= 'over there' then error'another thread was wanted' end
  sock.resume(other)
  local broken = sock.newthread(function() error'on purpose' end)
  local told
  sock.onthreadfinish(broken, function(_, err) told = tostring(err) end)
  sock.resume(broken)
  if not told then error'nobody was told' end
  if not told:find'on purpose' then error(told, 0) end
end

round()  -- all that is made only once is there
collectgarbage()
collectgarbage'stop'  -- Lua drops a finalizer that it has no memory to call; at the end there is enough
arm()
round()
