-- Sends each line to everybody else: chat_server.lua PORT CERT_FILE KEY_FILE.
-- Each client has a thread that reads and one that writes, so nobody waits for those who read slowly.
local sock = require'sock'
local stls = require'sock_libtls'

local port, cert_file, key_file = tonumber(arg[1]), arg[2], arg[3]
if not key_file then error('usage: chat_server.lua PORT CERT_FILE KEY_FILE', 0) end

local listener = sock.tcp()
assert(listener:listen('127.0.0.1', port))
local server = assert(stls.server_stcp(listener, {cert_file = cert_file, key_file = key_file}))
io.stdout:setvbuf'line'
print('listening on port ' .. listener.local_port)

local clients, count = {}, 0
local longest_line, longest_queue = 1000, 100

local function tell(client, line)
  if #client.queue >= longest_queue then return client.conn:cancel() end  -- its reader ends, and with it the client
  table.insert(client.queue, line)
  client.wake:wakeup()
end

local function write(client)
  while clients[client] do
    local line = table.remove(client.queue, 1)
    if not line then
      client.wake:sleep(60)
    elseif not client.conn:send(line .. '\n') then
      return
    end
  end
end

-- An iterator over lines, which waits in the middle.
local function lines(conn)
  return sock.cowrap(function(yield)
    local rest = ''
    while true do
      local s = conn:recv(longest_line)
      if not s or s == '' then return end
      rest = rest .. s
      while true do
        local line, behind = rest:match'^([^\n]*)\n(.*)$'
        if not line then break end
        rest = behind
        yield((line:gsub('%c', ' ')))  -- terminals would obey these
      end
      if #rest > longest_line then return end
    end
  end)
end

local function chat(conn)
  local client = {conn = conn, queue = {}, wake = sock.sleep_job()}
  if conn:handshake() then
    clients[client] = true
    count = count + 1
    print(count .. ' clients')
    sock.thread(write, client)
    local next_line = lines(conn)
    local line = next_line()  -- no `for`: Lua 5.1 cannot wait there
    while line do
      for other in pairs(clients) do
        if other ~= client then tell(other, line) end
      end
      line = next_line()
    end
    clients[client] = nil
    count = count - 1
    client.wake:wakeup()
    print(count .. ' clients')
  end
  conn:close()
end

sock.run(function()
  while true do sock.thread(chat, assert(server:accept())) end
end)
