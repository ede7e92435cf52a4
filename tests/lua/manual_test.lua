-- The examples of the manual page run as they stand there.
local kit = require'kit'
local same = kit.same

local function examples(page)
  local list = {}
  for block in kit.read_file(page):gmatch'\n%.Bd %-literal[^\n]*\n(.-)\n%.Ed' do
    -- What mdoc spells otherwise.
    list[#list + 1] = (block:gsub('\\e', '\\'):gsub('\\&', ''):gsub('\\%-', '-'))
  end
  return list
end

test('the examples of libtls(3lua) run', function()
  local list = examples(kit.manual())
  assert(#list >= 3)
  -- They are one program, in a folder with these files.
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
  same(table.concat(printed, '\n'), 'hello\nlocalhost')
end)

test('the annotations name what the manual names', function()
  local text = kit.read_file(kit.annotations())
  for _, name in ipairs(kit.manual_names()) do
    local option = name:match'^option (.*)'
    local pattern = option and '%-%-%-@field ' .. option .. '%? ' or 'function ' .. name:gsub('^tls', 'libtls'):gsub('%p', '%%%0') .. '%('
    if not text:find(pattern) then error('not annotated: ' .. name) end
  end
end)
