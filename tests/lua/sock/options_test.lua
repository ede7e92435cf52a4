-- Each option of the module's documents, on a connection of sockets. What it means in detail, libtls's tests see.
local kit = require'kit'
local sock = require'sock'
local stls = require'sock_libtls'
local same, refused = kit.same, kit.refused

-- The outcomes of a handshake with these options: both ends', then both sockets.
local function try(copt, sopt, name)
  local client, accepted, c, s = kit.secure_pair(copt, sopt, name)
  local a, b = kit.shake(client, accepted)
  kit.exercised(c)
  kit.exercised(s)
  return a, b, client, accepted
end

local function works(copt, sopt, name)
  local a, b, client, accepted = try(copt, sopt, name)
  if not (a[1] and b[1]) then error(tostring(a[2]) .. '; ' .. tostring(b[2]), 2) end
  kit.pump(accepted, client, 'x')
  local seen, seen_by_server = client:info(), accepted:info()
  kit.close(client, accepted)
  return seen, seen_by_server
end

local function fails(code, copt, sopt, name)
  local a, _, client, accepted = try(copt, sopt, name)
  refused('', code, a[1], a[2], a[3])
  kit.close(client, accepted)
end

local function pem(name) return kit.read_file(kit.path(name)) end

local function pair_of(name) return {cert_file = kit.path(name .. '.pem'), key_file = kit.path(name .. '.key')} end

local function key(n) return string.char(n):rep(48) end

-- In turn: options of the client and the server, and what must be seen of it. `can` is what the engine needs for it;
-- where it cannot, the option is refused by its name.
local cases = {
  alpn = function() same(works({alpn = 'b,a'}, {alpn = 'a,b'}).alpn, 'a') end,
  ca = function()
    local opt = kit.client_options{ca = pem'ca.pem'}
    opt.ca_file = nil
    local conf = assert(stls.config(opt))
    kit.exercised(opt)
    conf:free()
    works{ca_file = kit.path'ca.pem'}
    fails('certificate_untrusted', {ca_file = kit.path'ca2.pem'})
  end,
  cert = function() same(works(nil, pair_of'server-a', 'a.example').peer.dns_names[1], 'a.example') end,
  key = function()
    local _, seen = works(pair_of'client', {verify_client = true, ca_file = kit.path'ca.pem'})
    same(seen.peer.common_name, 'client')
  end,
  keypairs = function()
    local list = {{cert = pem'server-b.pem', key = pem'server-b.key'}}
    same(works(nil, {keypairs = list}, 'b.example').peer.dns_names[1], 'b.example')
    same(works(nil, {keypairs = list}).peer.dns_names[1], 'localhost')
  end,
  ciphers = function()
    local name = 'ECDHE-ECDSA-AES256-GCM-SHA384'
    same(works({ciphers = name, protocols = 'tlsv1.2'}).cipher, name)
  end,
  prefer_ciphers_client = function()
    local one, other = 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'
    same(works({ciphers = one .. ':' .. other, protocols = 'tlsv1.2'},
      {ciphers = other .. ':' .. one, prefer_ciphers_client = true}).cipher, one)
  end,
  prefer_ciphers_server = function()
    local one, other = 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'
    same(works({ciphers = one .. ':' .. other, protocols = 'tlsv1.2'},
      {ciphers = other .. ':' .. one, prefer_ciphers_server = true}).cipher, other)
  end,
  ecdhecurve = function() same(works(nil, {ecdhecurve = 'P-256'}).group, 'P-256') end,
  ecdhecurves = function() same(works({ecdhecurves = 'P-384,P-256', protocols = 'tlsv1.2'}, {ecdhecurves = 'P-384'}).group, 'P-384') end,
  protocols = function() same(works{protocols = 'tlsv1.2'}.version, 'TLSv1.2') end,
  verify_depth = function()
    works{verify_depth = 1}
    fails('certificate_untrusted', {verify_depth = 0})
  end,
  insecure_noverifycert = function() works({insecure_noverifycert = true}, pair_of'untrusted') end,
  insecure_noverifyname = function()
    works({insecure_noverifyname = true}, nil, 'elsewhere.example')
    fails('certificate_name_mismatch', nil, nil, 'elsewhere.example')
  end,
  insecure_noverifytime = function()
    works({insecure_noverifytime = true}, pair_of'expired')
    fails('certificate_expired', nil, pair_of'expired')
  end,
  verify_client = function()
    local sopt = {verify_client = true, ca_file = kit.path'ca.pem'}
    works(pair_of'client', sopt)
    local _, b, client, accepted = try(nil, sopt)
    refused('', 'certificate_missing', b[1], b[2], b[3])
    kit.close(client, accepted)
  end,
  verify_client_optional = function()
    local sopt = {verify_client_optional = true, ca_file = kit.path'ca.pem'}
    local _, seen = works(pair_of'client', sopt)
    same(seen.peer.common_name, 'client')
    _, seen = works(nil, sopt)
    same(seen.peer, nil)
  end,
  session_id = function() works(nil, {session_id = 'one'}) end,
  session_lifetime = function()
    local function again(seconds)
      local conf, sconf = stls.config(kit.client_options()), stls.config(kit.server_options{session_lifetime = seconds})
      kit.exercised{session_lifetime = seconds}
      local server = assert(stls.server_stcp(kit.listener(), sconf))
      local resumed
      for _ = 1, 2 do
        local below = assert(sock.tcp())
        assert(below:connect('127.0.0.1', server.tcp.local_port))
        local client = assert(stls.client_stcp(below, 'localhost', conf))
        local accepted = assert(server:accept())
        kit.shake(client, accepted)
        kit.pump(accepted, client, 'x')
        resumed = client:info().resumed
        kit.close(client, accepted)
      end
      server:close()
      return resumed
    end
    same(again(3600), true)
    same(again(0), false)
  end,
}

-- Those that not every engine has.
local special = {
  {'ocsp_staple', 'ocsp', 'server', {ocsp_staple_file = kit.staple()}, function()
    same(works(nil, {ocsp_staple_file = kit.staple()}).ocsp.result, 'good')
  end},
  {'ocsp_require_stapling', 'ocsp', 'client', {ocsp_require_stapling = true}, function()
    works({ocsp_require_stapling = true}, {ocsp_staple_file = kit.staple()})
    fails('revocation_unknown', {ocsp_require_stapling = true})
  end},
  {'crl', 'crl', 'client', {crl_file = kit.path'crl.pem'}, function()
    works{crl_file = kit.path'crl.pem'}
    fails('certificate_revoked', {crl_file = kit.path'crl.pem'}, pair_of'revoked')
  end},
  {'ticket_keys', 'tickets', 'server', {ticket_keys = {{keyrev = 1, key = key(1)}}}, function()
    works(nil, {ticket_keys = {{keyrev = 1, key = key(1)}, {ticket_key_rev = 2, ticket_key = key(2)}}})
  end},
  {'dheparams', 'dhe', 'server', {dheparams = 'auto'}, function()
    local suite = 'DHE-RSA-AES128-GCM-SHA256'
    local opt = {dheparams = 'auto', ciphers = suite, protocols = 'tlsv1.2'}
    local sopt = pair_of'server-rsa'
    for k, v in pairs(opt) do sopt[k] = v end
    opt.ca_file = kit.path'ca-rsa.pem'
    same(works(opt, sopt).cipher, suite)
  end},
}

for name, body in pairs(cases) do kit.threaded('option ' .. name, body) end

for _, case in ipairs(special) do
  local name, can, role, opt, body = (unpack or table.unpack)(case)
  kit.threaded('option ' .. name, function()
    if kit.can(can) then return body() end
    local value, err, code
    if role == 'server' then
      value, err, code = stls.server_stcp(kit.listener(), kit.server_options(opt))
    else
      value, err, code = stls.client_stcp(sock.tcp(), 'localhost', kit.client_options(opt))
    end
    refused('^' .. name .. ': .*' .. kit.engine(), 'unsupported', value, err, code)
    kit.exercised(opt)
  end)
end
