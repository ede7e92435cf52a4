-- The examples of the manual page run as they stand there.
local kit = require'kit'
local same = kit.same

test('the examples of libtls(3lua) run', function()
  same(kit.run_examples(kit.manual(), 3), 'hello\nlocalhost')
end)

test('the annotations name what the manual names', function()
  local text = kit.read_file(kit.annotations())
  for _, name in ipairs(kit.manual_names()) do
    local option = name:match'^option (.*)'
    local pattern = option and '%-%-%-@field ' .. option .. '%? ' or 'function ' .. name:gsub('^tls', 'libtls'):gsub('%p', '%%%0') .. '%('
    if not text:find(pattern) then error('not annotated: ' .. name) end
  end
end)
