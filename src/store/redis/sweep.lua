-- Looks at what is due in one partition: counts executions past a deadline as bad at that deadline, once, and
-- forgets what is kept past its time. Safe to repeat.
-- KEYS  1-11 see counting.lua
-- ARGV  1 now, 2 how many to look at
-- Reply {looked at, landings counted as overdue, successes given up whose start never came}

local now = tonumber(ARGV[1])
local overdue, unjudged = 0, 0

-- Counts what has become overdue of a record and returns when to look again.
local function countOverdue(subject, record)
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
        addSample(watch[1], deadline, sampleOf(subject, record.x, record.t, failure))
        watch[3], watch[4] = 1, record.p
        overdue = overdue + 1
        counted = true
      else
        nextLook = math.min(nextLook, deadline)
      end
    end
  end
  if counted then
    call('HSET', FLIGHT, subject, cjson.encode(record))
    call('SADD', OVERDUE, subject)
  end
  return nextLook
end

local function forget(subject)
  call('HDEL', FLIGHT, subject)
  call('SREM', OVERDUE, subject)
  call('ZREM', DUE, subject)
end

-- "Before now": at its deadline itself an execution may still end in time.
local subjects = call('ZRANGEBYSCORE', DUE, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, subject in ipairs(subjects) do
  local text = call('HGET', FLIGHT, subject)
  if text then
    local nextLook = countOverdue(subject, cjson.decode(text))
    if nextLook < now then
      forget(subject)
    else
      call('ZADD', DUE, nextLook, subject)
    end
  else
    unjudged = unjudged + call('HDEL', EARLY, subject)
    call('ZREM', DUE, subject)
  end
end
writeAll(now)
return { #subjects, overdue, unjudged }
