-- Looks at what is due in one partition: counts executions past a deadline as bad at that deadline, once, and
-- forgets what is kept past its time. Safe to repeat.
-- KEYS  1-14 see counting.lua
-- ARGV  1 now, 2 how many to look at
-- Reply {looked at, landings counted as overdue, ends given up whose start never came}

local now = tonumber(ARGV[1])
local overdue, unjudged = 0, 0

local function forget(subject, home)
  call('HDEL', home, subject)
  call('ZREM', OVERDUE, subject)
  call('ZREM', DUE, subject)
end

-- Counts what has become overdue of something in flight, which lands as many as have not ended.
local function countOverdue(subject, record)
  local before, counted = landingsOf(record), 0
  addToPlace(record, isOverdue(record), -1)
  for _, watch in ipairs(record.w or {}) do
    local base = baseOf(record, watch[5])
    if watch[3] ~= 1 and base and base + watch[2] < now then
      watch[3], watch[4] = 1, record.p or cjson.null
      counted = counted + 1
    end
  end
  if counted > 0 then
    overdue = overdue + counted
    move(subject, record.x, before, landingsOf(record))
    call('HSET', FLIGHT, subject, cjson.encode(record))
    call('ZADD', OVERDUE, begunAt(record), subject)
  end
  local due = dueOf(record, FLIGHT, now)
  if due < now then
    forget(subject, FLIGHT)
  else
    addToPlace(record, isOverdue(record), 1)
    call('ZADD', DUE, due, subject)
  end
end

-- Gives up an end whose start never came. Another attempt may still take back what else it counted for.
local function giveUp(subject, text)
  unjudged = unjudged + 1
  if isPlain(readRecord(text)) then
    forget(subject, EARLY)
  else
    call('HDEL', EARLY, subject)
    call('HSET', SETTLED, subject, text)
    call('ZADD', DUE, now + limits.identityLife, subject)
  end
end

-- "Before now": at its deadline itself an execution may still end in time.
local subjects = call('ZRANGEBYSCORE', DUE, '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, subject in ipairs(subjects) do
  local running = call('HGET', FLIGHT, subject)
  local waiting = not running and call('HGET', EARLY, subject)
  if running then
    countOverdue(subject, readRecord(running))
  elseif waiting then
    giveUp(subject, waiting)
  else
    forget(subject, SETTLED)
  end
end
for _, subject in ipairs(call('SPOP', FORMER_OVERDUE, ARGV[2])) do
  local text = call('HGET', FLIGHT, subject)
  if text then
    call('ZADD', OVERDUE, begunAt(readRecord(text)), subject)
  end
end
writePlaces()
writeAll(now)
return { #subjects, overdue, unjudged }
