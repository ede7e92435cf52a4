---@meta sock_libtls
-- Types for LuaLS. sock_libtls(3lua) is the manual. The options are libtls's: libtls.options.

---@class stls
---@field version string
local stls = {}

---@class stls.config: libtls.conf
local conf = {}

---@param opt libtls.options|libtls.conf
---@return stls.config?, string? err, string? code
function stls.config(opt) end

function conf:free() end

---@return string[]
function stls.engines() end

---@class stls.cstcp: sock.tcp
---@field tcp sock.tcp
local cstcp = {}

---@class stls.sstcp
---@field tcp sock.tcp
---@field local_addr? string
---@field local_port? integer
---@field [any] any
local sstcp = {}

---@param tcp sock.tcp
---@param servername? string
---@param opt libtls.options|libtls.conf
---@param session? string
---@return stls.cstcp?, string? err, string? code
function stls.client_stcp(tcp, servername, opt, session) end

---@param tcp sock.tcp
---@param opt libtls.options|libtls.conf
---@return stls.sstcp?, string? err, string? code
function stls.server_stcp(tcp, opt) end

---@param vhost? string
---@param expires? number
---@return true?, string? err, string? code
function cstcp:connect(vhost, expires) end

---@param expires? number
---@return true?, string? err, string? code
function cstcp:handshake(expires) end

---@param maxlen? integer
---@param expires? number
---@return string?, string? err
---@overload fun(self, buf: ffi.cdata*, maxlen: integer, expires?: number): integer?, string?
function cstcp:recv(maxlen, expires) end

---@param s string|ffi.cdata*
---@param len? integer
---@param expires? number
---@return true?, string? err, integer? sent
function cstcp:send(s, len, expires) end

---@param n integer
---@param expires? number
---@return string?, string? err, string? came
---@overload fun(self, buf: ffi.cdata*, n: integer, expires?: number): ffi.cdata*?, integer|string, integer?
function cstcp:recvn(n, expires) end

---@param expires? number
---@param limit? integer
---@return string?, integer|string, string? came, integer? size
function cstcp:recvall(expires, limit) end

---@param expires? number
---@param limit? integer
---@return function?, string? err, string? came, integer? size
function cstcp:recvall_read(expires, limit) end

---@param direction? "r"|"w"|"rw"
---@param expires? number
---@return true?, string? err, string? code
function cstcp:shutdown(direction, expires) end

---@param expires? number
---@return true?, string? err, string? code
function cstcp:close(expires) end

---@return libtls.info?
function cstcp:info() end

---@return string?, string? err, string? code
function cstcp:export_session() end

---@param expires? number
---@return stls.cstcp?, string? err, string? code
function sstcp:accept(expires) end

---@param opt libtls.options|libtls.conf
---@return true?, string? err, string? code
function sstcp:reload(opt) end

---@param expires? number
---@return true?, string? err, string? code
function sstcp:close(expires) end

return stls
