-- Looks at what is due in one partition: counts executions past a deadline as bad at that deadline, once, and
-- forgets what is kept past its time. Safe to repeat.
-- KEYS  1-11 see counting.lua
-- ARGV  1 now, 2 how many to look at
-- Reply {looked at, landings counted as overdue, successes given up whose start never came}

local now = tonumber(ARGV[1])
local overdue, unjudged = 0, 0

-- Counts what has become overdue of a record and returns when to look again.
local function countOverdue(unit, record)
  local nextLook = record.s + limits.flightRetention
  local counted = false
  for _, watch in ipairs(record.w) do
    local deadline = record.s + watch[2]
    if watch[3] ~= 1 then
      if deadline < now then
        local minute = math.floor(deadline / MINUTE)
        local failure = overdueFailure(record.p)
        land(watch[1], minute, false, record.n)
        file(watch[1], minute, failure, record.n)
        addSample(watch[1], deadline, sampleOf(unit, record.x, record.t, failure))
        watch[3], watch[4] = 1, record.p
        overdue = overdue + 1
        counted = true
      else
        nextLook = math.min(nextLook, deadline)
      end
    end
  end
  if counted then
    call('HSET', FLIGHT, unit, cjson.encode(record))
    call('SADD', OVERDUE, unit)
  end
  return nextLook
end

local function forget(unit)
  call('HDEL', FLIGHT, unit)
  call('SREM', OVERDUE, unit)
  call('ZREM', DUE, unit)
end

-- "Before now": at its deadline itself an execution may still end in time.
local units = call('ZRANGEBYSCORE', DUE, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, unit in ipairs(units) do
  local text = call('HGET', FLIGHT, unit)
  if text then
    local nextLook = countOverdue(unit, cjson.decode(text))
    if nextLook < now then
      forget(unit)
    else
      call('ZADD', DUE, nextLook, unit)
    end
  else
    unjudged = unjudged + call('HDEL', EARLY, unit)
    call('ZREM', DUE, unit)
  end
end
writeAll(now)
return { #units, overdue, unjudged }
