-- The callbacks of libtls over a non-blocking socket of LuaSocket, which is their argument.
local transport = {}

function transport.read(_, maxsz, sock)
  local s, err, partial = sock:receive(maxsz)
  s = s or partial
  if s and s ~= '' then return s end
  if err == 'timeout' then return nil, 'wantrecv' end
  if err == 'closed' then return '' end
  return nil, err
end

function transport.write(_, s, sock)
  local n, err, partial = sock:send(s)
  n = n or partial
  if n and n > 0 then return n end
  if err == 'timeout' then return nil, 'wantsend' end
  return nil, err
end

return transport
