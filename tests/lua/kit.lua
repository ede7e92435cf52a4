-- What the tests share: wires in memory, pairs of connections on them, and a book of what was exercised by which test.
local tls = require'libtls'

local kit = {current = nil}

local settings

function kit.settings(s) settings = s end

function kit.staple() return settings.staple end

function kit.manual() return settings.manual end

-- Another page of the manual.
function kit.page(name) return settings.manual:match('^(.*/)') .. name .. '.3lua' end

function kit.annotations() return settings.annotations end

function kit.engine() return settings.engine end

function kit.path(name) return settings.pki .. '/' .. name end

function kit.scratch(name) return settings.scratch .. '/' .. name end

function kit.interpreter()
  local i = 0
  while arg[i - 1] do i = i - 1 end
  local words = {}
  for k = i, -1 do words[#words + 1] = "'" .. arg[k] .. "'" end
  return table.concat(words, ' ')
end

-- A program in Lua that another interpreter runs with the same modules: what it printed, and `exit: CODE`.
function kit.run_program(text)
  local name = kit.scratch('program.lua')
  local f = assert(io.open(name, 'w'))
  f:write(('package.path = %q; package.cpath = %q\n'):format(package.path, package.cpath))
  f:write(('arg = arg or {}; local kit = require"kit"; kit.settings{pki = %q, engine = %q, scratch = %q}\n'):format(
    settings.pki, settings.engine, settings.scratch))
  f:write(text)
  f:close()
  local p = assert(io.popen(kit.interpreter() .. ' ' .. name .. ' 2>&1; echo "exit: $?"'))
  local out = p:read'*a'
  p:close()
  return out
end

function kit.read_file(name)
  local f = assert(io.open(name, 'rb'))
  local text = f:read'*a'
  f:close()
  return text
end

function kit.write_file(name, text)
  local f = assert(io.open(name, 'wb'))
  f:write(text)
  f:close()
  return name
end

-- -- what is expected

local function show(v)
  return type(v) == 'string' and ('%q'):format(v) or tostring(v)
end

function kit.same(got, want, what)
  if got ~= want then
    error((what and what .. ': ' or '') .. 'got ' .. show(got) .. ', not ' .. show(want), 2)
  end
end

function kit.matches(got, pattern)
  if type(got) ~= 'string' or not got:find(pattern) then
    error('got ' .. show(got) .. ', which does not match ' .. show(pattern), 2)
  end
end

-- Calls f, which must raise; gives what it raised.
function kit.raises(pattern, f, ...)
  local ok, err = pcall(f, ...)
  if ok then error('nothing was raised', 2) end
  if pattern and not tostring(err):find(pattern) then
    error('raised ' .. show(err) .. ', which does not match ' .. show(pattern), 2)
  end
  return err
end

-- The values must be nil, a sentence that matches, and the code.
function kit.refused(pattern, code, value, sentence, got_code)
  kit.same(value, nil, 'the first value')
  kit.matches(sentence, pattern)
  if code then kit.same(got_code, code, 'the code') end
end

-- -- wires

-- pipe is one direction: a string, and what its ends have seen.
function kit.pipe() return {bytes = '', finished = false, room = 1 / 0} end

function kit.read_pipe(_, maxsz, wire)
  local pipe = wire.from
  if pipe.bytes == '' then
    if pipe.finished then return '' end
    return nil, 'wantrecv'
  end
  local s = pipe.bytes:sub(1, maxsz)
  pipe.bytes = pipe.bytes:sub(#s + 1)
  return s
end

function kit.write_pipe(_, s, wire)
  local pipe = wire.to
  local n = math.min(#s, pipe.room - #pipe.bytes)
  if n <= 0 then return nil, 'wantsend' end
  pipe.bytes = pipe.bytes .. s:sub(1, n)
  return n
end

-- Two ends of a wire: the arguments of read_pipe and write_pipe.
function kit.wires()
  local up, down = kit.pipe(), kit.pipe()
  return {from = down, to = up}, {from = up, to = down}
end

-- -- options

function kit.server_options(more)
  local opt = {cert_file = kit.path'server.pem', key_file = kit.path'server.key', engine = settings.engine}
  for k, v in pairs(more or {}) do opt[k] = v end
  return opt
end

function kit.client_options(more)
  local opt = {ca_file = kit.path'ca.pem', engine = settings.engine}
  for k, v in pairs(more or {}) do opt[k] = v end
  return opt
end

function kit.can(what)
  local bearssl = settings.engine == 'bearssl'
  return not (bearssl and (what == 'tls1.3' or what == 'tickets' or what == 'ocsp' or what == 'crl' or
    what == 'dhe' or what == 'half_close' or what == 'encrypted_keys'))
end

-- -- the book

local book = {}  -- name: the first test that exercised it

local function enter(name)
  if kit.current and not book[name] then book[name] = kit.current end
end

-- Options count when a handshake was tried with them, or the engine refused them by name.
function kit.exercised(opt)
  for name, value in pairs(opt) do
    enter('option ' .. name:gsub('_file$', ''))
    if type(value) == 'table' then
      for _, item in pairs(value) do
        if type(item) == 'table' then
          for k in pairs(item) do enter('option ' .. name .. '[].' .. k:gsub('_file$', '')) end
        end
      end
    end
  end
end

-- Each call of a method or function is seen. It counts when it did what it should, or the engine cannot do it.
local function seen(name, ...)
  local value, _, code = ...
  if value or code == 'unsupported' or select('#', ...) == 0 then enter(name) end
  return ...
end

function kit.seeing(name, f)
  return function(...) return seen(name, f(...)) end
end

function kit.watch(class, methods)
  for name, f in pairs(methods) do
    if type(f) == 'function' then methods[name] = kit.seeing(class .. name, f) end
  end
end

do
  kit.watch('tls.', tls)
  local conf = tls.config{}
  local classes = {['conf:'] = conf, ['cts:'] = tls.client(conf)}
  for class, object in pairs(classes) do kit.watch(class, debug.getmetatable(object).__index) end
  kit.watch('sts:', debug.getregistry()['libtls.sts'].__index)
end

-- The manual names what must be there: its functions and options.
function kit.manual_names(page)
  local names = {}
  local text = kit.read_file(page or settings.manual)
  for name in text:gmatch'\n%.It Fn ([%a:_.]+)' do names[#names + 1] = name end
  for name in text:gmatch'\n%.It Va ([%a_]+)' do names[#names + 1] = 'option ' .. name end
  return names
end

-- Runs the examples of a page, of which there are so many at least; they are one program, in a folder with these files.
-- It gives what they print.
function kit.run_examples(page, least)
  local list = {}
  for block in kit.read_file(page):gmatch'\n%.Bd %-literal[^\n]*\n(.-)\n%.Ed' do
    -- What mdoc spells otherwise.
    list[#list + 1] = (block:gsub('\\e', '\\'):gsub('\\&', ''):gsub('\\%-', '-'))
  end
  assert(#list >= least)
  local text = table.concat(list, '\n')
  for name, file in pairs{['"ca.pem"'] = 'ca.pem', ['"server.pem"'] = 'server.pem', ['"server.key"'] = 'server.key'} do
    text = text:gsub(name, function() return ('%q'):format(kit.path(file)) end)
  end
  local printed = {}
  local env = setmetatable({print = function(...) printed[#printed + 1] = table.concat({...}, ' ') end}, {__index = _G})
  local chunk
  if setfenv then
    chunk = assert(loadstring(text, '=manual'))
    setfenv(chunk, env)
  else
    chunk = assert(load(text, '=manual', 't', env))
  end
  chunk()
  return table.concat(printed, '\n')
end

function kit.check_coverage()
  local out = assert(io.open(settings.table, 'w'))
  local missing = {}
  local names = kit.manual_names()
  assert(#names > 50, 'the manual names too few functions and options')
  for _, name in ipairs(names) do
    out:write(('%-34s %s\n'):format(name, book[name] or 'NO TEST'))
    if not book[name] then missing[#missing + 1] = name end
  end
  out:close()
  if #missing > 0 then error('no test exercises: ' .. table.concat(missing, ', ')) end
end

-- -- pairs

-- pair makes a client and a server connection on a wire; nothing has been sent.
function kit.pair(client_opt, server_opt, name)
  local copt, sopt = kit.client_options(client_opt), kit.server_options(server_opt)
  local client, server = assert(tls.client(copt)), assert(tls.server(sopt))
  local here, there = kit.wires()
  assert(client:connect(name or 'localhost', kit.read_pipe, kit.write_pipe, here))
  local accepted = assert(server:accept(kit.read_pipe, kit.write_pipe, there))
  return {client = client, server = accepted, listener = server, here = here, there = there, copt = copt, sopt = sopt}
end

local function wants(err) return err == 'wantrecv' or err == 'wantsend' end

-- both runs two verbs in turns until each has given something else than a want: two lists of values.
function kit.both(f, g)
  local a, b
  for _ = 1, 10000 do
    if not a then
      local t = {f()}
      if not wants(t[2]) then a = t end
    end
    if not b then
      local t = {g()}
      if not wants(t[2]) then b = t end
    end
    if a and b then return a, b end
    if (a and not a[1]) or (b and not b[1]) then  -- the other may wait for ever
      return a or {f()}, b or {g()}
    end
  end
  error'both ends wait for each other'
end

-- Tries the handshake: the outcomes of both.
function kit.try_handshake(p)
  local a, b = kit.both(function() return p.client:handshake() end, function() return p.server:handshake() end)
  kit.exercised(p.copt)
  kit.exercised(p.sopt)
  return a, b
end

-- connected is a pair that has done its handshake.
function kit.connected(client_opt, server_opt, name)
  local p = kit.pair(client_opt, server_opt, name)
  local a, b = kit.try_handshake(p)
  if not a[1] then error('client: ' .. tostring(a[2]), 2) end
  if not b[1] then error('server: ' .. tostring(b[2]), 2) end
  return p
end

-- Sends all of s from one connection and receives it at the other.
function kit.carry(from, to, s)
  local sent, got = 0, {}
  local size = 0
  for _ = 1, 100000 do
    if sent < #s then
      local n, err = from:send(s:sub(sent + 1))
      if n then sent = sent + n elseif not wants(err) then error('send: ' .. tostring(err), 2) end
    end
    local r, err = to:recv(nil, 16384)
    if r then
      assert(r ~= '', 'the stream has ended')
      got[#got + 1] = r
      size = size + #r
    elseif not wants(err) then
      error('recv: ' .. tostring(err), 2)
    end
    if size >= #s then return table.concat(got) end
  end
  error'the bytes did not come'
end

-- Both ways.
function kit.echo(p, s)
  s = s or 'hello'
  kit.same(kit.carry(p.client, p.server, s), s, 'to the server')
  kit.same(kit.carry(p.server, p.client, s), s, 'to the client')
end

-- Until nothing that can be collected is left: what a finalizer kept for a moment goes in the next round.
function kit.collect()
  for _ = 1, 4 do collectgarbage() end
end

-- Calls make(i) 50 times; it gives objects that nobody refers to any more, and they must be collected. Where Lua still
-- looks at a few, the last ones in a stale slot of a stack or in a loop that is being compiled, that is its own affair.
function kit.forgotten(make)
  local weak, made = setmetatable({}, {__mode = 'k'}), 0
  for i = 1, 50 do
    for _, object in ipairs{make(i)} do
      weak[object] = true
      made = made + 1
    end
  end
  kit.collect()
  local left = 0
  for _ in pairs(weak) do left = left + 1 end
  if made < 50 or left > made / 10 then error(('%d of %d objects are still there'):format(left, made), 2) end
end

return kit
