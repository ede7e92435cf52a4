-- Callbacks: what they may return, and what happens when they fail.
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches

-- A client whose callbacks are these, and which has sent nothing yet.
local function client(read_cb, write_cb, arg)
  local c = assert(tls.client(kit.client_options()))
  assert(c:connect('localhost', read_cb, write_cb, arg))
  return c
end

local function swallow(_, s) return #s end
local function nothing() return nil, 'wantrecv' end

test('callbacks get the connection, what there is to move, and their argument', function()
  local arg = {}
  local written, read
  local c
  c = client(function(...)
    read = {n = select('#', ...), ...}
    return nil, 'wantrecv'
  end, function(...)
    written = {n = select('#', ...), ...}
    return #written[2]
  end, arg)
  same(select(2, c:handshake()), 'wantrecv')
  same(read.n, 3)
  same(read[1], c)
  same(type(read[2]), 'number')
  same(read[3], arg)
  same(written.n, 3)
  same(written[1], c)
  same(written[2]:byte(1), 22)  -- a record of the handshake
  same(written[3], arg)
  c = client(function(_, _, a)
    same(a, nil)
    return nil, 'wantrecv'
  end, swallow)
  same(select(2, c:handshake()), 'wantrecv')
end)

test('callbacks must be functions', function()
  local c = tls.client(kit.client_options())
  raises('function expected, got nil', c.connect, c, 'localhost')
  raises('function expected, got table', c.connect, c, 'localhost', {}, swallow)
  raises('function expected, got number', c.connect, c, 'localhost', nothing, 5)
  local s = tls.server(kit.server_options())
  raises('function expected', s.accept, s, nothing)
  refused('not connected', 'invalid_state', c:recv())
end)

test('the reason that a callback gives is what the verb says, again and again', function()
  local c = client(function() return nil, 'the cable is broken' end, swallow)
  refused('^the cable is broken$', 'transport', c:handshake())
  refused('^the cable is broken$', 'transport', c:recv())
  same(c:close(), true)
  c = client(nothing, function() return nil, 'no way out' end)
  refused('^no way out$', 'transport', c:send'x')
end)

test('a reason that is a word of the verbs is said to be the callback\'s', function()
  local c = client(nothing, function() return nil, 'closed' end)
  refused('^write callback: closed$', 'transport', c:handshake())
  c = client(function() return nil, 'truncated' end, swallow)
  refused('^read callback: truncated$', 'transport', c:handshake())
end)

test('an empty string is the end', function()
  local c = client(function() return '' end, swallow)
  refused('^truncated$', 'truncated', c:handshake())
end)

for what, returned in pairs{
  ['a number'] = {5}, ['a table'] = {{}}, ['true'] = {true}, ['nil alone'] = {}, ['nil and a table'] = {nil, {}},
  ['false'] = {false, 'wantrecv'},
} do
  test('a read callback must not return ' .. what, function()
    local c = client(function() return (unpack or table.unpack)(returned, 1, 2) end, swallow)
    refused('^read callback returned .*; it may return nil and', 'transport', c:handshake())
  end)
end

for what, returned in pairs{
  ['a table'] = {{}}, ['a string'] = {'5'}, ['nil alone'] = {}, ['true'] = {true},
} do
  test('a write callback must not return ' .. what, function()
    local c = client(nothing, function() return (unpack or table.unpack)(returned, 1, 2) end)
    refused('^write callback returned .*; it may return nil and', 'transport', c:handshake())
  end)
end

for what, n in pairs{['zero'] = 0, ['less'] = -1, ['a half'] = 0.5, ['more than there is'] = 1e6, ['infinity'] = 1 / 0,
                     ['not a number'] = 0 / 0} do
  test('a write callback must not take ' .. what, function()
    local c = client(nothing, function() return n end)
    refused('^write callback returned .*; it must take 1 to %d+ bytes$', 'transport', c:handshake())
  end)
end

test('a read callback must not return more than it was asked for', function()
  local c = client(function(_, maxsz) return ('x'):rep(maxsz + 1) end, swallow)
  refused('^read callback returned %d+ bytes, more than the %d+ it was asked for$', 'transport', c:handshake())
end)

test('an error in a callback is raised by the verb, with a traceback', function()
  local function deep_inside() error('the read callback is broken') end
  local c = client(function() deep_inside() end, swallow)
  local err = raises('the read callback is broken', c.handshake, c)
  matches(err, 'callbacks_test.lua:%d+: the read callback is broken')
  matches(err, 'stack traceback')
  matches(err, 'deep_inside')
  refused('', 'transport', c:handshake())
  refused('', 'transport', c:recv())
  same(c:close(), true)
  c = client(nothing, function() error('the write callback is broken') end)
  matches(raises('the write callback is broken', c.send, c, 'x'), 'stack traceback')
  c = client(nothing, function() return nil .. 'x' end)
  raises('attempt to concatenate', c.handshake, c)
end)

test('errors that are no strings are raised as they are', function()
  local thrown = {code = 5}
  local c = client(function() error(thrown) end, swallow)
  local ok, err = pcall(c.handshake, c)
  same(ok, false)
  same(err, thrown)
  c = client(function() error() end, swallow)
  ok, err = pcall(c.handshake, c)
  same(ok, false)
  c = client(setmetatable({}, {}).x or function() error(setmetatable({}, {__tostring = function() return 'me' end})) end,
    swallow)
  ok, err = pcall(c.handshake, c)
  same(tostring(err), 'me')
end)

test('an error of a callback is no other connection\'s', function()
  local armed = true
  local p = kit.pair()
  assert(p.client:reset(p.copt))
  assert(p.client:connect('localhost', function(...)
    if armed then error'once' end
    return kit.read_pipe(...)
  end, kit.write_pipe, p.here))
  raises('once', function() for _ = 1, 10 do p.client:handshake() end end)
  armed = false
  kit.echo(kit.connected())
  local ok, err, code = p.client:handshake()
  refused('', 'transport', ok, err, code)
end)

test('a callback cannot yield, and is told so', function()
  local c = client(function() coroutine.yield() end, swallow)
  local co = coroutine.create(function() return c:handshake() end)
  local ok, err = coroutine.resume(co)
  same(ok, false)
  matches(err, 'attempt to yield')
  same(coroutine.status(co), 'dead')
end)

test('verbs can be called on any coroutine, and a want is waited for by a yield outside', function()
  local p = kit.pair()
  local function patient(verb, ...)
    while true do
      local r, err = verb(...)
      if r then return r end
      if err ~= 'wantrecv' and err ~= 'wantsend' then error(err) end
      coroutine.yield(err)
    end
  end
  local got
  local a = coroutine.create(function()
    patient(p.client.handshake, p.client)
    patient(p.client.send, p.client, 'from a coroutine')
  end)
  local b = coroutine.create(function() got = patient(p.server.recv, p.server) end)
  for _ = 1, 100 do
    for _, co in ipairs{a, b} do
      if coroutine.status(co) ~= 'dead' then assert(coroutine.resume(co)) end
    end
  end
  same(got, 'from a coroutine')
end)

test('a callback must not call into its own connection', function()
  local c, inner = nil, {}
  c = client(nothing, function(self, s)
    same(self, c)
    inner.recv = {self:recv()}
    inner.close = {self:close()}
    inner.reset = {self:reset(kit.client_options())}
    inner.connect = {self:connect('localhost', nothing, swallow)}
    inner.info = self:info()
    inner.pending = self:pending()
    inner.free = {pcall(self.free, self)}
    return #s
  end)
  same(select(2, c:handshake()), 'wantrecv')
  for _, verb in ipairs{'recv', 'close', 'reset', 'connect'} do
    refused('inside a callback of the same connection', 'busy', inner[verb][1], inner[verb][2], inner[verb][3])
  end
  same(inner.free[1], false)
  matches(inner.free[2], 'inside a callback of the same connection')
  same(inner.pending, 0)
  same(inner.info, nil)
  same(select(2, c:handshake()), 'wantrecv')
end)

test('a callback may use another connection: TLS inside TLS', function()
  local outer = kit.connected()
  local function through(conn)
    return function(_, maxsz)
      local s, err = conn:recv(nil, maxsz)
      return s, err
    end, function(_, s) return conn:send(s) end
  end
  local copt, sopt = kit.client_options(), kit.server_options()
  local c, l = tls.client(copt), tls.server(sopt)
  assert(c:connect('localhost', through(outer.client)))
  local p = {client = c, server = l:accept(through(outer.server)), copt = copt, sopt = sopt}
  local a, b = kit.try_handshake(p)
  same(a[1], true)
  same(b[1], true)
  kit.echo(p, ('inside '):rep(5000))
  -- An error at the bottom comes up through both.
  outer.here.from.bytes = ''
  local broken = assert(tls.client(copt))
  assert(broken:connect('localhost', function(_, n) return outer.client:recv(nil, n) end, function()
    error'at the bottom'
  end))
  assert(c:reset(copt))
  assert(c:connect('localhost', nothing, function(_, s) return broken:send(s) end))
  raises('at the bottom', c.handshake, c)
end)

test('a callback may make, use and forget other connections', function()
  local c = client(nothing, function(_, s)
    kit.echo(kit.connected())
    kit.collect()
    return #s
  end)
  same(select(2, c:handshake()), 'wantrecv')
end)

test('a deep stack of Lua is no harm', function()
  local c = client(function() local function f() return 1 + f() end return f() end, swallow)
  raises('stack overflow', c.handshake, c)
  kit.echo(kit.connected())
end)
