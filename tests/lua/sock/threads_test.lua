-- Threads, the loop, and time.
local kit = require'kit'
local sock = require'sock'
local same, raises, matches, threaded = kit.same, kit.raises, kit.matches, kit.threaded

test('a new thread does not run until it is resumed, and gets what it is resumed with', function()
  local got
  local co = sock.newthread(function(...) got = {...} end, 'reader')
  same(type(co), 'thread')
  same(got, nil)
  sock.resume(co, 1, nil, 3)
  same(got[1], 1)
  same(got[3], 3)
  same(coroutine.status(co), 'dead')
end)

test('resume gives what a thread suspends with, and what it returns', function()
  local co = sock.newthread(function(a)
    local b = sock.suspend(a + 1)
    local c, d = sock.suspend(b, 'two')
    return c, d, 'done'
  end)
  same(sock.resume(co, 1), 2)
  local x, y = sock.resume(co, 10)
  same(x, 10)
  same(y, 'two')
  local c, d, e = sock.resume(co, nil, 5)
  same(c, nil)
  same(d, 5)
  same(e, 'done')
  raises('finished', sock.resume, co)
end)

test('what a finished thread is refused with is the same before and after a collection', function()
  local co = sock.newthread(function() end)
  sock.resume(co)
  raises('finished', sock.resume, co)
  raises('finished', sock.onthreadfinish, co, print)
  kit.collect()
  raises('finished', sock.resume, co)
  raises('finished', sock.onthreadfinish, co, print)
  co = sock.newthread(function() error('it failed', 0) end)
  sock.onthreadfinish(co, function() end)
  sock.resume(co)
  raises('finished', sock.resume, co)
  kit.collect()
  raises('finished', sock.resume, co)
end)

test('resume comes back when the thread waits', function()
  local done = false
  local co = sock.newthread(function()
    sock.sleep(0)
    done = true
  end)
  same(select('#', sock.resume(co)), 0)
  same(done, false)
  raises('waits', sock.resume, co)
  sock.start()
  same(done, true)
end)

test('a thread may resume others, which may wait while it goes on', function()
  local steps = {}
  kit.together(function()
    sock.thread(function()
      steps[#steps + 1] = 'inner'
      sock.sleep(0)
      steps[#steps + 1] = 'inner, later'
    end)
    steps[#steps + 1] = 'outer'
  end)
  same(table.concat(steps, '; '), 'inner; outer; inner, later')
end)

test('threads that resume threads without end are stopped', function()
  local deepest, why = 0, nil
  sock.onthreaderror(function(_, err) why = err end)
  local function deeper()
    deepest = deepest + 1
    sock.thread(deeper)
  end
  deeper()
  sock.onthreaderror(nil)
  matches(why, 'too many threads')
  same(deepest < 200, true)
  local done
  sock.thread(function() done = true end)
  same(done, true)
end)

test('currentthread is the thread that runs, also in its iterators', function()
  same(sock.currentthread(), nil)
  local inside, in_iterator
  local co = sock.thread(function()
    inside = sock.currentthread()
    local next_one = sock.cowrap(function() in_iterator = sock.currentthread() end)
    next_one()
  end)
  same(inside, co)
  same(in_iterator, co)
  same(sock.currentthread(), nil)
end)

test('transfer gives control to another thread instead', function()
  local steps = {}
  local a, b
  a = sock.newthread(function()
    steps[#steps + 1] = 'a'
    local word = sock.transfer(b, 'from a')
    steps[#steps + 1] = word
    return 'a is done'
  end)
  b = sock.newthread(function(word)
    steps[#steps + 1] = word
    sock.transfer(a, 'from b')
    error'nobody comes back here'
  end)
  same(sock.resume(a), 'a is done')
  same(table.concat(steps, '; '), 'a; from a; from b')
  raises('no thread', sock.transfer, b)
  raises('no thread', sock.suspend)
end)

test('yield in a thread suspends it', function()
  local co = sock.newthread(function() return sock.yield('out') end)
  same(sock.resume(co), 'out')
  same(sock.resume(co, 'in'), 'in')
end)

threaded('an iterator of cowrap may wait, and its values are its own', function()
  local words = sock.cowrap(function(yield, first)
    yield(first)
    for i = 1, 3 do
      sock.sleep(0)
      yield(i, 'of 3')
    end
  end)
  same(words('first'), 'first')
  local got = {}
  while true do
    local i, of = words()
    if not i then break end
    same(of, 'of 3')
    got[#got + 1] = i
  end
  same(table.concat(got, ','), '1,2,3')
end)

if kit.yields_anywhere then threaded('iterators in iterators, and in a for', function()
  local got = {}
  local outer = sock.cowrap(function(yield)
    local inner = sock.cowrap(function()
      for i = 1, 3 do
        sock.sleep(0)
        sock.yield(i)
      end
    end)
    for i in inner do
      sock.sleep(0)
      yield(i * 10)
    end
  end)
  for i in outer do got[#got + 1] = i end
  same(table.concat(got, ','), '10,20,30')
end) end

threaded('an iterator that one thread waits in refuses others', function()
  local a, b = kit.tcp_pair()
  local words = sock.cowrap(function(yield)
    while true do yield(a:recvn(5)) end
  end)
  local got
  local over = sock.sleep_job()
  sock.thread(function()
    got = words()
    over:wakeup()
  end)
  raises('another thread waits', words)
  b:send'AAAAABBBBB'
  if not got then over:sleep(60) end
  same(got, 'AAAAA')
  same(words(), 'BBBBB')  -- it is free again
  -- Neither does one that was not able to wait keep it.
  raises('yield', string.gsub, 'x', 'x', words)
  same((pcall(words)), true)
  a:close()
  b:close()
end)

-- Lua calls hooks in such places, as it does finalizers, between what the iterator asks for and the wait. Lua 5.1
-- lets C code find out that it cannot yield, and no sooner.
if kit.yields_anywhere then threaded('what cannot wait does not take the place of what is about to', function()
  local a, b = kit.tcp_pair()
  local words = sock.cowrap(function(yield)
    while true do yield((a:recvn(5))) end
  end)
  b:send'AAAAABBBBB'
  local refused = 0
  debug.sethook(sock.currentthread(), function()
    local ok, err = pcall(sock.sleep, 3600)
    if not ok then
      refused = refused + 1
      matches(err, 'yield')
    end
  end, '', 1)
  local first, second = words(), words()
  debug.sethook(sock.currentthread())
  same(first, 'AAAAA')
  same(second, 'BBBBB')
  same(refused > 0, true)
  a:close()
  b:close()
end) end

threaded('an error in an iterator comes to who called it, with the place', function()
  local broken = sock.cowrap(function() error'broken inside' end)
  local err = raises('broken inside', broken)
  matches(err, 'traceback')
end)

threaded('other coroutines cannot wait, and say so', function()
  local plain = coroutine.wrap(function() sock.sleep(1) end)
  raises('cowrap', plain)
end)

test('outside of threads nothing waits', function()
  raises('only a thread', sock.sleep, 1)
  local a
  kit.together(function() a = kit.tcp_pair() end)
  raises('only a thread', a.recv, a)
  raises('only a thread', a.send, a, 'x')
  a:close()
end)

test('a thread that has finished tells those who asked', function()
  local told = {}
  local co = sock.newthread(function() sock.sleep(0) end)
  for i = 1, 2 do
    sock.onthreadfinish(co, function(who, err) told[i] = {who, err} end)
  end
  sock.resume(co)
  same(#told, 0)
  sock.start()
  same(told[1][1], co)
  same(told[1][2], nil)
  same(told[2][1], co)
end)

test('an error of a thread comes with a traceback, and stops nobody else', function()
  local told, other
  local function innermost() error'it is broken' end
  local co = sock.newthread(function()
    sock.sleep(0)
    innermost()
  end)
  sock.onthreadfinish(co, function(_, err) told = err end)
  sock.resume(co)
  sock.thread(function()
    sock.sleep(0.01)
    other = true
  end)
  sock.start()
  matches(told, 'it is broken')
  matches(told, 'traceback')
  matches(told, 'innermost')
  same(other, true)
  -- Before its first wait, too; resume says so, and raises nothing.
  local failing = sock.newthread(function() error{} end)
  local value
  sock.onthreadfinish(failing, function(_, err) value = err end)
  local none, err = sock.resume(failing)
  same(none, nil)
  same(type(err), 'table')
  same(value, err)
end)

test('an error that nobody asked for goes to onthreaderror', function()
  local who, err
  sock.onthreaderror(function(...) who, err = ... end)
  local co = sock.thread(function() error'unasked' end)
  same(who, co)
  matches(err, 'unasked')
  sock.onthreaderror(nil)
end)

test('without that, it is written to stderr', function()
  local out = kit.run_program[[
    local sock = require'sock'
    sock.resume(sock.newthread(function() error'seen by people' end, 'worker'))
    sock.onthreaderror(function() error'and this' end)
    sock.thread(function() error'both' end)
  ]]
  matches(out, 'sock: thread worker: .*seen by people')
  matches(out, 'traceback')
  matches(out, 'and this')
  matches(out, 'both')
  matches(out, 'exit: 0')
end)

test('run gives what its function returns, and raises what it raised', function()
  local a, b, c = sock.run(function(x)
    sock.sleep(0)
    return x, nil, 'c'
  end, 'a')
  same(a, 'a')
  same(b, nil)
  same(c, 'c')
  matches(raises('no luck', sock.run, function()
    sock.sleep(0)
    error'no luck'
  end), 'traceback')
  kit.together(function()
    local outer = sock.currentthread()
    same(sock.run(function() return sock.currentthread() end), outer)
  end)
end)

test('stop ends start and run, and threads go on with the next', function()
  local done
  local none, why = sock.run(function()
    sock.stop()
    sock.sleep(0)
    done = true
  end)
  same(none, nil)
  same(why, 'stopped')
  same(done, nil)
  same(sock.start(), true)
  same(done, true)
end)

test('poll says whether something was done', function()
  local ok, why = sock.poll()
  same(ok, false)
  same(why, 'empty')
  local done
  local sj = sock.sleep_job()
  sock.thread(function()
    sj:sleep(1e9)
    done = true
  end)
  ok, why = sock.poll(0)
  same(ok, false)
  same(why, 'timeout')
  sj:wakeup()
  same(sock.poll(), true)
  same(done, true)
end)

test('start ends when its time is over', function()
  local sj = sock.sleep_job()
  sock.thread(function() sj:sleep(1e9) end)
  local ok, why = sock.start(0.01)
  same(ok, false)
  same(why, 'timeout')
  sj:wakeup()
  same(sock.start(), true)
  raises('inside a thread', function() sock.run(sock.start) end)
  raises('inside a thread', function() sock.run(sock.poll) end)
end)

test('start ends when its time is over, also while there is always something to do', function()
  local over
  sock.thread(function()
    -- So that the test ends where start does not.
    local latest = sock.clock() + 10
    while not over and sock.clock() < latest do sock.sleep(0) end
  end)
  local ok, why = sock.start(0.01)
  same(ok, false)
  same(why, 'timeout')
  over = true
  same(sock.start(), true)
end)

threaded('sleep takes its time', function()
  local t = sock.clock()
  same(sock.sleep(0.02), true)
  same(sock.clock() >= t + 0.02, true)
  same(sock.sleep_until(t + 0.03), true)
  same(sock.clock() >= t + 0.03, true)
  same(sock.sleep_until(t), true)
  raises('not a number', sock.sleep, 0 / 0)
end)

threaded('a sleep_job is woken with values, once', function()
  local sj = sock.sleep_job()
  same(sj:wakeup(), false)
  local got
  sock.thread(function() got = {sj:sleep(1e9)} end)
  same(sj:wakeup('a', nil, 'c'), true)
  same(sj:wakeup('too late'), false)
  sock.sleep(0)
  same(got[1], 'a')
  same(got[3], 'c')
  same(select('#', sj:sleep_until(sock.clock())), 0)
  sock.thread(function() sj:sleep(1e9) end)
  raises('another thread', sj.sleep, sj, 1)
  sj:wakeup()
end)

test('timers call their function in a thread', function()
  local steps = {}
  local t = sock.clock()
  sock.runat(t + 0.02, function() steps[#steps + 1] = 'at' end)
  sock.runafter(0.01, function()
    sock.sleep(0)
    steps[#steps + 1] = 'after'
  end)
  local never = sock.runafter(1e9, function() steps[#steps + 1] = 'never' end)
  local n = 0
  local every
  every = sock.runevery(0.001, function()
    n = n + 1
    if n == 3 then every:cancel() end
  end)
  local m = 0
  sock.runevery(0.001, function()
    m = m + 1
    return m < 2
  end)
  never:cancel()
  sock.start()
  table.sort(steps)
  same(table.concat(steps, ','), 'after,at')
  same(n, 3)
  same(m, 2)
end)

test('threadenv forgets threads', function()
  kit.forgotten(function()
    local co = sock.newthread(function() end)
    sock.threadenv[co] = {user = 'somebody'}
    same(sock.threadenv[co].user, 'somebody')
    return co
  end)
end)

test('a thread that cannot yield raises, and nothing has happened', function()
  if kit.yields_anywhere then
    -- In a pcall it can.
    kit.together(function()
      local ok, slept = pcall(sock.sleep, 0)
      same(ok, true)
      same(slept, true)
    end)
  end
  kit.together(function()
    local a, b = kit.tcp_pair()
    b:send'still here'
    local got
    local ok = pcall(string.gsub, 'x', 'x', function() got = a:recv() end)
    same(ok, false)
    same(got, nil)
    same(a:recvn(10), 'still here')
    a:close()
    b:close()
  end)
end)

threaded('a sleep that could not yield leaves its sleep_job free', function()
  local sj = sock.sleep_job()
  local function sleep() sj:sleep(1e9) end
  raises('yield', string.gsub, 'x', 'x', sleep)
  same(sj:wakeup('nobody'), false)
  raises('yield', string.gsub, 'x', 'x', sleep)
  same(select('#', sj:sleep(0)), 0)
end)

test('who resumes a waiting thread from outside breaks only that', function()
  local co = sock.thread(function() sock.sleep(0.01) sock.sleep(0) end)
  local ok = coroutine.resume(co)
  same(ok, false)  -- its next wait knows that something is wrong
  sock.start()
  local values
  kit.together(function() values = sock.sleep(0) end)
  same(values, true)
end)

test('a thread that runs because it was resumed from outside is not resumed again', function()
  local inner, outer, by_transfer
  local co
  co = sock.newthread(function()
    inner = raises('running', sock.resume, co)
    sock.thread(function() outer = raises('running', sock.resume, co, 1, 2, 3) end)
    sock.thread(function() by_transfer = raises('running', sock.transfer, co) end)
  end)
  same(coroutine.resume(co), true)
  same(type(inner), 'string')
  same(type(outer), 'string')
  same(type(by_transfer), 'string')
end)

if coroutine.close then
  test('a thread that was closed before it began is not resumed', function()
    local co = sock.newthread(function() end)
    same(coroutine.close(co), true)
    raises('finished', sock.resume, co)
  end)

  -- What other versions could not parse.
  local function closing(body)
    return assert(load([[
      local sock, seen = ...
      return function()
        local guard <close> = setmetatable({}, {__close = function() seen.closed = true end})
        ]] .. body .. [[
      end
    ]]))
  end

  test('a thread that is closed while it waits is forgotten', function()
    local seen = {}
    local co = sock.thread(closing'sock.sleep(0.01)'(sock, seen))
    same(coroutine.close(co), true)
    same(seen.closed, true)
    same(sock.start(), true)
  end)

  test('variables with <close> are closed when a thread fails', function()
    local seen = {}
    local co = sock.newthread(closing"error'failed'"(sock, seen))
    sock.onthreadfinish(co, function() end)
    sock.resume(co)
    same(seen.closed, true)
  end)
end

test('mistakes raise', function()
  raises('function', sock.newthread, 1)
  raises('thread', sock.resume, 1)
  raises('sock has not made', sock.resume, coroutine.create(function() end))
  raises('running', function()
    sock.run(function() sock.resume(sock.currentthread()) end)
  end)
  raises('function', sock.onthreadfinish, sock.newthread(function() end), 1)
  raises('function', sock.onthreaderror, 1)
end)
