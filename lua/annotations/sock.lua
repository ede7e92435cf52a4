---@meta sock
-- Types for LuaLS. sock(3lua) is the manual. Where a call fails it gives nil and an error.

---@class sock
---@field threadenv table<thread, any>
local sock = {}

-- -- threads

---@param f function
---@param ... any
---@return thread
function sock.thread(f, ...) end

---@param f function
---@param name? string
---@return thread
function sock.newthread(f, name) end

---@param co thread
---@param ... any
---@return any ...
function sock.resume(co, ...) end

---@param ... any
---@return any ...
function sock.suspend(...) end

---@param co thread
---@param ... any
---@return any ...
function sock.transfer(co, ...) end

---@param ... any
---@return any ...
function sock.yield(...) end

---@param f fun(yield: function, ...): ...
---@return function
function sock.cowrap(f) end

---@return thread?
function sock.currentthread() end

---@param co thread
---@param f fun(co: thread, err?: any)
function sock.onthreadfinish(co, f) end

---@param f? fun(co: thread, err: any)
function sock.onthreaderror(f) end

-- -- the loop

---@param timeout? number
---@return boolean done, "timeout"? why
function sock.start(timeout) end

function sock.stop() end

---@param f function
---@param ... any
---@return any ...
function sock.run(f, ...) end

---@param timeout? number
---@return boolean done, "timeout"|"empty"|nil why
function sock.poll(timeout) end

-- -- time

---@return number
function sock.clock() end

---@param s number
function sock.sleep(s) end

---@param t number
function sock.sleep_until(t) end

---@class sock.sleep_job
local sj = {}

---@return sock.sleep_job
function sock.sleep_job() end

---@param s number
---@return any ...
function sj:sleep(s) end

---@param t number
---@return any ...
function sj:sleep_until(t) end

---@param ... any
---@return boolean
function sj:wakeup(...) end

---@class sock.timer
local sjt = {}

---@param t number
---@param f fun(timer: sock.timer)
---@return sock.timer
function sock.runat(t, f) end

---@param s number
---@param f fun(timer: sock.timer)
---@return sock.timer
function sock.runafter(s, f) end

---@param s number
---@param f fun(timer: sock.timer): boolean?
---@return sock.timer
function sock.runevery(s, f) end

function sjt:cancel() end

-- -- addresses

---@class sock.addresses
local ai = {}

---@class sock.single_address
local sa = {}

---@param host string|sock.addresses
---@param port? integer
---@param family? "inet"|"inet6"|"unix"
---@return sock.addresses?, string? err
function sock.addr(host, port, family) end

---@return fun(): sock.single_address?
function ai:addrs() end

---@return string
function ai:tostring() end

---@return "inet"|"inet6"|"unix"
function sa:family() end

---@return string
function sa:host() end

---@return integer
function sa:port() end

---@return string
function sa:tostring() end

-- -- sockets

---@class sock.tcp
---@field remote_addr? string
---@field remote_port? integer
---@field local_addr? string
---@field local_port? integer
---@field [any] any
local tcp = {}

---@param family? "inet"|"inet6"|"unix"
---@return sock.tcp
function sock.tcp(family) end

---@param host string|sock.addresses
---@param port? integer
---@param expires? number
---@return true?, string? err
function tcp:connect(host, port, expires) end

---@param host? string|sock.addresses
---@param port? integer
---@return true?, string? err
function tcp:bind(host, port) end

---@param backlog? integer
---@param host? string|sock.addresses
---@param port? integer
---@return true?, string? err
---@overload fun(self, host: string|sock.addresses, port?: integer): true?, string?
function tcp:listen(backlog, host, port) end

---@param expires? number
---@return sock.tcp?, string? err
function tcp:accept(expires) end

---@param s string|ffi.cdata*
---@param len? integer
---@param expires? number
---@return true?, string? err, integer? sent
function tcp:send(s, len, expires) end

---@param maxlen? integer
---@param expires? number
---@return string?, string? err
---@overload fun(self, buf: ffi.cdata*, maxlen: integer, expires?: number): integer?, string?
function tcp:recv(maxlen, expires) end

---@param n integer
---@param expires? number
---@return string?, string? err, string? came
---@overload fun(self, buf: ffi.cdata*, n: integer, expires?: number): ffi.cdata*?, integer|string, integer?
function tcp:recvn(n, expires) end

---@param expires? number
---@param limit? integer
---@return string?, integer|string, string? came, integer? size
function tcp:recvall(expires, limit) end

---@param expires? number
---@param limit? integer
---@return function?, string? err, string? came, integer? size
function tcp:recvall_read(expires, limit) end

---@param direction? "r"|"w"|"rw"
---@return true?, string? err
function tcp:shutdown(direction) end

---@return true?, string? err
function tcp:close() end

---@return boolean
function tcp:closed() end

function tcp:cancel() end

---@param rw "r"|"w"|"rw"
---@param t? number
---@overload fun(self, t?: number, rw?: "r"|"w"|"rw")
function tcp:setexpires(rw, t) end

---@param rw "r"|"w"|"rw"
---@param s? number
---@overload fun(self, s?: number, rw?: "r"|"w"|"rw")
function tcp:settimeout(rw, s) end

---@param name string
---@param value boolean|integer
---@return true?, string? err
function tcp:setopt(name, value) end

---@param name string
---@return boolean|integer|nil, string? err
function tcp:getopt(name) end

return sock
