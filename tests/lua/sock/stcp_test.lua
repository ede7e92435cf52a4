-- TLS on real sockets.
local kit = require'kit'
local sock = require'sock'
local stls = require'sock_libtls'
local tls = require'libtls'
local same, raises, matches, refused, threaded = kit.same, kit.raises, kit.matches, kit.refused, kit.threaded

-- What a call that failed gives behind nil.
local function two(a, b, ...)
  same(a, nil)
  return b, ...
end

threaded('client and server talk', function()
  local client, accepted = kit.secured()
  kit.pump(client, accepted, 'hello')
  kit.pump(accepted, client, ('long '):rep(100000))
  same(client:info().peer.common_name, 'localhost')
  same(accepted:info().servername, 'localhost')
  same(client:close(), true)
  same(accepted:recv(), '')
  same(accepted:close(), true)
  same(accepted:close(), true)
end)

threaded('the first verb runs the handshake', function()
  local client, accepted = kit.secure_pair()
  same(client:info(), nil)
  local got
  sock.thread(function() got = accepted:recvn(5) end)
  same(client:send('first'), true)
  while not got do sock.sleep(0) end
  same(got, 'first')
  same(client:info().engine, kit.engine())
  kit.close(client, accepted)
end)

threaded('connect runs it now, and may say another name', function()
  local client, accepted = kit.secure_pair(nil, nil, 'wrong.example')
  sock.thread(function() accepted:handshake() end)
  same(client:connect('localhost'), true)
  same(client:info().servername, 'localhost')
  same(client:connect(), true)
  refused('name', 'invalid_state', client:connect('other.example'))
  kit.close(client, accepted)
end)

threaded('both versions', function()
  for _, version in ipairs{'tlsv1.2', 'tlsv1.3'} do
    if version == 'tlsv1.2' or kit.can'tls1.3' then
      local client, accepted = kit.secured({protocols = version})
      same(client:info().version:lower(), version)
      kit.pump(client, accepted, 'x')
      kit.close(client, accepted)
    end
  end
end)

threaded('recv, recvn, recvall and recvall_read are those of tcp', function()
  local client, accepted = kit.secured()
  assert(client:send('0123456789'))
  same(accepted:recv(4), '0123')
  same(accepted:recvn(3), '456')
  local err, came = two(accepted:recvn(10, sock.clock() + 0.01))
  same(err, 'timeout')
  same(came, '789')
  assert(client:send('tail', 2))
  client:close()
  err, came = two(accepted:recvn(5))
  same(err, 'eof')
  same(came, 'ta')
  accepted:close()

  client, accepted = kit.secured()
  assert(client:send(('all'):rep(30000)))
  client:close()
  local s, n = accepted:recvall()
  same(n, 90000)
  same(s == ('all'):rep(30000), true)
  accepted:close()

  client, accepted = kit.secured()
  assert(client:send(('r'):rep(100)))
  client:close()
  local read = assert(accepted:recvall_read())
  same(#read(60), 60)
  same(#read(60), 40)
  same(two(read(60)), 'eof')
  accepted:close()

  client, accepted = kit.secured()
  assert(client:send('part'))
  local size
  err, came, size = two(accepted:recvall(sock.clock() + 0.01))
  same(err, 'timeout')
  same(came, 'part')
  same(size, 4)
  kit.close(client, accepted)
end)

if jit then
  local ffi = require'ffi'

  threaded('buffers of the FFI', function()
    local client, accepted = kit.secured()
    local buf = ffi.new('char[?]', 20)
    ffi.copy(buf, 'out of memory')
    same(client:send(buf, 13), true)
    local into = ffi.new('char[?]', 20)
    local got, n = accepted:recvn(into, 6)
    same(got, into)
    same(n, 6)
    same(ffi.string(into, 6), 'out of')
    same(accepted:recv(into, 20), 7)
    same(ffi.string(into, 7), ' memory')
    client:close()
    same(accepted:recv(into, 20), 0)
    accepted:close()
  end)
end

threaded('time-out, cancel, end of stream, truncation and close are five different results', function()
  local client, accepted = kit.secured()
  same(two(client:recv(10, sock.clock() + 0.01)), 'timeout')
  local got
  sock.thread(function() got = {client:recv()} end)
  client:cancel()
  while not got do sock.sleep(0) end
  same(two(got[1], got[2]), 'cancelled')
  -- Nothing was lost by that.
  kit.pump(accepted, client, 'still here')
  kit.pump(client, accepted, 'and there')
  accepted:close()
  same(client:recv(), '')
  same(client:recv(), '')
  same(two(client:recvn(1)), 'eof')
  client:close()
  same(two(client:recv()), 'closed')
  same(two(client:send('x')), 'closed')

  client, accepted = kit.secured()
  kit.pump(accepted, client, 'x')
  accepted.tcp:close()
  same(two(client:recv()), 'truncated')
  same(two(client:recv()), 'truncated')
  kit.close(client, accepted)
end)

threaded('a time-out in the handshake is not its end', function()
  local client, accepted = kit.secure_pair()
  same(two(client:handshake(sock.clock() + 0.01)), 'timeout')
  local a, b = kit.shake(client, accepted)
  same(a[1], true)
  same(b[1], true)
  kit.pump(client, accepted, 'x')
  kit.close(client, accepted)
end)

threaded('a send that timed out goes on where it stopped', function()
  local client, accepted = kit.secured()
  kit.narrow(client, accepted)
  local s = ('s'):rep(4 * 1024 * 1024)
  local err, sent = two(client:send(s, nil, sock.clock() + 0.05))
  same(err, 'timeout')
  same(sent < #s, true)
  local got
  sock.thread(function() got = accepted:recvn(#s) end)
  same(client:send(s:sub(sent + 1)), true)
  while not got do sock.sleep(0.001) end
  same(got == s, true)
  kit.close(client, accepted)
end)

threaded('deadlines of a socket hold for TLS, too', function()
  local client, accepted = kit.secured()
  client:settimeout(0.01)
  same(two(client:recv()), 'timeout')
  same(two(client:recv()), 'timeout')
  client:settimeout(nil)
  client:setexpires('r', sock.clock() - 1)
  same(two(client:recv()), 'timeout')
  client:setexpires('r', nil)
  kit.pump(accepted, client, 'x')
  kit.close(client, accepted)
end)

threaded('full duplex', function()
  local client, accepted = kit.secured()
  local s = ('d'):rep(4 * 1024 * 1024)
  local left = 4
  local function part(f)
    sock.thread(function()
      f()
      left = left - 1
    end)
  end
  part(function() assert(client:send(s)) end)
  part(function() assert(accepted:send(s)) end)
  part(function() same(client:recvn(#s) == s, true) end)
  part(function() same(accepted:recvn(#s) == s, true) end)
  same(two(client:recv()), 'busy')
  while left > 0 do sock.sleep(0.001) end
  kit.close(client, accepted)
end)

threaded('shutdown of writing leaves receiving', function()
  local client, accepted = kit.secured()
  local ok, err, code = client:shutdown('w')
  if kit.can'half_close' then
    same(ok, true)
    same(accepted:recv(), '')
    assert(accepted:send('after that'))
    same(client:recvn(10), 'after that')
  else
    same(ok, nil)
    same(code, 'unsupported')
    matches(err, 'bearssl')
  end
  kit.close(client, accepted)
  client, accepted = kit.secured()
  same(client:shutdown(), true)
  same(accepted:recv(), '')
  kit.close(client, accepted)
  client, accepted = kit.secured()
  same(client:shutdown('r'), true)
  same(client:recv(), '')
  kit.close(client, accepted)
end)

threaded('a connection is refused with a sentence and a code, at both ends', function()
  local client, accepted = kit.secure_pair({ca_file = kit.path'ca2.pem'})
  local a, b = kit.shake(client, accepted)
  refused('certificate verification failed', 'certificate_untrusted', a[1], a[2], a[3])
  same(b[1], nil)
  -- Each later verb says the same.
  matches(two(client:recv()), 'certificate verification failed')
  kit.close(client, accepted)
  client, accepted = kit.secure_pair(nil, nil, 'other.example')
  a = kit.shake(client, accepted)
  refused("name `other.example' not present", 'certificate_name_mismatch', a[1], a[2], a[3])
  kit.close(client, accepted)
  -- And the next connection is a new one.
  client, accepted = kit.secured()
  kit.pump(client, accepted, 'fine')
  kit.close(client, accepted)
end)

threaded('client certificates', function()
  local client, accepted = kit.secured(
    {cert_file = kit.path'client.pem', key_file = kit.path'client.key'},
    {ca_file = kit.path'ca.pem', verify_client = true})
  same(accepted:info().peer.common_name, 'client')
  kit.close(client, accepted)
end)

threaded('a second connection resumes the first, with one config', function()
  local conf = assert(stls.config(kit.client_options()))
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options()))
  local resumed = {}
  local session
  for i = 1, 3 do
    local below = assert(sock.tcp())
    assert(below:connect('127.0.0.1', server.tcp.local_port))
    local client
    if i < 3 then
      client = assert(stls.client_stcp(below, 'localhost', conf))
    else
      client = assert(stls.client_stcp(below, 'localhost', kit.client_options(), session))
    end
    local accepted = assert(server:accept())
    local a, b = kit.shake(client, accepted)
    same(a[1], true)
    same(b[1], true)
    kit.pump(accepted, client, 'the ticket is here')
    resumed[i] = client:info().resumed
    session = assert(client:export_session())
    kit.close(client, accepted)
  end
  server:close()
  same(resumed[1], false)
  same(resumed[2], true)
  same(resumed[3], true)
end)

threaded('a server goes on when it is closed for new connections', function()
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options()))
  local port = server.tcp.local_port
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', port))
  local client = assert(stls.client_stcp(below, 'localhost', kit.client_options()))
  local accepted = assert(server:accept())
  same(two(server:accept(sock.clock() + 0.01)), 'timeout')
  local waiting
  sock.thread(function() waiting = {server:accept()} end)
  same(server:close(), true)
  same(server:closed(), true)
  while not waiting do sock.sleep(0) end
  same(waiting[2], 'closed')
  same(server:close(), true)
  same(two(server:accept()), 'closed')
  same(two(sock.tcp():connect('127.0.0.1', port)), 'connection_refused')
  kit.shake(client, accepted)
  kit.pump(client, accepted, 'still here')
  kit.close(client, accepted)
end)

threaded('accept waits for no handshake: a silent client stalls nobody', function()
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options()))
  local silent = assert(sock.tcp())
  assert(silent:connect('127.0.0.1', server.tcp.local_port))
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', server.tcp.local_port))
  local first = assert(server:accept())
  local second = assert(server:accept())
  local client = assert(stls.client_stcp(below, 'localhost', kit.client_options()))
  local a, b = kit.shake(client, second)
  same(a[1], true)
  same(b[1], true)
  same(first.remote_port, silent.local_port)
  same(first.tcp.remote_port, silent.local_port)
  for _, s in ipairs{client, second, first, silent, server} do s:close() end
end)

threaded('reload: connections to come have another config', function()
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options{alpn = 'one'}))
  local function alpn_now()
    local below = assert(sock.tcp())
    assert(below:connect('127.0.0.1', server.tcp.local_port))
    local client = assert(stls.client_stcp(below, 'localhost', kit.client_options{alpn = 'one,two'}))
    local accepted = assert(server:accept())
    kit.shake(client, accepted)
    local alpn = client:info().alpn
    kit.close(client, accepted)
    return alpn
  end
  same(alpn_now(), 'one')
  same(server:reload(kit.server_options{alpn = 'two'}), true)
  same(alpn_now(), 'two')
  refused('cert', nil, server:reload{})
  same(alpn_now(), 'two')
  server:close()
end)

threaded('a connection that comes after a reload tells the functions of its own config', function()
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options()))
  local told, accepted = {}
  sock.thread(function() accepted = assert(server:accept()) end)
  same(server:reload(kit.server_options{on_handshake = function(e) told[#told + 1] = e.role end}), true)
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', server.tcp.local_port))
  local client = assert(stls.client_stcp(below, 'localhost', kit.client_options()))
  sock.thread(function() client:handshake() end)
  while not accepted do sock.sleep(0) end
  same(accepted:handshake(), true)
  same(told[1], 'server')
  kit.close(client, accepted)
  server:close()
end)

threaded('functions of a config are called before the verb returns', function()
  local events, lines = {}, 0
  local opt = {
    on_handshake = function(e) events[#events + 1] = e.role end,
    keylog = function() lines = lines + 1 end,
  }
  local client, accepted = kit.secure_pair(opt, {on_handshake = opt.on_handshake})
  local over = sock.sleep_job()
  local told_server
  sock.thread(function()
    assert(accepted:handshake())
    told_server = table.concat(events, ','):find'server' ~= nil
    over:wakeup()
  end)
  assert(client:handshake())
  same(table.concat(events, ','):find'client' ~= nil, true, 'the client is told')
  same(lines > 0 or kit.engine() == 'bearssl', true)
  if told_server == nil then over:sleep(60) end
  same(told_server, true, 'the server is told')
  same(#events, 2)
  kit.close(client, accepted)
end)

threaded('what such a function raises is an error of the thread, and the call goes on', function()
  local told = {}
  sock.onthreaderror(function(co, err) told[#told + 1] = {co, err} end)
  local function broken()
    -- Nor can it run the loop, or wait.
    kit.raises('inside a thread', sock.start)
    kit.raises(nil, sock.sleep, 0)
    error'broken function'
  end
  local client, accepted = kit.secure_pair({on_handshake = broken})
  local a, b = kit.shake(client, accepted)
  sock.onthreaderror(nil)
  same(a[1], true)
  same(b[1], true)
  same(#told, 1)
  same(told[1][1], sock.currentthread())
  matches(told[1][2], 'broken function')
  kit.pump(client, accepted, 'x')
  kit.close(client, accepted)
end)

threaded('a config of libtls is a config here', function()
  local conf = assert(tls.config(kit.client_options()))
  local server = assert(stls.server_stcp(kit.listener(), assert(tls.config(kit.server_options()))))
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', server.tcp.local_port))
  local client = assert(stls.client_stcp(below, 'localhost', conf))
  local accepted = assert(server:accept())
  kit.shake(client, accepted)
  kit.pump(client, accepted, 'x')
  for _, s in ipairs{client, accepted, server} do s:close() end
  matches(conf:describe(), 'engine: ' .. kit.engine())
  conf:free()
  raises('freed', stls.client_stcp, sock.tcp(), 'localhost', conf)
end)

threaded('TLS on a connection that was used before', function()
  local l = kit.listener()
  local below = assert(sock.tcp())
  assert(below:connect('127.0.0.1', l.local_port))
  local other = assert(l:accept())
  assert(below:send('STARTTLS'))
  same(other:recvn(8), 'STARTTLS')
  local client = assert(stls.client_stcp(below, 'localhost', kit.client_options()))
  same(client.tcp, below)
  raises('in use', below.recv, below)
  raises('in use', stls.client_stcp, below, 'localhost', {})
  same(other:recv(10, sock.clock() + 0.01), nil)  -- nothing is sent yet
  sock.thread(function() client:handshake() end)
  same(other:recv(1), '\22')  -- and now a record of the handshake
  client:close()
  other:close()
  l:close()
end)

threaded('what is refused before anything is sent', function()
  local below, other = kit.tcp_pair()
  refused('ca', 'not_found', stls.client_stcp(below, 'localhost', {ca_file = 'no-such-file', engine = kit.engine()}))
  refused('name', 'invalid_argument', stls.client_stcp(below, '', kit.client_options()))
  refused('cert', nil, stls.server_stcp(below, {engine = kit.engine()}))
  same(below:send('it is still mine'), true)
  same(other:recvn(16), 'it is still mine')
  raises("unknown option 'certt'; did you mean 'cert'", stls.client_stcp, below, 'localhost', {certt = 'x'})
  raises('sock.tcp', stls.client_stcp, {}, 'localhost', {})
  raises('string', stls.client_stcp, below, {}, {})
  below:close()
  other:close()
  -- What has no connection yet can still get one.
  local l, early, late = kit.listener(), assert(sock.tcp()), assert(sock.tcp())
  refused('not connected', 'invalid_state', stls.client_stcp(early, 'localhost', kit.client_options()))
  same(early:connect('127.0.0.1', l.local_port), true)
  refused('does not listen', 'invalid_state', stls.server_stcp(late, kit.server_options()))
  same(late:listen('127.0.0.1', 0), true)
  early:close()
  late:close()
  l:close()
end)

test('engines and version', function()
  local engines = stls.engines()
  local found = false
  for _, name in ipairs(engines) do found = found or name == kit.engine() end
  same(found, true)
  same(stls.version, tls.version)
  raises('table of options', stls.config, 1)
end)

test('it takes no other module for sock', function()
  local out = kit.run_program[[
    package.preload.sock = function() return {} end
    require'sock_libtls'
  ]]
  matches(out, "the module 'sock' that was found is another than stls's")
  matches(out, 'exit: 1')
end)

test('close waits where there is no thread', function()
  local client, accepted
  kit.together(function() client, accepted = kit.secured() end)
  same(client:close(), true)
  same(accepted:close(), true)
  kit.together(function() same(two(accepted:recv()), 'closed') end)
end)
