-- Runs the suite: run.lua --KEY VALUE... FILE...; tests/lua/CMakeLists.txt has the keys.
-- Each FILE is a list of tests: test(name, f). A test that raises has failed. The last line is `N passed, M failed`.
local here = arg[0]:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path

local settings, files = {}, {}
do
  local i = 1
  while arg[i] do
    local key = arg[i]:match('^%-%-(.+)')
    if key then
      settings[key] = arg[i + 1]
      i = i + 2
    else
      files[#files + 1] = arg[i]
      i = i + 1
    end
  end
end
package.cpath = settings.modules .. '/?.so;' .. settings.own .. '/?.so'

local kit = require(settings.kit or 'kit')
kit.settings(settings)

local passed, failed = 0, 0

function test(name, f)
  kit.current = name
  local ok, err = xpcall(f, function(e)
    return type(e) == 'string' and debug.traceback(e, 2) or e
  end)
  kit.current = nil
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    print('FAILED: ' .. name .. '\n' .. tostring(err))
  end
end

for _, file in ipairs(files) do dofile(file) end
test('every function and option of the manual was exercised on a connection', kit.check_coverage)
collectgarbage()
collectgarbage()
print(('%d passed, %d failed'):format(passed, failed))
os.exit(failed == 0 and 0 or 1, true)
