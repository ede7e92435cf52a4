-- Objects that are forgotten, and programs that end, at any time.
local kit = require'kit'
local heap = require'heap'
local sock = require'sock'
local stls = require'sock_libtls'
local same, raises, matches, threaded = kit.same, kit.raises, kit.matches, kit.threaded

threaded('sockets that are forgotten are closed', function()
  local a, b = kit.tcp_pair()
  same(b:closed(), false)
  b = nil
  kit.collect()
  same(a:recv(), '')
  a:close()
  local client, accepted = kit.secured()
  accepted = nil
  kit.collect()
  local _, err = client:recv()
  same(err, 'truncated')  -- it said no goodbye
  client:close()
end)

test('sockets, threads and configs are collected', function()
  kit.forgotten(function() return sock.tcp(), sock.newthread(function() end), sock.sleep_job(), stls.config{} end)
  kit.forgotten(function()
    local co = sock.newthread(function() sock.suspend() end)
    sock.onthreadfinish(co, function() end)
    sock.resume(co)
    return co
  end)
  kit.forgotten(function()
    local s = sock.tcp()
    s.myself = s
    return s
  end)
end)

test('what stands on the stack of a thread has no destructor that programs can call', function()
  local ok, inner = coroutine.resume(sock.newthread(function() end))
  same(ok, true)
  same(type(inner), 'userdata')
  same(getmetatable(inner), 'protected')
end)

test('connections are collected, even where they and their functions refer to each other', function()
  kit.forgotten(function()
    local made
    kit.together(function()
      local box = {}
      local client, accepted = kit.secured({on_handshake = function() return box end})
      box.client = client
      made = {client, accepted}
    end)
    return made[1], made[2]
  end)
end)

test('a thread that waits is kept by the loop, with what it uses', function()
  local got
  local other
  kit.together(function()
    local a, b = kit.tcp_pair()
    other = a
    sock.thread(function() got = b:recvn(4) end)
    b = nil
    kit.collect()
    assert(other:send('kept'))
  end)
  same(got, 'kept')
  other:close()
end)

test('iterators that are dropped while they wait are collected with their thread', function()
  local weak = setmetatable({}, {__mode = 'k'})
  local co = sock.newthread(function()
    local words = sock.cowrap(function() sock.suspend('inside') end)
    weak[words] = true
    words()
  end)
  same(sock.resume(co), 'inside')
  co = nil
  kit.collect()
  same(next(weak), nil)
end)

threaded('a finalizer that calls a verb takes the place of none that its thread calls', function()
  local a, b = kit.tcp_pair()
  for _ = 1, 2000 do
    local doomed = sock.tcp()
    local function finalize() pcall(doomed.close, doomed) end
    if newproxy then
      getmetatable(newproxy(true)).__gc = finalize
    else
      setmetatable({}, {__gc = finalize})
    end
    same(b:send'hello', true)
    same(a:recv(5, sock.clock() + 10), 'hello')
  end
  a:close()
  b:close()
end)

if coroutine.close then
  threaded('the end of a variable with <close> ends what waits on its socket', function()
    local closing = load'local socket <close> = ...'
    local a, b = kit.tcp_pair()
    local client, accepted = kit.secured()
    for _, ends in ipairs{{a, b}, {client, accepted}} do
      local near, far = ends[1], ends[2]
      local over = sock.sleep_job()
      local got, why
      sock.thread(function()
        got, why = near:recv(10, sock.clock() + 60)
        over:wakeup()
      end)
      sock.sleep(0)
      closing(near)
      over:sleep(60)
      same(got, nil)
      same(why, 'closed')
      raises('gone', near.closed, near)
      far:recv(10, sock.clock() + 60)
      far:close()
    end
    local listener = kit.listener()
    local over = sock.sleep_job()
    local why
    sock.thread(function()
      why = select(2, listener:accept(sock.clock() + 60))
      over:wakeup()
    end)
    sock.sleep(0)
    closing(listener)
    over:sleep(60)
    same(why, 'closed')
  end)
end

for _, how in ipairs{'resume', 'close'} do
  if coroutine[how] then
    test('a function of a config that does ' .. how .. ' to the thread that it is told for breaks only that', function()
      local co, did, after
      kit.together(function()
        local client, accepted = kit.secure_pair({on_handshake = function() did = {coroutine[how](co)} end})
        local over = sock.sleep_job()
        sock.thread(function()
          accepted:handshake()
          over:wakeup()
        end)
        co = sock.newthread(function()
          client:handshake()
          after = true
          sock.sleep(0)
          error'nobody resumes it'
        end)
        sock.resume(co)
        over:sleep(60)
        while not did do sock.sleep(0) end
        client:close()
        accepted:close()
      end)
      same(did[1], true)
      same(after, how == 'resume' or nil)
    end)
  end
end

-- A program that ends while threads wait: whatever it does, the exit status is the program's.
local function ends_well(name, body, status)
  test(name, function()
    local out = kit.run_program([[
      package.path = package.path
      local sock, stls = require'sock', require'sock_libtls'
      local function pair()
        local l = assert(sock.tcp())
        assert(l:listen('127.0.0.1', 0))
        local a = assert(sock.tcp())
        assert(a:connect('127.0.0.1', l.local_port))
        return a, assert(l:accept()), l
      end
      local function secure_pair()
        local server = assert(stls.server_stcp((function()
          local l = assert(sock.tcp())
          assert(l:listen('127.0.0.1', 0))
          return l
        end)(), kit.server_options()))
        local below = assert(sock.tcp())
        assert(below:connect('127.0.0.1', server.tcp.local_port))
        local client = assert(stls.client_stcp(below, 'localhost', kit.client_options()))
        return client, assert(server:accept()), server
      end
    ]] .. body)
    matches(out, 'exit: ' .. (status or 0) .. '\n$')
    same(out:gsub('exit: %d+\n$', ''), 'here\n')
  end)
end

ends_well('os.exit in a thread, with the state closed', [[
  sock.run(function()
    local a, b = pair()
    local c, d = secure_pair()
    sock.thread(function() b:recv() end)
    sock.thread(function() d:recv() end)
    sock.thread(function() c:recv() end)
    sock.thread(function() sock.sleep(1e6) end)
    sock.sleep(0.01)
    print'here'
    if _VERSION == 'Lua 5.1' and not jit then os.exit(3) end
    os.exit(3, true)
  end)
]], 3)

ends_well('os.exit in an iterator in a thread', [[
  sock.run(function()
    local a, b = pair()
    local words = sock.cowrap(function()
      sock.thread(function() b:recv() end)
      sock.sleep(0)
      print'here'
      io.stdout:flush()
      os.exit(0)
    end)
    words()
  end)
]])

ends_well('the end of the program while threads wait', [[
  sock.thread(function()
    local c, d = secure_pair()
    sock.thread(function() d:handshake() d:recv() end)
    c:handshake()
    sock.stop()
    c:recv()
  end)
  sock.thread(function() sock.sleep(1e6) end)
  sock.start()
  print'here'
]])

ends_well('the end of a program that failed', [[
  sock.thread(function()
    local c, d = secure_pair()
    sock.thread(function() d:recv() end)
    c:send(('x'):rep(1e7))
  end)
  sock.poll(0)
  if not pcall(error, 'the program fails') then print'here' end
  os.exit(1)
]], 1)

ends_well('finalizers that use sockets when all is over', [[
  local c, d
  sock.run(function()
    c, d = secure_pair()
    sock.thread(function() d:handshake() end)
    c:handshake()
  end)
  local function late()
    pcall(c.close, c)
    pcall(c.recv, c)
    pcall(sock.thread, function() c:recv() end)
    pcall(sock.tcp)
    pcall(sock.start)
  end
  keep = newproxy and newproxy(true) or setmetatable({}, {__gc = late})
  if newproxy then getmetatable(keep).__gc = late end
  print'here'
]])

test('memory comes back when connections are gone', function()
  local function round()
    kit.together(function()
      for _ = 1, 20 do
        local client, accepted = kit.secured()
        kit.pump(client, accepted, ('x'):rep(100000))
        kit.close(client, accepted)
      end
    end)
    kit.collect()
    return heap.used() + collectgarbage'count' * 1024
  end
  round()
  round()
  local before = round()
  for _ = 1, 3 do round() end
  local after = round()
  if after > before + 100000 then error(('%d bytes more than before'):format(after - before)) end
end)
