-- The options that are functions.
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches

test('keylog gets the lines of a key log', function()
  local lines = {}
  kit.connected({keylog = function(...) lines[#lines + 1] = {...} end})
  assert(#lines > 0)
  for _, line in ipairs(lines) do
    same(#line, 1)
    matches(line[1], '^[%u%d_]+ %x+ %x+$')
  end
end)

test('on_handshake gets one event per handshake, good or bad', function()
  local events = {}
  local function note(e) events[#events + 1] = e end
  kit.connected({on_handshake = note}, {on_handshake = note})
  same(#events, 2)
  for _, e in ipairs(events) do
    same(e.servername, 'localhost')
    same(e.resumed, false)
    matches(e.version, '^TLSv1')
    assert(e.duration >= 0)
    same(e.error, nil)
    same(e.code, nil)
  end
  assert((events[1].role == 'client') ~= (events[2].role == 'client'))
  events = {}
  kit.try_handshake(kit.pair({on_handshake = note}, nil, 'wild.example'))
  same(#events, 1)
  same(events[1].role, 'client')
  same(events[1].code, 'certificate_name_mismatch')
  matches(events[1].error, 'not present')
end)

test('on_handshake hears of a handshake that is given up, also by the collector', function()
  local events = {}
  local function note(e) events[#events + 1] = e.code end
  local p = kit.pair{on_handshake = note}
  p.client:handshake()
  p.client:free()
  same(table.concat(events), 'closed')
  p = kit.pair{on_handshake = note}
  p.client:handshake()
  p.client:reset(kit.client_options())
  same(table.concat(events), 'closedclosed')
  events = {}
  kit.forgotten(function()
    local q = kit.pair{on_handshake = note}
    q.client:handshake()
    return q.client
  end)
  assert(#events >= 45, 'the collector has not told')
  same(table.concat(events), ('closed'):rep(#events))
end)

test('on_session gets sessions that can be resumed', function()
  local name, session
  local p = kit.connected({sessions = 0, on_session = function(n, s) name, session = n, s end})
  kit.echo(p)
  same(name, 'localhost')
  assert(#session > 100)
  local c = tls.client(p.copt)
  local here, there = kit.wires()
  assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, here, session))
  p.client, p.server = c, p.listener:accept(kit.read_pipe, kit.write_pipe, there)
  assert(kit.try_handshake(p)[1])
  same(c:info().resumed, true)
end)

test('on_warning gets what somebody should look at', function()
  local warnings = {}
  local opt = kit.server_options{cert_file = kit.path'expired.pem', key_file = kit.path'expired.key',
    on_warning = function(w) warnings[#warnings + 1] = w end}
  local conf = assert(tls.config(opt))
  assert(#warnings >= 1, 'no warning came')
  matches(warnings[1].code, '^[%l_%d]+$')
  matches(warnings[1].severity, '^%l+$')
  matches(warnings[1].message, '%a+')
  conf:free()
  kit.exercised(opt)
end)

test('on_warning hears of a config that a server refuses to take', function()
  local warnings = {}
  local l = assert(tls.server(kit.server_options{on_warning = function(w) warnings[#warnings + 1] = w.code end}))
  refused('^cert', 'bad_config', l:reset(kit.client_options()))
  same(table.concat(warnings, ' '), 'config_refused')
end)

test('what such a function raises is raised by the verb', function()
  local p = kit.pair{keylog = function() error'no more paper' end}
  raises('no more paper', kit.try_handshake, p)
  raises('no more paper', tls.config, kit.server_options{cert_file = kit.path'expired.pem',
    key_file = kit.path'expired.key', on_warning = function() error'no more paper' end})
end)

test('such a function may do what it likes with the connection', function()
  local p
  local freed = false
  p = kit.pair{on_handshake = function()
    p.client:recv()
    p.client:free()
    kit.collect()
    freed = true
  end}
  for _ = 1, 20 do
    p.client:handshake()
    p.server:handshake()
  end
  same(freed, true)
  refused('^closed$', 'closed', p.client:recv())
  local q
  q = kit.pair{on_handshake = function() q.client:reset(kit.client_options()) kit.collect() end}
  for _ = 1, 20 do
    q.client:handshake()
    q.server:handshake()
  end
  refused('^not connected yet$', 'invalid_state', q.client:recv())
end)

-- Connects both ends of a pair anew.
local function connect_again(p)
  local here, there = kit.wires()
  assert(p.client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
  p.server = p.listener:accept(kit.read_pipe, kit.write_pipe, there)
end

test('a reset has taken the new config and its functions when the old ones hear of it', function()
  local events = {}
  local p = kit.pair{on_handshake = function() error'no more paper' end}
  p.client:handshake()
  raises('no more paper', p.client.reset, p.client,
    kit.client_options{on_handshake = function(e) events[#events + 1] = e end})
  connect_again(p)
  same(kit.try_handshake(p)[1], true)
  same(#events, 1)
  same(events[1].error, nil)
end)

test('a function that hears of a reset may connect again', function()
  local p
  p = kit.pair{on_handshake = function() connect_again(p) end}
  p.client:handshake()
  assert(p.client:reset(kit.client_options()))
  same(kit.try_handshake(p)[1], true)
  kit.echo(p)
end)

test('a function that hears of a close may connect again', function()
  local p
  p = kit.pair{on_handshake = function()
    assert(p.client:reset(kit.client_options()))
    connect_again(p)
  end}
  p.client:handshake()
  assert(p.client:close())
  refused('^already connected$', 'invalid_state', p.client:connect('localhost', kit.read_pipe, kit.write_pipe))
  same(kit.try_handshake(p)[1], true)
  kit.echo(p)
  assert(p.client:close())
  refused('^closed$', 'closed', p.client:send'x')
end)

test('functions that refer to their own config and connection are collected with them', function()
  kit.forgotten(function()
    local conf, p
    conf = tls.config(kit.client_options{keylog = function() return conf, p end})
    p = kit.pair()
    assert(p.client:reset(conf))
    local here = kit.wires()
    here.owner = p.client
    assert(p.client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    p.client:handshake()
    return conf, p.client, here
  end)
end)

test('freed connections let the functions of their config go', function()
  local kept = {}
  kit.forgotten(function(i)
    local arg = {}
    local c = assert(tls.client(kit.client_options{on_handshake = function() return arg end}))
    c:free()
    kept[i] = c
    return arg
  end)
end)
