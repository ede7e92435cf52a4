-- Connections: the verbs and what they give.
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches

local versions = kit.can'tls1.3' and {'tlsv1.2', 'tlsv1.3'} or {'tlsv1.2'}

for _, version in ipairs(versions) do
  test('a connection carries bytes both ways, ' .. version, function()
    local p = kit.connected({protocols = version}, {protocols = version})
    kit.echo(p)
    kit.echo(p, ('0123456789abcdef'):rep(20000))
    local t = p.client:info()
    same(t.version, version == 'tlsv1.2' and 'TLSv1.2' or 'TLSv1.3')
    same(t.engine, kit.engine())
    same(t.servername, 'localhost')
    same(t.resumed, false)
    same(t.peer.common_name, 'localhost')
    same(t.peer.dns_names[1], 'localhost')
    matches(t.peer.hash, '^SHA256:%x+$')
    assert(t.peer.not_before < os.time() and t.peer.not_after > os.time())
    same(#t.peer_chain, 2)
    assert(t.cipher_strength >= 128)
    same(p.server:info().peer, nil)
    same(p.server:info().servername, 'localhost')
  end)

  test('close says goodbye, and a cut wire is another thing, ' .. version, function()
    local p = kit.connected({protocols = version}, {protocols = version})
    kit.echo(p)
    same(p.client:close(), true)
    same(p.server:recv(), '')
    same(p.server:recv(nil, 10), '')
    refused('^closed$', 'closed', p.client:recv())
    refused('^closed$', 'closed', p.client:send'x')
    same(p.client:close(), true)

    p = kit.connected({protocols = version}, {protocols = version})
    kit.echo(p)
    p.here.to.finished = true
    refused('^truncated$', 'truncated', p.server:recv())
    refused('^truncated$', 'truncated', p.server:recv())
    same(p.server:close(), true)
  end)
end

test('verbs say what they wait for', function()
  local p = kit.pair()
  local ok, err, more = p.server:handshake()
  same(ok, nil)
  same(err, 'wantrecv')
  same(more, nil)
  p.here.to.room = 0
  same(select(2, p.client:handshake()), 'wantsend')
  same(select(2, p.client:send'x'), 'wantsend')
  same(p.client:info(), nil)
  p.here.to.room = 1 / 0
  local a, b = kit.try_handshake(p)
  same(a[1], true)
  same(b[1], true)
  kit.echo(p)
  same(select(2, p.client:recv()), 'wantrecv')
end)

test('a wire that takes and gives one byte at a time is as good', function()
  local p = kit.pair()
  local function dribble_read(c, maxsz, wire) return kit.read_pipe(c, 1, wire) end
  local function dribble_write(c, s, wire) return kit.write_pipe(c, s:sub(1, 1), wire) end
  assert(p.client:reset(p.copt))
  assert(p.client:connect('localhost', dribble_read, dribble_write, p.here))
  p.server = assert(p.listener:accept(dribble_read, dribble_write, p.there))
  local a, b = kit.try_handshake(p)
  same(a[1], true)
  same(b[1], true)
  kit.echo(p, ('x'):rep(3000))
end)

test('recv gives no more than was asked for, and the rest afterwards', function()
  local p = kit.connected()
  local whole = ('abcdefghij'):rep(10)
  same(p.client:send(whole), #whole)
  same(p.server:recv(3), 'abc')
  same(p.server:recv(nil, 4), 'defg')
  same(p.server:pending(), #whole - 7)
  same(p.server:recv(), whole:sub(8))
  same(p.server:pending(), 0)
  raises('out of range', p.server.recv, p.server, 0)
  raises('out of range', p.server.recv, p.server, -1)
  raises('out of range', p.server.recv, p.server, 0 / 0)
  raises('out of range', p.server.recv, p.server, 1 / 0)
  raises('number expected', p.server.recv, p.server, 'all')
end)

test('send takes strings of any bytes, or a part of one, and nothing at all', function()
  local p = kit.connected()
  local bytes = {}
  for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
  local all = table.concat(bytes)
  kit.echo(p, all)
  same(p.client:send(all, 4), 4)
  same(p.server:recv(), all:sub(1, 4))
  same(p.client:send'', 0)
  same(p.client:send(all, 0), 0)
  raises('out of range', p.client.send, p.client, 'abc', 4)
  raises('out of range', p.client.send, p.client, 'abc', -1)
  raises('out of range', p.client.send, p.client, 'abc', 0 / 0)
  raises('string or buffer expected', p.client.send, p.client, 5)
  raises('string or buffer expected', p.client.send, p.client, {})
end)

test('numbers are whole where Lua knows such', function()
  local p = kit.connected()
  local n = p.client:send'x'
  for _, number in ipairs{n, p.client:pending(), p.client:info().cipher_strength, p.client:info().peer.not_after} do
    same(tostring(number), ('%d'):format(number))
  end
end)

test('shutdown ends sending and lets receiving go on, where the engine can', function()
  local p = kit.connected()
  kit.echo(p)
  if kit.can'half_close' then
    same(p.client:shutdown(), true)
    same(p.server:recv(), '')
    refused('^closed$', 'closed', p.client:send'x')
    same(kit.carry(p.server, p.client, 'the answer'), 'the answer')
  else
    refused('', 'unsupported', p.client:shutdown())
    kit.echo(p)
  end
end)

test('before there is a connection there is nothing to do', function()
  local c = tls.client(kit.client_options())
  refused('^not connected yet$', 'invalid_state', c:recv())
  refused('^not connected yet$', 'invalid_state', c:send'x')
  refused('^not connected yet$', 'invalid_state', c:handshake())
  refused('^not connected yet$', 'invalid_state', c:export_session())
  same(c:info(), nil)
  same(c:pending(), 0)
  same(c:close(), true)
end)

test('a handshake is done once', function()
  local p = kit.connected()
  refused('already done', 'invalid_state', p.client:handshake())
  kit.echo(p)
end)

test('the certificate must name the server', function()
  local p = kit.pair(nil, nil, 'wild.example')
  local a = kit.try_handshake(p)
  refused("name `wild.example' not present", 'certificate_name_mismatch', (unpack or table.unpack)(a))
  -- Again and again, and nothing else does.
  refused("name `wild.example'", 'certificate_name_mismatch', p.client:recv())
  same(p.client:info(), nil)
end)

test('a server name must be one', function()
  local c = tls.client(kit.client_options())
  refused('', 'invalid_argument', c:connect('no name', kit.read_pipe, kit.write_pipe))
  refused('', 'invalid_argument', c:connect(nil, kit.read_pipe, kit.write_pipe))
  raises('string expected', c.connect, c, {}, kit.read_pipe, kit.write_pipe)
end)

test('a failure of one connection is none of the next', function()
  local copt, sopt = tls.config(kit.client_options()), tls.config(kit.server_options())
  for _ = 1, 3 do
    local bad = tls.client(copt)
    local here = kit.wires()
    here.from.bytes = 'HTTP/1.1 400 Bad Request\r\n\r\n'
    assert(bad:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    refused('', nil, bad:handshake())
    local good, listener = tls.client(copt), tls.server(sopt)
    local one, two = kit.wires()
    assert(good:connect('localhost', kit.read_pipe, kit.write_pipe, one))
    local server = listener:accept(kit.read_pipe, kit.write_pipe, two)
    local a, b = kit.both(function() return good:handshake() end, function() return server:handshake() end)
    same(a[1], true)
    same(b[1], true)
  end
end)

test('a client connects once at a time; reset makes it new, also with other options', function()
  local p = kit.connected()
  refused('already connected', 'invalid_state', p.client:connect('localhost', kit.read_pipe, kit.write_pipe, p.here))
  local sopt = kit.server_options()
  for _, opt in ipairs{p.copt, tls.config(p.copt)} do
    same(p.client:reset(opt), true)
    refused('not connected yet', 'invalid_state', p.client:recv())
    local here, there = kit.wires()
    assert(p.client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    p.server = tls.server(sopt):accept(kit.read_pipe, kit.write_pipe, there)
    local a, b = kit.try_handshake(p)
    same(a[1], true)
    same(b[1], true)
    kit.echo(p)
  end
  refused('ciphers', 'bad_config', p.client:reset(kit.client_options{ciphers = 'nonsense'}))
  kit.echo(p)  -- nothing has changed
  raises('was accepted', p.server.reset, p.server, sopt)
  raises('was accepted', p.server.connect, p.server, 'localhost', kit.read_pipe, kit.write_pipe)
end)

test('a connection can be made again after close', function()
  local p = kit.connected()
  same(p.client:close(), true)
  local here, there = kit.wires()
  assert(p.client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
  p.server = p.listener:accept(kit.read_pipe, kit.write_pipe, there)
  assert(kit.try_handshake(p)[1])
  kit.echo(p)
end)

test('reset gives a server another config; connections that exist keep theirs', function()
  local p = kit.connected()
  same(p.listener:reset(kit.server_options{cert_file = kit.path'server-a.pem', key_file = kit.path'server-a.key'}), true)
  kit.echo(p)
  local c = tls.client(p.copt)
  local here, there = kit.wires()
  assert(c:connect('a.example', kit.read_pipe, kit.write_pipe, here))
  local s = p.listener:accept(kit.read_pipe, kit.write_pipe, there)
  local a = kit.both(function() return c:handshake() end, function() return s:handshake() end)
  same(a[1], true)
  refused('', nil, p.listener:reset(kit.client_options()))  -- no keypair
  refused('ciphers', 'bad_config', p.listener:reset(kit.server_options{ciphers = 'nonsense'}))
end)

test('a server has nothing to close', function()
  local p = kit.connected()
  same(p.listener:close(), true)
  same(p.listener:close(), true)
  kit.echo(p)
  p.listener:free()
  same(p.listener:close(), true)
  refused('^closed$', 'closed', p.listener:accept(kit.read_pipe, kit.write_pipe))
  refused('^closed$', 'closed', p.listener:reset(kit.server_options()))
  p.listener:free()
  kit.echo(p)
end)

test('what was freed is closed', function()
  local p = kit.connected()
  p.client:free()
  p.client:free()
  refused('^closed$', 'closed', p.client:recv())
  refused('^closed$', 'closed', p.client:send'x')
  refused('^closed$', 'closed', p.client:handshake())
  refused('^closed$', 'closed', p.client:shutdown())
  refused('^closed$', 'closed', p.client:connect('localhost', kit.read_pipe, kit.write_pipe))
  refused('^closed$', 'closed', p.client:reset(p.copt))
  refused('^closed$', 'closed', p.client:export_session())
  same(p.client:close(), true)
  same(p.client:info(), nil)
  same(p.client:pending(), 0)
  p.here.to.finished = true
  refused('^truncated$', 'truncated', p.server:recv())
end)

test('methods want their own objects', function()
  local p = kit.connected()
  raises('libtls.cts expected', p.client.recv, p.listener)
  raises('libtls.cts expected', p.client.recv, nil)
  raises('libtls.cts expected', p.client.recv, io.stdout)
  raises('libtls.sts expected', p.listener.accept, p.client, kit.read_pipe, kit.write_pipe)
  raises(nil, p.client.recv)
  same(getmetatable(p.client), 'protected')
  matches(tostring(p.client), '^libtls%.cts: ')
  matches(tostring(p.listener), '^libtls%.sts: ')
end)

if _VERSION == 'Lua 5.4' then
  test('a variable with <close> frees what it holds', function()
    local p = kit.connected()
    assert(load[[
      local p = ...
      local c <close> = p.client
      local l <close> = p.listener
    ]])(p)
    refused('^closed$', 'closed', p.client:recv())
    refused('^closed$', 'closed', p.listener:accept(kit.read_pipe, kit.write_pipe))
  end)
end

test('a session is exported, and resumed by another client', function()
  local copt, sopt = tls.config(kit.client_options()), tls.config(kit.server_options())
  local function connect(session)
    local client, listener = tls.client(copt), tls.server(sopt)
    local here, there = kit.wires()
    local ok, err, code = client:connect('localhost', kit.read_pipe, kit.write_pipe, here, session)
    if not ok then return nil, err, code end
    local p = {client = client, server = listener:accept(kit.read_pipe, kit.write_pipe, there)}
    local a, b = kit.both(function() return p.client:handshake() end, function() return p.server:handshake() end)
    assert(a[1] and b[1])
    kit.echo(p)
    return p
  end
  local first = connect()
  local session = assert(first.client:export_session())
  refused('', 'invalid_state', first.server:export_session())
  copt = tls.config(kit.client_options{sessions = 0})
  refused('', 'invalid_argument', connect'nonsense')
  copt = tls.config(kit.client_options())
  local second = connect(session)
  same(second.client:info().resumed, true)
  same(second.server:info().resumed, true)
  raises('string expected', second.client.connect, tls.client(copt), 'localhost', kit.read_pipe, kit.write_pipe, nil, {})
end)

test('a thousand connections at once, of which half fail or close midway', function()
  local copt, sopt = tls.config(kit.client_options()), tls.config(kit.server_options())
  local listener = tls.server(sopt)
  local all = {}
  for i = 1, 1000 do
    local here, there = kit.wires()
    local c = tls.client(copt)
    assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    all[i] = {client = c, server = listener:accept(kit.read_pipe, kit.write_pipe, there), here = here, n = i}
  end
  -- All handshakes advance a step at a time; a quarter are given rubbish in the middle, a quarter are closed.
  local seen = {}
  for step = 1, 12 do
    for _, p in ipairs(all) do
      if step == 2 and p.n % 4 == 1 then p.here.from.bytes = '\1\2\3\4\5\6\7\8\9' .. p.here.from.bytes end
      if step == 2 and p.n % 4 == 2 then
        assert(p.client:close())
        p.client:free()
      end
      local ok, err, code = p.client:handshake()
      if not ok then p.client_code = code or err end
      p.server:handshake()
      if ok then p.done = true end
    end
  end
  for _, p in ipairs(all) do
    if p.n % 4 == 1 then
      assert(not p.done)
      assert(p.client_code ~= 'wantrecv' and p.client_code ~= 'invalid_state', p.client_code)
      seen[p.client_code] = true
    elseif p.n % 4 == 2 then
      same(p.client_code, 'closed')
    else
      assert(p.done)
      kit.echo(p, 'connection ' .. p.n)
    end
  end
end)
