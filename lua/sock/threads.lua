-- What of sock is written in Lua: functions that call functions of the program which may wait.
local sock = ...
local create, resume_coroutine, yield = coroutine.create, coroutine.resume, coroutine.yield
local status = coroutine.status
local traceback = debug and debug.traceback or function(_, err) return err end
local unpack = table.unpack or unpack

local function pack(...) return {n = select('#', ...), ...} end
local function unpacked(t) return unpack(t, 1, t.n) end

local currentthread = sock.currentthread
local adopt, is_for_thread, sleeper, reader_of = sock.adopt, sock.is_for_thread, sock.sleeper, sock.reader_of
sock.adopt, sock.is_for_thread, sock.sleeper, sock.reader_of = nil, nil, nil, nil

sock.yield = yield
sock.threadenv = setmetatable({}, {__mode = 'k'})

function sock.thread(f, ...)
  local co = sock.newthread(f)
  sock.resume(co, ...)
  return co
end

-- What the coroutine yields for the thread around it goes up to that, and what that is resumed with comes down.
function sock.cowrap(f)
  local co = create(f)
  adopt(co)
  local waiting  -- the thread that waits in there
  local function go_on(...)
    waiting = nil
    return resume_coroutine(co, ...)
  end
  local pass
  function pass(ok, word, ...)
    if not ok then error(type(word) == 'string' and traceback(co, word) or word, 0) end
    if is_for_thread(word) then
      waiting = currentthread()
      return pass(go_on(yield(word, ...)))
    end
    return word, ...
  end
  local started = false
  return function(...)
    -- What a thread waits for must not go to another one. One that could not yield is not suspended.
    if waiting and status(waiting) == 'suspended' then error('cowrap: another thread waits in here', 2) end
    if started then return pass(resume_coroutine(co, ...)) end
    started = true
    return pass(resume_coroutine(co, yield, ...))
  end
end

function sock.run(f, ...)
  if sock.currentthread() then return f(...) end
  local results, failure
  local co = sock.newthread(function(...) results = pack(f(...)) end)
  sock.onthreadfinish(co, function(_, err) failure = {err} end)
  sock.resume(co, ...)
  sock.start()
  if results then return unpacked(results) end
  if failure then error(failure[1], 0) end
  return nil, 'stopped'
end

-- -- jobs that sleep

local sleep_job = {}
sleep_job.__index = sleep_job

function sock.sleep_job() return setmetatable({sleeper = sleeper()}, sleep_job) end

function sleep_job:sleep_until(t)
  if self.sleeper:sleep_until(t) then return end
  local values = self.values
  self.values = nil
  return unpacked(values)
end

function sleep_job:sleep(s) return self:sleep_until(sock.clock() + s) end

function sleep_job:wakeup(...)
  if not self.sleeper:wake() then return false end
  self.values = pack(...)
  return true
end

-- -- timers

local timer = {}
timer.__index = timer

function timer:cancel()
  self.cancelled = true
  self.job:wakeup()
end

local function new_timer(body)
  local t = setmetatable({job = sock.sleep_job()}, timer)
  sock.thread(body, t)
  return t
end

function sock.runat(at, f)
  return new_timer(function(t)
    t.job:sleep_until(at)
    if not t.cancelled then f(t) end
  end)
end

function sock.runafter(s, f) return sock.runat(sock.clock() + s, f) end

function sock.runevery(s, f)
  return new_timer(function(t)
    local at = sock.clock() + s
    while true do
      t.job:sleep_until(at)
      if t.cancelled or f(t) == false then return end
      at = math.max(at + s, sock.clock())  -- what was missed is not made up for
    end
  end)
end

-- -- a method of streams

return function(self, ...)
  local s, err, came, size = self:recvall(...)
  if not s then return nil, err, came, size end
  return reader_of(s)
end
