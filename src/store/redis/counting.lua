-- Put in front of record.lua, sweep.lua and hours.lua: collects what a call changes, and writes each cell,
-- failure, sample and sum once at its end.
-- KEYS 1 flight, 2 early, 3 due, 4 overdue, 5 revision, 6 changed, and the beginnings of the keys of
-- 7 minute blocks, 8 hour blocks, 9 failures, 10 last failed, 11 sums; 12 settled, 13 places, 14 overdue as version 0.1
-- kept it (keys.ts, countingKeys).
-- `limits` is written in front of this file by scripts.ts.

local call = redis.call
local FLIGHT, EARLY, DUE, OVERDUE, REVISION, CHANGED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local MINUTES, HOURS, FAILURES, LAST, SUMS = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local SETTLED, PLACES, FORMER_OVERDUE = KEYS[12], KEYS[13], KEYS[14]
local MINUTE, HOUR = 60000, 3600000
local NAMELESS = '[null,null,null]'

local cells, filed, samples, sums = {}, {}, {}, {}

local function tableIn(parent, key)
  local child = parent[key]
  if not child then
    child = {}
    parent[key] = child
  end
  return child
end

-- Counts n outcomes of an SLI in a minute.
local function land(fingerprint, minute, good, n)
  local cell = tableIn(tableIn(cells, fingerprint), minute)
  if good then
    cell.good = (cell.good or 0) + n
  else
    cell.bad = (cell.bad or 0) + n
  end
end

-- Without bounds two sums could come to what is not a number.
local function bounded(sum)
  return math.max(-limits.largestSum, math.min(limits.largestSum, sum))
end

-- Adds a value to the sum of an SLI in a minute.
local function addValue(fingerprint, minute, value)
  local minutes = tableIn(sums, fingerprint)
  minutes[minute] = bounded((minutes[minute] or 0) + value)
end

-- Files n bad outcomes of a minute under a [step, dependency, error].
local function file(fingerprint, minute, failure, n)
  local fields = tableIn(tableIn(filed, fingerprint), math.floor(minute / 60))
  local field = cjson.encode(failure)
  fields[field] = (fields[field] or 0) + n
end

-- A failed execution is one however often it is counted.
local function sampleName(subject, at, failure)
  return subject .. '\0' .. at .. cjson.encode(failure)
end

-- Keeps a failed execution as one of the last.
local function addSample(fingerprint, subject, at, execution, trace, failure)
  local member = { subject, execution, trace or cjson.null, failure[1], failure[2], failure[3], at }
  tableIn(samples, fingerprint)[sampleName(subject, at, failure)] = { at, cjson.encode(member) }
end

local function removeSample(fingerprint, subject, at, failure)
  tableIn(samples, fingerprint)[sampleName(subject, at, failure)] = false
end

-- What something overdue is filed under, with the step that was begun last.
local function overdueFailure(step)
  return { step or cjson.null, cjson.null, limits.overdueError }
end

-- Where an end lands, as core/sli/landing.ts judges it; `within` is false when speed does not matter.
local function judge(within, from, endedAt, status)
  if within and endedAt > from + within then
    return math.floor((from + within) / MINUTE), false
  end
  if status == 'cancelled' or status == 'skipped' then
    return nil
  end
  return math.floor(endedAt / MINUTE), status == 'succeeded'
end

-- How long the minute block or the sums of an hour, and the hour block it is in, are still kept.
local function minuteLife(hour, now)
  return (hour + 1) * HOUR + limits.minuteRetention - now
end

local function hourLife(hour, now)
  local block = math.floor(hour / limits.hoursPerBlock)
  return (block + 1) * limits.hoursPerBlock * HOUR + limits.hourRetention - now
end

local function minuteBlock(fingerprint, hour)
  return MINUTES .. fingerprint .. ':' .. hour
end

local function hourBlock(fingerprint, hour)
  return HOURS .. fingerprint .. ':' .. math.floor(hour / limits.hoursPerBlock)
end

local function addToBlock(key, index, cell, life)
  if life <= 0 then
    return
  end
  local arguments = { key, 'OVERFLOW', 'SAT' }
  if cell.good and cell.good ~= 0 then
    arguments[4], arguments[5], arguments[6], arguments[7] = 'INCRBY', 'u32', '#' .. 2 * index, cell.good
  end
  if cell.bad and cell.bad ~= 0 then
    local at = #arguments
    arguments[at + 1], arguments[at + 2], arguments[at + 3] = 'INCRBY', 'u32', '#' .. 2 * index + 1
    arguments[at + 4] = cell.bad
  end
  if #arguments > 3 then
    call('BITFIELD', unpack(arguments))
    call('PEXPIRE', key, life)
  end
end

-- Counts, in the hour of now, what a call took back of an SLI beyond what it added.
local function writeTakenBack(fingerprint, hours, now, changed)
  local good, bad = 0, 0
  for _, total in pairs(hours) do
    good, bad = good + total.good, bad + total.bad
  end
  if good >= 0 and bad >= 0 then
    return
  end
  local series, hour = fingerprint .. limits.takenBack, math.floor(now / HOUR)
  local back = { good = math.max(0, -good), bad = math.max(0, -bad) }
  addToBlock(hourBlock(series, hour), hour % limits.hoursPerBlock, back, hourLife(hour, now))
  changed[#changed + 1] = series .. ':' .. hour
end

-- Writes the cells of an SLI at both levels, and adds the hours it touched to `changed`.
local function writeCells(fingerprint, minutes, now, changed)
  local hours = {}
  for minute, cell in pairs(minutes) do
    local hour = math.floor(minute / 60)
    local total = tableIn(hours, hour)
    total.good = (total.good or 0) + (cell.good or 0)
    total.bad = (total.bad or 0) + (cell.bad or 0)
    addToBlock(minuteBlock(fingerprint, hour), minute % 60, cell, minuteLife(hour, now))
  end
  writeTakenBack(fingerprint, hours, now, changed)
  for hour, total in pairs(hours) do
    addToBlock(hourBlock(fingerprint, hour), hour % limits.hoursPerBlock, total, hourLife(hour, now))
    changed[#changed + 1] = fingerprint .. ':' .. hour
  end
end

local function writeFailures(fingerprint, hour, fields, now)
  local life = (hour + 1) * HOUR + limits.failureRetention - now
  if life <= 0 then
    return
  end
  local key = FAILURES .. fingerprint .. ':' .. hour
  for field, n in pairs(fields) do
    if call('HEXISTS', key, field) == 0 and (n < 0 or call('HLEN', key) >= limits.maxFailureKeys) then
      field = NAMELESS
    end
    if n ~= 0 and call('HINCRBY', key, field, n) <= 0 then
      call('HDEL', key, field)
    end
  end
  call('PEXPIRE', key, life)
end

local function writeSamples(fingerprint, changes)
  local key, added, removes = LAST .. fingerprint, {}, false
  for _, sample in pairs(changes) do
    if sample then
      added[#added + 1], added[#added + 2] = sample[1], sample[2]
    else
      removes = true
    end
  end
  if removes then
    local kept = call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #kept, 2 do
      local stored = cjson.decode(kept[i])
      local name = sampleName(stored[1], tonumber(kept[i + 1]), { stored[4], stored[5], stored[6] })
      if changes[name] == false then
        call('ZREM', key, kept[i])
      end
    end
  end
  for from = 1, #added, 2000 do
    call('ZADD', key, unpack(added, from, math.min(from + 1999, #added)))
  end
  if #added > 0 then
    call('ZREMRANGEBYRANK', key, 0, -limits.maxLastFailed - 1)
    call('PEXPIRE', key, limits.flightRetention)
  end
end

local function writeSums(fingerprint, minutes, now)
  for minute, value in pairs(minutes) do
    local hour = math.floor(minute / 60)
    local key, life = SUMS .. fingerprint .. ':' .. hour, minuteLife(hour, now)
    if life > 0 then
      -- Not HINCRBYFLOAT, which keeps 17 digits after the point and nothing of what is smaller.
      local sum = bounded((tonumber(call('HGET', key, minute)) or 0) + value)
      call('HSET', key, minute, string.format('%.17g', sum))
      call('PEXPIRE', key, life)
    end
  end
end

-- Gives the partition a new revision if any hour changed; `changed` holds each as `fingerprint:hour`.
local function noteChanges(changed, now)
  if #changed == 0 then
    return
  end
  local revision = math.max((tonumber(call('GET', REVISION)) or 0) + 1, now)
  call('SET', REVISION, string.format('%.0f', revision), 'PX', limits.flightRetention)
  for _, hour in ipairs(changed) do
    call('ZADD', CHANGED, revision, hour)
  end
  call('ZREMRANGEBYSCORE', CHANGED, '-inf', revision - limits.changeRetention)
  call('PEXPIRE', CHANGED, limits.flightRetention)
end

-- Writes everything that was collected and gives the partition a new revision if any cell changed.
local function writeAll(now)
  local changed = {}
  for fingerprint, minutes in pairs(cells) do
    writeCells(fingerprint, minutes, now, changed)
  end
  for fingerprint, hours in pairs(filed) do
    for hour, fields in pairs(hours) do
      writeFailures(fingerprint, hour, fields, now)
    end
  end
  for fingerprint, change in pairs(samples) do
    writeSamples(fingerprint, change)
  end
  for fingerprint, minutes in pairs(sums) do
    writeSums(fingerprint, minutes, now)
  end
  for _, key in ipairs({ FLIGHT, EARLY, DUE, OVERDUE, SETTLED }) do
    call('PEXPIRE', key, limits.flightRetention)
  end
  noteChanges(changed, now)
end
