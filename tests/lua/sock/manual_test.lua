-- The examples of the manual pages run as they stand there.
local kit = require'kit'

test('the examples of sock(3lua) run', function()
  kit.same(kit.run_examples(kit.page'sock', 1), 'hello')
end)

test('the examples of sock_libtls(3lua) run', function()
  kit.same(kit.run_examples(kit.page'sock_libtls', 1), 'hello world 11\nlocalhost')
end)

test('the annotations name what the manuals name', function()
  for _, page in ipairs{'sock', 'sock_libtls'} do
    local text = kit.read_file(kit.annotations():match'^(.*/)' .. page .. '.lua')
    for _, name in ipairs(kit.names_of_page(kit.page(page))) do
      local called = not name:find'^option ' and name:gsub('%p', '%%%0')
      if called and not text:find('function ' .. called .. '%(') then error('not annotated: ' .. name) end
    end
  end
end)
