-- Configs: how options are given, and how they are refused.
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches

test('an option that does not exist is an error that names the nearest', function()
  raises("unknown option 'chipers'; did you mean 'ciphers'%?", tls.config, {chipers = 'secure'})
  raises("unknown option 'alp'; did you mean 'alpn'%?", tls.config, {alp = 'h2'})
  raises("unknown option 'cert_fiel'; did you mean 'cert", tls.config, {cert_fiel = 'x'})
  raises("unknown option 'ca_flie'", tls.config, {ca_flie = 'x'})
  raises("unknown option 'session_lifetime_file'; did you mean 'session_lifetime'%?", tls.config,
    {session_lifetime_file = 'x'})
  raises("unknown option 'verify_clinet_optional'; did you mean 'verify_client_optional'%?", tls.client,
    {verify_clinet_optional = true})
  raises("unknown option 'cret' in keypairs%[2%]; did you mean 'cert'%?", tls.server,
    {keypairs = {{cert = 'x', key = 'y'}, {cret = 'x'}}})
  raises("unknown option 'keyref' in ticket_keys%[1%]; did you mean 'keyrev'%?", tls.config,
    {ticket_keys = {{keyref = 1}}})
  raises('options are named by strings, not by a number', tls.config, {'ca.pem'})
  raises("unknown option 'nonsense'$", tls.config, {nonsense = 1})
  raises("unknown option 'nonsense' in keypairs%[1%]$", tls.config, {keypairs = {{nonsense = 1}}})
  raises("unknown option ''", tls.config, {[''] = 1})
  raises('unknown option', tls.config, {[('x'):rep(5000)] = 1})
end)

test('values of a wrong type are errors that name the option', function()
  raises("option 'ca': string expected, got table", tls.config, {ca = {}})
  raises("option 'ca_file': string expected, got boolean", tls.config, {ca_file = true})
  raises("option 'alpn': string expected, got number", tls.config, {alpn = 5})
  raises("option 'verify_client': boolean expected, got string", tls.config, {verify_client = 'yes'})
  raises("option 'verify_depth': whole number expected, got string", tls.config, {verify_depth = '5'})
  raises("option 'verify_depth': no number that it can be", tls.config, {verify_depth = 1.5})
  raises("option 'verify_depth': no number that it can be", tls.config, {verify_depth = 0 / 0})
  raises("option 'session_lifetime': no number that it can be", tls.config, {session_lifetime = 1 / 0})
  raises("option 'sessions': no number that it can be", tls.config, {sessions = -1})
  raises("option 'keylog': function expected, got string", tls.config, {keylog = 'file'})
  raises("option 'keypairs': list of keypairs expected, got string", tls.config, {keypairs = 'x'})
  raises("option 'keypairs': list of keypairs expected, without gaps or names", tls.config, {keypairs = {cert = 'x'}})
  raises("option 'keypairs%[1%]': table expected, got string", tls.config, {keypairs = {'x'}})
  raises("option 'keypairs%[1%].key': string expected, got number", tls.config, {keypairs = {{cert = 'x', key = 1}}})
  raises("option 'ticket_keys%[2%].keyrev': no number that it can be", tls.config,
    {ticket_keys = {{keyrev = 1, key = 'x'}, {keyrev = 2 ^ 32, key = 'x'}}})
  raises("option 'ticket_keys%[1%].keyrev': whole number expected, got nil", tls.config, {ticket_keys = {{key = 'x'}}})
  raises("option 'crlite_data%[1%]': string expected, got table", tls.config, {crlite_data = {{}}})
  raises("option 'ca': given as a text and as a file", tls.config, {ca = 'x', ca_file = 'y'})
  raises("option 'keypairs%[1%].cert': given as a text and as a file", tls.config,
    {keypairs = {{cert = 'x', cert_file = 'y'}}})
  raises('config or table of options expected, got string', tls.config, 'ca.pem')
  raises('config or table of options expected, got boolean', tls.client, true)
  raises('config or table of options expected, got userdata', tls.server, io.stdout)
end)

test('a value that cannot be is refused with a sentence and a code', function()
  refused("^protocols: ", 'bad_config', tls.config{protocols = 'tlsv1.4'})
  refused("^ciphers: ", 'bad_config', tls.client{ciphers = 'nonsense'})
  refused("^verify_depth: ", 'bad_config', tls.config{verify_depth = -1})
  refused('', 'bad_pem', tls.config{ca = 'no PEM'})
  refused('', 'key_mismatch', tls.server(kit.server_options{key_file = kit.path'client.key'}))
  refused("no%-such%-file", 'not_found', tls.config{ca_file = 'no-such-file'})
  refused("^engine: ", 'bad_config', tls.config{engine = 'monkeys'})
  refused('', nil, tls.server{engine = kit.engine()})  -- no keypair
  refused('^revocation: .*not yet supported', nil, tls.config{revocation = 'hard'})
  refused('not yet supported', nil, tls.config{crlite_dir = 'x'})
  refused('not yet supported', nil, tls.config{crlite_data = {'x', 'y'}})
  refused('not yet supported', nil, tls.config{deny_list = 'x'})
end)

test('a very long sentence is cut', function()
  local c = assert(tls.client(kit.client_options()))
  assert(c:connect('localhost', kit.read_pipe, function() return nil, ('x'):rep(5000) end))
  local ok, err, code = c:handshake()
  same(ok, nil)
  same(err, ('x'):rep(1021) .. '...')
  same(code, 'transport')
end)

test('each string option can be a file', function()
  local dir = kit.scratch''
  local function file(text) return kit.write_file(kit.scratch'option', text) end
  assert(dir)
  assert(tls.config{alpn_file = file'h2,http/1.1\n'})
  matches(tls.config{alpn_file = file'h2,http/1.1\r\n'}:describe(), 'alpn: h2,http/1.1\n')
  assert(tls.config{ciphers_file = file'compat\n'})
  assert(tls.config{protocols_file = file'tlsv1.2\n'})
  assert(tls.config{ecdhecurve_file = file'P-256'})
  assert(tls.config{ecdhecurves_file = file'X25519:P-256\n'})
  assert(tls.config{dheparams_file = file'none\n'})
  assert(tls.config{engine_file = file(kit.engine() .. '\n')})
  assert(tls.config{session_id_file = file'\0\1\2\n'})
  assert(tls.config{ca_path_file = file(kit.path'ca-dir' .. '\n')})
  refused("^ciphers: ", 'bad_config', tls.config{ciphers_file = file'nonsense\n'})
  refused("^ciphers_file: cannot read 'no%-such%-file': ", 'not_found', tls.config{ciphers_file = 'no-such-file'})
  refused("^ciphers_file: cannot read '/': ", 'system', tls.config{ciphers_file = '/'})
  refused("^ciphers_file: cannot read '/dev/zero': ", 'too_large', tls.config{ciphers_file = '/dev/zero'})
  refused('cannot read', 'invalid_argument', tls.config{ciphers_file = 'a\0b'})
  refused('cannot read', nil, tls.config{ca_file = 'a\0b'})
end)

test('of a text in a file the line end is no part; of a text given as one it is', function()
  local function file(text) return kit.write_file(kit.scratch'option', text) end
  local name = kit.engine()
  for _, stored in ipairs{name, name .. '\n', name .. '\r\n'} do assert(tls.config{engine_file = file(stored)}) end
  for _, stored in ipairs{name .. '\r', name .. '\n\n', name .. '\n\r'} do
    refused('^engine: ', nil, tls.config{engine_file = file(stored)})
  end
  for _, text in ipairs{name .. '\n', name .. '\r\n', name .. '\r'} do
    refused('^engine: ', nil, tls.config{engine = text})
  end
end)

test('a ticket key has one name', function()
  local function given(key) return function() return tls.config{ticket_keys = {{keyrev = 1, key = 'x'}, key}} end end
  raises("option 'ticket_keys%[2%].keyrev': also given as 'ticket_key_rev'",
    given{keyrev = 1, ticket_key_rev = 1, key = 'x'})
  raises("option 'ticket_keys%[2%].key': also given as 'ticket_key'", given{keyrev = 1, key = 'x', ticket_key = 'x'})
  raises("option 'ticket_keys%[2%].key': also given as 'ticket_key'",
    given{keyrev = 1, key = 'x', ticket_key_file = 'x'})
  raises("option 'ticket_keys%[2%].key': also given as 'ticket_key'",
    given{keyrev = 1, key_file = 'x', ticket_key = 'x'})
  raises("option 'ticket_keys%[2%].key': also given as 'ticket_key'",
    given{keyrev = 1, key_file = 'x', ticket_key_file = 'x'})
  raises("option 'ticket_keys%[2%].ticket_key': given as a text and as a file",
    given{keyrev = 1, ticket_key = 'x', ticket_key_file = 'x'})
end)

test('strings of a list live until the config is made, whoever else has let them go', function()
  local size = 4000000
  local before, while_read
  local opt = setmetatable({}, {__index = function(_, name)
    if name == 'crlite_data' then return {('x'):rep(size)} end
    if name ~= 'verify' then return nil end  -- it is read later
    kit.collect()
    while_read = collectgarbage'count' * 1024
  end})
  kit.collect()
  before = collectgarbage'count' * 1024
  refused('not yet supported', nil, tls.config(opt))
  assert(while_read - before > size - 100000, 'the string was collected')
end)

test('options may be inherited', function()
  local defaults = {ca_file = kit.path'ca.pem', engine = kit.engine(), alpn = 'h2'}
  local conf = assert(tls.config(setmetatable({}, {__index = defaults})))
  matches(conf:describe(), 'alpn: h2\n')
  local broken = setmetatable({}, {__index = function() error'no such thing' end})
  raises('no such thing', tls.config, broken)
end)

test('a config is made once and used by many; a table will do wherever a config does', function()
  local copt, sopt = kit.client_options(), kit.server_options()
  local conf = assert(tls.config(copt))
  same(tls.config(conf), conf)
  matches(tostring(conf), '^stls%.config: ')
  for _, c in ipairs{conf, copt} do
    for _, s in ipairs{tls.config(sopt), sopt} do
      local client, listener = assert(tls.client(c)), assert(tls.server(s))
      local here, there = kit.wires()
      assert(client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
      local p = {client = client, server = listener:accept(kit.read_pipe, kit.write_pipe, there), copt = copt, sopt = sopt}
      local a, b = kit.try_handshake(p)
      assert(a[1] and b[1])
      kit.echo(p)
    end
  end
  assert(tls.config())
  assert(tls.config(nil))
  assert(tls.client())
end)

test('a config can be freed; what was made of it lives on', function()
  local conf = tls.config(kit.client_options())
  local client = tls.client(conf)
  conf:free()
  conf:free()
  local here, there = kit.wires()
  assert(client:connect('localhost', kit.read_pipe, kit.write_pipe, here))
  local server = tls.server(kit.server_options()):accept(kit.read_pipe, kit.write_pipe, there)
  local a = kit.both(function() return client:handshake() end, function() return server:handshake() end)
  same(a[1], true)
  raises('the config was freed', tls.client, conf)
  raises('the config was freed', tls.server, conf)
  raises('the config was freed', tls.config, conf)
  raises('the config was freed', client.reset, client, conf)
  raises('the config was freed', conf.describe, conf)
  raises('the config was freed', conf.add_ticket_key, conf, {keyrev = 1, key = 'x'})
end)

test('a config says what is in effect, and no secret', function()
  local text = tls.config(kit.server_options{alpn = 'h2', key_password = 'unseen'}):describe()
  matches(text, 'alpn: h2\n')
  matches(text, 'engine: ' .. kit.engine())
  assert(not text:find'unseen')
  assert(not text:find'PRIVATE')
end)

test('the engines are listed, and the version', function()
  local found = false
  for _, name in ipairs(tls.engines()) do found = found or name == kit.engine() end
  same(found, true)
  matches(tls.version, '^%d+%.%d+%.%d+$')
end)
