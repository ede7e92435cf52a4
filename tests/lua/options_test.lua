-- Each of libtls's 24 options, on a connection.
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches
local unpack = unpack or table.unpack

local function fails(pattern, code, copt, sopt, name)
  local p = kit.pair(copt, sopt, name)
  local a = kit.try_handshake(p)
  refused(pattern, code, unpack(a, 1, 3))
  return p
end

-- Where the engine cannot, the option is refused by its name; else f runs.
local function where(can, option, role, opt, f)
  if kit.can(can) then return f() end
  local make = role == 'server' and tls.server or tls.client
  local complete = role == 'server' and kit.server_options(opt) or kit.client_options(opt)
  refused('^' .. option .. ': .*' .. kit.engine(), 'unsupported', make(complete))
  kit.exercised(complete)
end

test('alpn: the server\'s order decides', function()
  local p = kit.connected({alpn = 'http/1.1,h2'}, {alpn = 'h2,http/1.1'})
  same(p.client:info().alpn, 'h2')
  same(p.server:info().alpn, 'h2')
  same(kit.connected(nil, {alpn = 'h2'}).client:info().alpn, nil)
  fails('no_application_protocol', 'alert_received', {alpn = 'x'}, {alpn = 'h2'})
end)

test('ca: only these are trusted, as a text and as a file', function()
  kit.connected({ca_file = kit.path'ca.pem'})
  local text = kit.read_file(kit.path'ca.pem')
  local opt = kit.client_options{ca = text}
  opt.ca_file = nil
  assert(tls.config(opt))
  fails('', 'certificate_untrusted', {ca_file = kit.path'ca2.pem'})
end)

test('cert and key: a server\'s, as texts; and a client\'s', function()
  local opt = kit.server_options{cert = kit.read_file(kit.path'server.pem'), key = kit.read_file(kit.path'server.key')}
  opt.cert_file, opt.key_file = nil, nil
  assert(tls.server(opt))
  local p = kit.connected({cert_file = kit.path'client.pem', key_file = kit.path'client.key'},
    {verify_client = true, ca_file = kit.path'ca.pem'})
  same(p.server:info().peer.common_name, 'client')
  same(p.server:info().peer.uris[1], 'spiffe://example/client')
end)

test('ocsp_staple and ocsp_require_stapling', function()
  where('ocsp', 'ocsp_require_stapling', 'client', {ocsp_require_stapling = true}, function()
    local staple = kit.staple()
    local p = kit.connected({ocsp_require_stapling = true}, {ocsp_staple_file = staple})
    same(p.client:info().ocsp.cert_status, 0)
    same(p.client:info().ocsp.result, 'good')
    assert(p.client:info().ocsp.this_update <= os.time())
    fails('', 'revocation_unknown', {ocsp_require_stapling = true})
    local q = kit.connected({ocsp_require_stapling = true},
      {cert_file = kit.path'server-a.pem', key_file = kit.path'server-a.key', keypairs = {
        {cert_file = kit.path'server.pem', key_file = kit.path'server.key', ocsp_staple = kit.read_file(staple)}}})
    same(q.client:info().ocsp.cert_status, 0)
  end)
  if not kit.can'ocsp' then
    refused('^ocsp_staple: ', 'unsupported', tls.server(kit.server_options{ocsp_staple = 'x'}))
    kit.exercised{ocsp_staple = 'x'}
  end
end)

test('crl: a certificate on it is refused', function()
  where('crl', 'crl', 'client', {crl_file = kit.path'crl.pem'}, function()
    kit.connected{crl_file = kit.path'crl.pem'}
    fails('revoked', 'certificate_revoked', {crl = kit.read_file(kit.path'crl.pem')},
      {cert_file = kit.path'revoked.pem', key_file = kit.path'revoked.key'})
  end)
end)

test('keypairs: the server name chooses', function()
  local list = {
    {cert_file = kit.path'server-a.pem', key_file = kit.path'server-a.key'},
    {cert = kit.read_file(kit.path'server-b.pem'), key = kit.read_file(kit.path'server-b.key')},
  }
  for name, cn in pairs{localhost = 'localhost', ['a.example'] = 'a.example', ['b.example'] = 'b.example'} do
    local p = kit.connected(nil, {keypairs = list}, name)
    same(p.client:info().peer.dns_names[1], cn)
  end
end)

local function key(n) return string.char(n):rep(48) end

-- A client's second connection is resumed, or not.
local function second_is_resumed(sopt_one, sopt_two)
  local conf = tls.config(kit.client_options())
  local resumed
  for _, sopt in ipairs{sopt_one, sopt_two} do
    local c = tls.client(conf)
    local here, there = kit.wires()
    assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    local s = assert(tls.server(kit.server_options(sopt))):accept(kit.read_pipe, kit.write_pipe, there)
    local p = {client = c, server = s, copt = {}, sopt = sopt}
    local a, b = kit.try_handshake(p)
    assert(a[1], a[2])
    assert(b[1], b[2])
    kit.echo(p)
    assert(c:close())
    resumed = c:info().resumed
  end
  return resumed
end

test('ticket_keys: servers that share them resume each other\'s sessions', function()
  where('tickets', 'ticket_keys', 'server', {ticket_keys = {{keyrev = 1, key = key(1)}}}, function()
    same(second_is_resumed({ticket_keys = {{keyrev = 1, key = key(1)}}},
      {ticket_keys = {{keyrev = 1, key = key(1)}, {keyrev = 2, key = key(2)}}}), true)
    same(second_is_resumed({ticket_keys = {{ticket_key_rev = 7, ticket_key = key(7)}}},
      {ticket_keys = {{keyrev = 7, key_file = kit.write_file(kit.scratch'ticket-key', key(7))}}}), true)
    same(second_is_resumed({ticket_keys = {{keyrev = 1, key = key(1)}}}, {ticket_keys = {{keyrev = 2, key = key(2)}}}),
      false)
    refused('', 'bad_config', tls.config(kit.server_options{ticket_keys = {{keyrev = 1, key = 'short'}}}))
  end)
end)

test('add_ticket_key rotates keys while the config is in use', function()
  local sconf = tls.config(kit.server_options(kit.can'tickets' and {ticket_keys = {{keyrev = 1, key = key(1)}}} or {}))
  if kit.can'tickets' then
    same(sconf:add_ticket_key{keyrev = 2, key = key(2)}, true)
    refused('', 'bad_config', sconf:add_ticket_key{keyrev = 3, key = 'short'})
    refused('already present', 'bad_config', sconf:add_ticket_key{keyrev = 1, key = key(1)})
  else
    refused('the engine has no tickets', 'unsupported', sconf:add_ticket_key{keyrev = 2, key = key(2)})
  end
  raises('keyrev', sconf.add_ticket_key, sconf, {})
  raises('table expected', sconf.add_ticket_key, sconf)
  refused('cannot read', 'not_found', sconf:add_ticket_key{keyrev = 4, key_file = 'no-such-file'})
end)

test('ciphers: names and words', function()
  local name = 'ECDHE-ECDSA-AES256-GCM-SHA384'
  same(kit.connected(nil, {ciphers = name, protocols = 'tlsv1.2'}).client:info().cipher, name)
  same(kit.connected({ciphers = name, protocols = 'tlsv1.2'}).server:info().cipher, name)
  kit.connected({ciphers = 'compat'}, {ciphers = 'secure'})
end)

test('prefer_ciphers_client and prefer_ciphers_server: whose order decides', function()
  local one, other = 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'
  local copt = {ciphers = one .. ':' .. other, protocols = 'tlsv1.2'}
  local function chosen(more)
    more.ciphers = other .. ':' .. one
    more.protocols = 'tlsv1.2'
    return kit.connected(copt, more).client:info().cipher
  end
  same(chosen{}, other)
  same(chosen{prefer_ciphers_server = true}, other)
  same(chosen{prefer_ciphers_client = true}, one)
end)

test('dheparams: key exchange with finite fields', function()
  where('dhe', 'dheparams', 'server', {dheparams = 'auto'}, function()
    local suite = 'DHE-RSA-AES128-GCM-SHA256'
    local p = kit.connected({ca_file = kit.path'ca-rsa.pem', dheparams = 'auto', ciphers = suite, protocols = 'tlsv1.2'},
      {cert_file = kit.path'server-rsa.pem', key_file = kit.path'server-rsa.key', dheparams = 'auto', ciphers = suite,
       protocols = 'tlsv1.2'})
    same(p.client:info().cipher, suite)
  end)
end)

test('ecdhecurve and ecdhecurves: the groups of the key exchange', function()
  same(kit.connected(nil, {ecdhecurve = 'P-256'}).client:info().group, 'P-256')
  same(kit.connected({ecdhecurves = 'P-384,P-256', protocols = 'tlsv1.2'},
    {ecdhecurves = 'P-384:P-256'}).client:info().group, 'P-384')
end)

test('protocols: the versions', function()
  same(kit.connected({protocols = 'tlsv1.2'}).client:info().version, 'TLSv1.2')
  if kit.can'tls1.3' then
    fails('', nil, {protocols = 'tlsv1.3'}, {protocols = 'tlsv1.2'})
  else
    refused('^protocols', 'unsupported', tls.config(kit.client_options{protocols = 'tlsv1.3'}))
  end
end)

test('verify_depth: how long a chain may be', function()
  kit.connected{verify_depth = 1}
  fails('chain', 'certificate_untrusted', {verify_depth = 0})
end)

test('insecure_noverifycert: any certificate will do', function()
  local untrusted = {cert_file = kit.path'untrusted.pem', key_file = kit.path'untrusted.key'}
  kit.connected({insecure_noverifycert = true}, untrusted)
  fails('', 'certificate_untrusted', {insecure_noverifycert = false}, untrusted)
  fails('', 'certificate_untrusted', {insecure_noverifycert = true, insecure_noverifyname = true, verify = true}, untrusted)
end)

test('verify: true undoes what false leaves', function()
  local untrusted = {cert_file = kit.path'untrusted.pem', key_file = kit.path'untrusted.key'}
  fails('', 'certificate_untrusted', {verify = false}, untrusted)
  kit.connected({insecure_noverifycert = true, verify = false}, untrusted)
  fails('', 'certificate_untrusted', {insecure_noverifycert = true, verify = true}, untrusted)
end)

test('insecure_noverifyname: any name will do', function()
  kit.connected({insecure_noverifyname = true}, nil, 'elsewhere.example')
  fails('', 'certificate_name_mismatch', {insecure_noverifyname = false}, nil, 'elsewhere.example')
end)

test('insecure_noverifytime: any time will do', function()
  local expired = {cert_file = kit.path'expired.pem', key_file = kit.path'expired.key'}
  kit.connected({insecure_noverifytime = true}, expired)
  fails('has expired', 'certificate_expired', nil, expired)
end)

local client_keypair = {cert_file = kit.path'client.pem', key_file = kit.path'client.key'}

-- The server's outcome with a client that shows this.
local function server_says(copt, sopt)
  local p = kit.pair(copt, sopt)
  local _, b = kit.try_handshake(p)
  if b[1] == nil and (b[2] == 'wantrecv' or b[2] == 'wantsend') then b = {p.server:handshake()} end
  return unpack(b, 1, 3)
end

test('verify_client: no certificate, no connection', function()
  local sopt = {verify_client = true, ca_file = kit.path'ca.pem'}
  same(server_says(client_keypair, sopt), true)
  refused('', 'certificate_missing', server_says(nil, sopt))
  refused('', 'certificate_untrusted',
    server_says({cert_file = kit.path'client-untrusted.pem', key_file = kit.path'client-untrusted.key'}, sopt))
  refused('^verify_client: ', 'bad_config', tls.config(kit.server_options{verify_client = true}))
end)

test('verify_client_optional: none, or a good one', function()
  local sopt = {verify_client_optional = true, ca_file = kit.path'ca.pem'}
  same(server_says(client_keypair, sopt), true)
  same(server_says(nil, sopt), true)
  refused('', 'certificate_untrusted',
    server_says({cert_file = kit.path'client-untrusted.pem', key_file = kit.path'client-untrusted.key'}, sopt))
end)

test('session_id: servers with the same one resume each other\'s sessions', function()
  if kit.can'tickets' then
    local function opt(id, depth)
      return {session_id = id, verify_depth = depth, ticket_keys = {{keyrev = 1, key = key(1)}}}
    end
    same(second_is_resumed(opt('one', 3), opt('one', 4)), true)
    same(second_is_resumed(opt('one'), opt('two')), false)
  else
    kit.connected(nil, {session_id = 'one'})
  end
  refused('^session_id: ', 'bad_config', tls.config(kit.server_options{session_id = ('x'):rep(33)}))
end)

-- Whether the second connection between the same two configs is resumed.
local function again(copt, sopt)
  local cconf, sconf = tls.config(kit.client_options(copt)), tls.config(kit.server_options(sopt))
  local resumed
  for _ = 1, 2 do
    local c, l = tls.client(cconf), tls.server(sconf)
    local here, there = kit.wires()
    assert(c:connect('localhost', kit.read_pipe, kit.write_pipe, here))
    local p = {client = c, server = l:accept(kit.read_pipe, kit.write_pipe, there), copt = copt, sopt = sopt}
    local a, b = kit.try_handshake(p)
    assert(a[1] and b[1])
    kit.echo(p)
    resumed = c:info().resumed
    c:close()
  end
  return resumed
end

test('session_lifetime: 0 turns resumption off', function()
  same(again({}, {session_lifetime = 3600}), true)
  same(again({}, {session_lifetime = 0}), false)
  refused('^session_lifetime: ', 'bad_config', tls.config(kit.server_options{session_lifetime = -1}))
end)

test('sessions: 0 turns resumption off, too', function()
  same(again({sessions = 1}, {}), true)
  same(again({sessions = 0}, {}), false)
end)

test('ca_path: these are trusted, too', function()
  fails('', 'certificate_untrusted', {ca_file = kit.path'ca2.pem'})
  kit.connected{ca_file = kit.path'ca2.pem', ca_path = kit.path'ca-dir'}
  local p = kit.pair()  -- and alone
  p.copt = {ca_path = kit.path'ca-dir', engine = kit.engine()}
  p.client = assert(tls.client(p.copt))
  assert(p.client:connect('localhost', kit.read_pipe, kit.write_pipe, p.here))
  same(kit.try_handshake(p)[1], true)
  refused('^ca_path: ', 'not_found', tls.config{ca_path = 'no-such-folder'})
end)

test('ca_system: the system\'s are trusted, too', function()
  local function roots(opt)
    opt.engine = kit.engine()
    return tonumber(assert(tls.config(opt)):describe():match'\nca: (%d+) certificates\n')
  end
  local ca = kit.path'ca.pem'
  same(roots{ca_file = ca}, 1)
  same(roots{ca_file = ca, ca_system = false}, 1)
  same(roots{ca_file = ca, ca_system = true}, 1 + roots{ca_system = true})
  kit.connected{ca_system = true}
end)

test('ocsp_request: false asks for no staple', function()
  local sopt = kit.can'ocsp' and {ocsp_staple_file = kit.staple()} or {}
  local asked, not_asked = kit.connected({}, sopt), kit.connected({ocsp_request = false}, sopt)
  same(asked.client:info().ocsp.result, kit.can'ocsp' and 'good' or nil)
  same(not_asked.client:info().ocsp.result, nil)
end)

test('key_password: decrypts a key', function()
  local function with(password)
    return kit.server_options{key_file = kit.path'server-encrypted.key', key_password = password}
  end
  where('encrypted_keys', 'key', 'server', with'secret', function()
    kit.echo(kit.connected(nil, with'secret'))
    refused('^key: ', 'bad_pem', tls.config(with'wrong'))
    refused('^key: ', 'bad_pem', tls.config(with'secret\n'))
    refused('^key: .*key_password', 'bad_pem', tls.config(with(nil)))
  end)
  kit.connected(nil, {key_password = 'unused'})
end)
