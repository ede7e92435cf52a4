-- Lifetimes: everything may be collected at any time, and Lua may end at any time.
local tls = require'libtls'
local kit = require'kit'
local same, raises, matches = kit.same, kit.raises, kit.matches

test('what a connection uses lives as long as it', function()
  local client, server
  do
    local sent = {}
    local arg = setmetatable({sent = sent}, {})
    client = tls.client(tls.config(kit.client_options()))
    local here, there = kit.wires()
    arg.wire = here
    assert(client:connect('localhost', function(c, n, a) return kit.read_pipe(c, n, a.wire) end,
      function(c, s, a) return kit.write_pipe(c, s, a.wire) end, arg))
    server = tls.server(kit.server_options()):accept(function(c, n) return kit.read_pipe(c, n, there) end,
      function(c, s) return kit.write_pipe(c, s, there) end)
  end
  kit.collect()
  local a, b = kit.both(function() return client:handshake() end, function() return server:handshake() end)
  assert(a[1] and b[1])
  kit.collect()
  kit.echo{client = client, server = server}
end)

test('a collector that runs all the time is no harm', function()
  collectgarbage('setpause', 0)
  collectgarbage('setstepmul', 10000)
  local p = kit.pair()
  local function busy(f) return function(...)
    collectgarbage()
    return f(...)
  end end
  assert(p.client:reset(p.copt))
  assert(p.client:connect('localhost', busy(kit.read_pipe), busy(kit.write_pipe), p.here))
  assert(kit.try_handshake(p)[1])
  kit.echo(p)
  collectgarbage('setpause', 200)
  collectgarbage('setstepmul', 200)
end)

test('a connection that is collected takes everything with it', function()
  kit.forgotten(function()
    local p = kit.connected()
    kit.echo(p)
    return p.client, p.server, p.listener, p.here
  end)
end)

test('freed connections let their callbacks go', function()
  local kept = {}
  kit.forgotten(function(i)
    local c, arg = tls.client(kit.client_options()), {}
    assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, arg))
    c:free()
    kept[i] = c
    return arg
  end)
end)

test('finalizers may call what was finalized before', function()
  local said = {}
  local function finalizer(f)
    if _VERSION == 'Lua 5.1' then
      local proxy = newproxy(true)
      getmetatable(proxy).__gc = f
      return proxy
    end
    return setmetatable({}, {__gc = f})
  end
  for _ = 1, 20 do
    local p = kit.connected()
    local conf = tls.config(kit.client_options())
    local holder = {}
    holder.it = finalizer(function()
      said[#said + 1] = tostring(p.client:close()) .. tostring(pcall(p.client.recv, p.client))
      p.client:free()
      p.listener:close()
      p.listener:free()
      pcall(conf.describe, conf)
      conf:free()
    end)
  end
  kit.collect()
  assert(#said >= 15, 'the finalizers were not called')
end)

test('coroutines that wait for a connection can be forgotten', function()
  kit.forgotten(function()
    local p = kit.pair()
    local co = coroutine.create(function()
      while not p.server:recv() do coroutine.yield() end
    end)
    assert(coroutine.resume(co))
    return co, p.server
  end)
end)

local in_the_middle = [[
  local p = kit.pair()
  local tls = require'libtls'
  local c = tls.client(kit.client_options{on_handshake = function() print'told' end})
  io.stdout:setvbuf'no'
  kept = kit.connected()
  assert(c:connect('localhost', function() return nil, 'wantrecv' end, function(_, s)
    print'in the callback'
    %s
    return #s
  end))
  for _ = 1, 3 do c:handshake() end
  print'behind it'
  %s
]]

test('os.exit in the middle of a callback ends the program', function()
  for _, exit in ipairs{'os.exit(7)', 'os.exit(7, true)',
    'local f = coroutine.wrap(function() os.exit(7, true) end) f()'} do
    local out = kit.run_program(in_the_middle:format(exit, ''))
    matches(out, '^in the callback\n')
    matches(out, 'exit: 7\n$')
    assert(not out:find'behind it')
  end
end)

test('a program may end with connections in every state', function()
  for _, last in ipairs{'', 'os.exit(0, true)', 'os.exit(0, false)'} do
    matches(kit.run_program(in_the_middle:format('', last)), 'behind it\n.*exit: 0\n$')
  end
end)

test('an error that nobody catches ends a program as Lua does', function()
  local out = kit.run_program(in_the_middle:format("error'nobody catches this'", ''))
  matches(out, 'nobody catches this')
  matches(out, 'exit: 1\n$')
end)

test('a module can be loaded again', function()
  local p = kit.connected()
  local old = package.loaded.libtls
  package.loaded.libtls = nil
  local again = require'libtls'
  package.loaded.libtls = old
  kit.echo(p)
  assert(again.config(kit.client_options()))
end)

local heap = require'heap'

test('memory comes back', function()
  local copt, sopt = tls.config(kit.client_options()), tls.config(kit.server_options())
  local function round()
    for i = 1, 100 do
      local c, l = tls.client(copt), tls.server(sopt)
      local here, there = kit.wires()
      assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, here))
      local p = {client = c, server = l:accept(kit.read_pipe, kit.write_pipe, there), copt = {}, sopt = {}}
      if i % 4 ~= 0 then kit.try_handshake(p) end
      if i % 4 == 1 then kit.echo(p) end
      if i % 4 == 2 then c:close() end
      if i % 4 == 3 then pcall(c.connect, c, 'localhost', error, error) end
      p.server:info()
      pcall(tls.config, {ca = 'x', nonsense = 1, keypairs = {{cert = 'x'}}})
      pcall(tls.config, {ca = 'x', keypairs = {{cert = 'x', key = 5}}})
      tls.config{ca = ('x'):rep(1000)}
      local broken = tls.client(copt)
      broken:connect('localhost', error, function() error'x' end)
      pcall(broken.handshake, broken)
      if i % 2 == 0 then c:free() end
    end
    kit.collect()
    return heap.used()
  end
  round()
  round()
  local before = round()
  local after = round()
  after = math.min(after, round())
  local growth = after - before
  -- 100 pairs of connections would be 4 MB; allocators round, and libraries keep a little.
  assert(growth < 100000, 'the heap has grown by ' .. growth .. ' bytes')
end)

test('passwords and ticket keys do not stay in memory', function()
  local seed = 0
  local function written()
    seed = seed + 1
    return heap.write_secret(kit.scratch'secret', seed)
  end
  if heap.holds(seed) == nil then return print'SKIPPED: secrets in memory: a sanitizer has the heap' end
  local kept = kit.read_file(written())
  same(heap.holds(seed), true, 'a secret that is kept is found')
  same(#kept, 48)
  local function gone(what)
    kit.collect()
    if heap.holds(seed) then error(what .. ' is still there', 2) end
  end
  tls.config(kit.server_options{key_password_file = written()}):free()
  gone'the password'
  kit.raises("option 'verify': boolean expected", tls.config, {key_password_file = written(), verify = 1})
  gone'the password of options that were wrong'
  local conf = tls.config(kit.server_options{ticket_keys = {{keyrev = 1, key_file = written()}}})
  if conf then conf:free() end
  conf = nil
  gone'the ticket key'
  kit.raises('keypairs', tls.config, {ticket_keys = {{keyrev = 1, key_file = written()}}, keypairs = 1})
  gone'the ticket key beside an option that was wrong'
  kit.raises('ticket_keys%[2%]', tls.config, {ticket_keys = {{keyrev = 1, key_file = written()}, {keyrev = 'x'}}})
  gone'the ticket key of options that were wrong'
  conf = tls.config(kit.server_options())
  same((conf:add_ticket_key{keyrev = 1, key_file = written()}), kit.can'tickets' or nil)
  conf:free()
  conf = nil
  gone'the ticket key that was added'
end)
