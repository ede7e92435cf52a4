-- LuaJIT: buffers of the FFI, and callbacks that are C functions.
if not rawget(_G, 'jit') then return end

local ffi = require'ffi'
local tls = require'libtls'
local kit = require'kit'
local same, refused, raises, matches = kit.same, kit.refused, kit.raises, kit.matches

test('recv fills a buffer, send takes one', function()
  local p = kit.connected()
  local from, into = ffi.new('uint8_t[100]'), ffi.new('char[?]', 64)
  ffi.copy(from, 'hello, buffer')
  same(p.client:send(from, 13), 13)
  same(p.server:recv(into, 5), 5)
  same(ffi.string(into, 5), 'hello')
  same(p.server:recv(ffi.cast('void*', into + 5), 59), 8)
  same(ffi.string(into, 13), 'hello, buffer')
  same(select(2, p.server:recv(into, 64)), 'wantrecv')
  same(p.client:send(ffi.cast('const char*', from), 0), 0)
  p.client:close()
  same(p.server:recv(into, 64), 0)
  raises('null pointer', p.server.recv, p.server, ffi.cast('char*', nil), 5)
  raises('out of range', p.server.recv, p.server, into, 0)
  raises('out of range', p.server.recv, p.server, into, 0 / 0)
  raises('out of range', p.client.send, p.client, from, 0 / 0)
  raises('number expected', p.server.recv, p.server, into)
  raises('number expected', p.client.send, p.client, from)
end)

ffi.cdef[[
typedef ssize_t (*lua_test_read_cb)(void *ctx, void *buf, size_t buflen, void *cb_arg);
typedef ssize_t (*lua_test_write_cb)(void *ctx, const void *buf, size_t buflen, void *cb_arg);
]]

-- As the seeds do it: a callback keeps the pointer, answers a want, and the bytes come there before the next call.
local function captured(from)
  local buf, size, filled
  local stable = true
  local read = ffi.cast('lua_test_read_cb', function(ctx, b, n)
    assert(ctx ~= nil)
    if filled then
      stable = stable and b == buf and n >= size
      local k = filled
      buf, filled = nil, nil
      return k
    end
    buf, size = b, n
    return -2
  end)
  local function fill()
    if buf == nil or filled or from.bytes == '' then return end
    filled = math.min(tonumber(size), #from.bytes)
    ffi.copy(buf, from.bytes, filled)
    from.bytes = from.bytes:sub(filled + 1)
  end
  return read, fill, function() return stable end
end

local function writing(to)
  return ffi.cast('lua_test_write_cb', function(_, b, n)
    to.bytes = to.bytes .. ffi.string(b, n)
    return n
  end)
end

test('callbacks may be C functions, which fill their buffers later', function()
  for _ = 1, 3 do
    local here, there = kit.wires()
    local read_c, fill_c, stable_c = captured(here.from)
    local read_s, fill_s, stable_s = captured(there.from)
    local write_c, write_s = writing(here.to), writing(there.to)
    local copt, sopt = kit.client_options(), kit.server_options()
    local c = tls.client(copt)
    assert(c:connect('localhost', read_c, write_c, ffi.cast('void*', 5)))
    local s = tls.server(sopt):accept(read_s, write_s)
    local p = {client = c, server = s, copt = copt, sopt = sopt}
    local function filling(f) return function()
      fill_c()
      fill_s()
      return f()
    end end
    local a, b = kit.both(filling(function() return c:handshake() end), filling(function() return s:handshake() end))
    same(a[1], true)
    same(b[1], true)
    local got, sent = '', 0
    local text = ('pointer '):rep(4000)
    -- On a coroutine that is not the one of before, and collected afterwards.
    for _ = 1, 1000 do
      local co = coroutine.create(function()
        fill_s()
        if sent < #text then sent = sent + (c:send(text:sub(sent + 1)) or 0) end
        got = got .. (s:recv() or '')
      end)
      assert(coroutine.resume(co))
      collectgarbage'step'
      if #got == #text then break end
    end
    same(got, text)
    same(stable_c(), true)
    same(stable_s(), true)
    c:free()
    s:free()
    for _, cb in ipairs{read_c, read_s, write_c, write_s} do cb:free() end
  end
end)

test('a C function and one of Lua may stand together; the argument is a pointer for the first', function()
  local seen
  local write = ffi.cast('lua_test_write_cb', function(_, _, n, arg)
    seen = tonumber(ffi.cast('intptr_t', arg))
    return n
  end)
  local c = tls.client(kit.client_options())
  for given, expected in pairs{[7] = 7, [-1] = -1} do
    assert(c:reset(kit.client_options()))
    assert(c:connect('localhost', function(_, _, arg)
      same(arg, given)
      return nil, 'wantrecv'
    end, write, given))
    same(select(2, c:handshake()), 'wantrecv')
    same(seen, expected)
  end
  assert(c:reset(kit.client_options()))
  raises('pointer expected, got table', c.connect, c, 'localhost', kit.read_pipe, write, {})
  raises('out of range', c.connect, c, 'localhost', kit.read_pipe, write, 0 / 0)
  raises('out of range', c.connect, c, 'localhost', kit.read_pipe, write, 1e300)
  raises('null pointer', c.connect, c, 'localhost', kit.read_pipe, ffi.cast('lua_test_write_cb', nil))
  c:free()
  write:free()
end)

test('a C function runs on the coroutine of the verb, whatever a function of Lua did before it', function()
  local here, there = kit.wires()
  local strangers = 0
  local verb
  local write = ffi.cast('lua_test_write_cb', function(_, b, n)
    if coroutine.running() ~= verb then strangers = strangers + 1 end
    here.to.bytes = here.to.bytes .. ffi.string(b, n)
    return n
  end)
  local c = tls.client(kit.client_options())
  assert(c:connect('localhost', function(_, maxsz)
    assert(coroutine.resume(coroutine.create(function() return ffi.new'int[1]' end)))
    return kit.read_pipe(_, maxsz, here)
  end, write))
  local s = tls.server(kit.server_options()):accept(kit.read_pipe, kit.write_pipe, there)
  verb = coroutine.create(function()
    while true do coroutine.yield(c:handshake()) end
  end)
  local a, b = kit.both(function() return select(2, assert(coroutine.resume(verb))) end, function() return s:handshake() end)
  same(a[1], true)
  same(b[1], true)
  same(strangers, 0)
  c:free()
  write:free()
end)

test('a C function that fails leaves its errno', function()
  local read = ffi.cast('lua_test_read_cb', function()
    ffi.errno(104)
    return -1
  end)
  local c = tls.client(kit.client_options())
  assert(c:connect('localhost', read, function(_, s) return #s end))
  refused('^read callback failed: .*reset', 'transport', c:handshake())
  c:free()
  read:free()
end)

test('compiled loops use connections as interpreted ones do', function()
  local p = kit.connected()
  local into, sum = ffi.new('uint8_t[16]'), 0
  for i = 1, 500 do
    assert(p.client:send(into, 16) == 16)
    sum = sum + p.server:recv(into, 16)
    into[0] = i % 256
  end
  same(sum, 8000)
end)
