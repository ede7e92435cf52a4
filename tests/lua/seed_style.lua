-- libtls.so through the FFI, as a binding in LuaJIT does it: it declares the C API, its callbacks keep the pointer that
-- they are handed, answer a want, and fill it later. Arguments: the library, and the folder of the certificates.
local ffi = require'ffi'
local library, pki = arg[1], arg[2]

ffi.cdef[[
struct tls;
struct tls_config;
typedef ssize_t (*tls_read_cb)(struct tls *_ctx, void *_buf, size_t _buflen, void *_cb_arg);
typedef ssize_t (*tls_write_cb)(struct tls *_ctx, const void *_buf, size_t _buflen, void *_cb_arg);
int tls_init(void);
const char *tls_error(struct tls *_ctx);
struct tls_config *tls_config_new(void);
void tls_config_free(struct tls_config *_config);
const char *tls_config_error(struct tls_config *_config);
int tls_config_set_ca_file(struct tls_config *_config, const char *_ca_file);
int tls_config_set_keypair_file(struct tls_config *_config, const char *_cert_file, const char *_key_file);
struct tls *tls_client(void);
struct tls *tls_server(void);
int tls_configure(struct tls *_ctx, struct tls_config *_config);
void tls_reset(struct tls *_ctx);
void tls_free(struct tls *_ctx);
int tls_accept_cbs(struct tls *_ctx, struct tls **_cctx, tls_read_cb _read_cb, tls_write_cb _write_cb, void *_cb_arg);
int tls_connect_cbs(struct tls *_ctx, tls_read_cb _read_cb, tls_write_cb _write_cb, void *_cb_arg,
  const char *_servername);
ssize_t tls_read(struct tls *_ctx, void *_buf, size_t _buflen);
ssize_t tls_write(struct tls *_ctx, const void *_buf, size_t _buflen);
int tls_close(struct tls *_ctx);
const char *tls_conn_version(struct tls *_ctx);
]]

local C = ffi.load(library)
assert(C.tls_init() == 0)

local want_in, want_out = -2, -3

local function config(set)
  local conf = assert(C.tls_config_new())
  if set(conf) ~= 0 then error(ffi.string(C.tls_config_error(conf))) end
  return conf
end

local function context(make, conf)
  local ts = make()
  if C.tls_configure(ts, conf) ~= 0 then error(ffi.string(C.tls_error(ts))) end
  C.tls_config_free(conf)
  return ts
end

-- One end: slots by number, since the argument of the callbacks is one.
local ends = {}

local read_cb = ffi.cast('tls_read_cb', function(_, buf, sz, i)
  local e = ends[tonumber(ffi.cast('intptr_t', i))]
  if e.r_buf == nil then
    e.r_buf, e.r_sz = buf, sz
    return want_in
  end
  assert(e.r_buf == buf)
  assert(e.r_sz <= sz)
  local n = e.r_got
  if n == nil then return want_in end
  e.r_buf, e.r_sz, e.r_got = nil
  return n
end)

local write_cb = ffi.cast('tls_write_cb', function(_, buf, sz, i)
  local e = ends[tonumber(ffi.cast('intptr_t', i))]
  if e.w_buf == nil then
    e.w_buf, e.w_sz = buf, sz
    return want_out
  end
  assert(e.w_buf == buf)
  assert(e.w_sz <= sz)
  local n = e.w_sent
  if n == nil then return want_out end
  e.w_buf, e.w_sz, e.w_sent = nil
  return n
end)

-- Moves what the callbacks asked for.
local function move(from, to)
  if from.w_buf ~= nil and from.w_sent == nil then
    to.inbox = to.inbox .. ffi.string(from.w_buf, from.w_sz)
    from.w_sent = tonumber(from.w_sz)
  end
  if to.r_buf ~= nil and to.r_got == nil and to.inbox ~= '' then
    local n = math.min(tonumber(to.r_sz), #to.inbox)
    ffi.copy(to.r_buf, to.inbox, n)
    to.inbox = to.inbox:sub(n + 1)
    to.r_got = n
  end
end

local client = context(C.tls_client, config(function(conf) return C.tls_config_set_ca_file(conf, pki .. '/ca.pem') end))
local listener = context(C.tls_server, config(function(conf)
  return C.tls_config_set_keypair_file(conf, pki .. '/server.pem', pki .. '/server.key')
end))
ends[1], ends[2] = {inbox = ''}, {inbox = ''}
assert(C.tls_connect_cbs(client, read_cb, write_cb, ffi.cast('void*', 1), 'localhost') == 0)
local accepted = ffi.new'struct tls*[1]'
assert(C.tls_accept_cbs(listener, accepted, read_cb, write_cb, ffi.cast('void*', 2)) == 0)
local server = accepted[0]

local function check(ts, n)
  n = tonumber(n)
  if n == want_in or n == want_out then return nil end
  if n < 0 then error(ffi.string(C.tls_error(ts))) end
  return n
end

local function carry(from, to, text)
  local sent, got = 0, ''
  local buf = ffi.new('char[?]', 4096)
  for _ = 1, 100000 do
    local rest = text:sub(sent + 1)
    if #rest > 0 then sent = sent + (check(from, C.tls_write(from, rest, #rest)) or 0) end
    local n = check(to, C.tls_read(to, buf, 4096))
    if n then
      assert(n > 0, 'the stream has ended')
      got = got .. ffi.string(buf, n)
    end
    if #got == #text then return got end
    move(ends[1], ends[2])
    move(ends[2], ends[1])
  end
  error'the bytes did not come'
end

local question = ('question '):rep(5000)
assert(carry(client, server, question) == question)
assert(carry(server, client, 'answer') == 'answer')
print(ffi.string(C.tls_conn_version(client)))
for _, ts in ipairs{client, server, listener} do C.tls_free(ts) end
read_cb:free()
write_cb:free()
