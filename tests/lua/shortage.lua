-- What shortage runs: a bit of everything, while one allocation fails.
local arm, modules, pki, engine = ...
package.cpath = modules .. '/?.so'
local tls = require'libtls'

local function read_file(name)
  local f = assert(io.open(pki .. '/' .. name, 'rb'))
  local s = f:read'*a'
  f:close()
  return s
end
local ca, cert, key = read_file'ca.pem', read_file'server.pem', read_file'server.key'

local function read_cb(_, maxsz, wire)
  local s = table.remove(wire.from, 1)
  if not s then return nil, 'wantrecv' end
  if #s > maxsz then
    table.insert(wire.from, 1, s:sub(maxsz + 1))
    s = s:sub(1, maxsz)
  end
  return s
end

local function write_cb(_, s, wire)
  wire.to[#wire.to + 1] = s
  return #s
end

-- What is not caught comes up to the program that counts; what is refused for want of memory, too.
local function must(ok, err)
  if not ok and err ~= 'wantrecv' then error(err, 0) end
  return ok
end

-- The engine, and all that is made only once, is there.
must(tls.server(must(tls.config{cert = cert, key = key, engine = engine})))
must(tls.client(must(tls.config{ca = ca, engine = engine})))
collectgarbage()
collectgarbage'stop'  -- Lua drops a finalizer that it has no memory to call; at the end there is enough
arm()

local told = {}
local function tell(x) told[#told + 1] = x end
local copt = must(tls.config{ca = ca, engine = engine, alpn = 'h2', keylog = tell, on_handshake = tell,
  on_session = tell, on_warning = tell})
local sopt = must(tls.config{cert = cert, key = key, engine = engine, alpn = 'h2',
  keypairs = {{cert = cert, key = key}}})
local added, why, code = sopt:add_ticket_key{keyrev = 1, key = ('k'):rep(48)}
if code ~= 'unsupported' then must(added, why) end
must(copt:describe())
local client, listener = must(tls.client(copt)), must(tls.server(sopt))
local up, down = {}, {}
must(client:connect('localhost', read_cb, write_cb, {from = down, to = up}))
local server = must(listener:accept(read_cb, write_cb, {from = up, to = down}))
for _ = 1, 4 do
  must(client:send'x')
  must(server:recv())
end
must(server:send'y')
assert(must(client:recv()) == 'y')
must(client:info())
must(server:info())
must(client:export_session())
assert(tostring(client))
-- Mistakes, and errors of callbacks.
local function refused(f, ...)
  local ok, err = pcall(f, ...)
  if not ok and tostring(err):find'not enough memory' then error(err, 0) end
end
refused(tls.config, {ca = ca, keypairs = {{cert = cert, kee = 1}}})
refused(tls.config, {ca = 'x'})
refused(tls.config, {ca = ca, ca_file = 'x'})
refused(client.recv, nil)
local broken = must(tls.client(copt))
must(broken:connect('localhost', error, function() error'broken' end))
refused(broken.handshake, broken)
must(client:close())
client:free()
must(server:close())
must(listener:reset(sopt))
