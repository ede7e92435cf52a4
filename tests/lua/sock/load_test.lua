-- A thousand connections at once, in one process.
local kit = require'kit'
local heap = require'heap'
local sock = require'sock'
local stls = require'sock_libtls'
local same = kit.same

-- The system must allow a descriptor for each end.
local function descriptors()
  local p = io.popen'ulimit -n'
  local n = p:read'*l'
  p:close()
  return n == 'unlimited' and 1 / 0 or tonumber(n)
end

local wanted = 1000
local count = math.min(wanted, math.floor((descriptors() - 50) / 2))
if count < wanted then print(('SKIPPED: %d connections at once: the limit of descriptors allows %d'):format(wanted, count)) end

-- Each connection says one thing of these; those that fail take nobody with them.
local outcomes = {
  function(conn, n)  -- all is well
    assert(conn:send(('%08d'):format(n)))
    same(conn:recvn(8), ('%08d'):format(n))
    conn:close()
  end,
  function(conn, n)  -- goes without a word
    assert(conn:send(('%08d'):format(n)))
    conn.tcp:close()
  end,
  function(conn)  -- goes in the middle of its handshake
    conn:handshake(sock.clock())
    conn.tcp:close()
  end,
  function(conn)  -- never says anything
    conn:close()
  end,
}

local function round()
  local server = assert(stls.server_stcp(kit.listener(), kit.server_options()))
  local conf = assert(stls.config(kit.client_options()))
  local port = server.tcp.local_port
  local all_there = sock.sleep_job()
  local there, done, served, failed, most = 0, 0, 0, 0, 0
  local waiting = {}
  kit.together(function()
    for _ = 1, count do
      local conn = assert(server:accept())
      sock.thread(function()
        local s = conn:recvn(8)
        if s and conn:send(s) then served = served + 1 else failed = failed + 1 end
        conn:close()
      end)
    end
  end, function()
    for n = 1, count do
      sock.thread(function()
        local below = assert(sock.tcp())
        assert(below:connect('127.0.0.1', port))
        local conn = assert(stls.client_stcp(below, 'localhost', conf))
        there = there + 1
        waiting[n] = sock.sleep_job()
        if there < count then
          waiting[n]:sleep(1e9)
        else
          most = there
          for _, sj in pairs(waiting) do sj:wakeup() end
        end
        outcomes[n % #outcomes + 1](conn, n)
        done = done + 1
        if done == count then all_there:wakeup() end
      end)
    end
    if done < count then all_there:sleep(1e9) end
  end)
  server:close()
  same(most, count)
  same(done, count)
  same(served + failed, count)
  -- Those that were well, and those that were gone before the answer.
  same(served >= math.floor(count / #outcomes), true)
  same(failed >= 2 * math.floor(count / #outcomes), true)
end

local function in_use()
  kit.collect()
  return heap.used() + collectgarbage'count' * 1024
end

test('a thousand connections at once; half of them fail; the memory comes back', function()
  round()
  local before = in_use()
  round()
  local after = in_use()
  -- What the allocator and the tables of Lua keep differs a little; a connection that stayed would be 16 KiB.
  if after > before + 400000 then error(('%d bytes more than before'):format(after - before)) end
end)
