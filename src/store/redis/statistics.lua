-- Put in front of record.lua: what is counted of steps and of executions as a whole, whatever SLIs select them, in each
-- minute, hour and day. KEYS 19 is the beginning of the keys of these cells: HASH name (store/statistic-names.ts) -> MessagePack
-- {slot = how many}. Slots are those of core/statistics/outcome-counts.ts; none is 1, so that they are always packed as a map.
-- A group has `name` (missing where it is not counted here), `named` when its step is kept apart in any case and, where it may
-- be counted as a whole, `slots` [minute, slot, n, ...] of all its ends.

local STATISTICS = KEYS[19]
local DAY = 24 * HOUR
local ENDED = { succeeded = 2, failed = 3, cancelled = 4, skipped = 5 }
local FIRST_ATTEMPT, RETRY, FIRST_BIN = 6, 7, 8
local BINS_PER_DECADE, LARGEST_UNIT = 114, 10000000

-- As core/statistics/duration-bins.ts has it.
local function binOf(duration)
  if duration < 100 then
    return math.max(0, math.floor(duration))
  end
  local unit, first = 1, 100
  while duration >= 1000 * unit and unit < LARGEST_UNIT do
    unit, first = unit * 10, first + BINS_PER_DECADE
  end
  local hundredths = math.min(999, math.floor(duration / unit))
  if hundredths < 130 then
    return first + math.floor((hundredths - 100) / 2)
  elseif hundredths < 250 then
    return first + 15 + math.floor((hundredths - 130) / 5)
  end
  return first + 39 + math.floor((hundredths - 250) / 10)
end

-- The slot of what ended; the start is nil when it is not known.
local function endedSlot(status, at, start)
  if not start or (status ~= 'succeeded' and status ~= 'failed') then
    return ENDED[status]
  end
  return FIRST_BIN + 2 * binOf(at - start) + (status == 'failed' and 1 or 0)
end

-- By name, then minute, then slot; and the names that are kept apart in any case.
local counted, named = {}, {}

local function countSlot(group, minute, slot, n)
  named[group.name] = group.named
  local slots = tableIn(tableIn(counted, group.name), minute)
  slots[slot] = (slots[slot] or 0) + n
end

-- Counts an attempt that ended, whatever comes of what it is an attempt of.
local function countAttempt(group, at)
  if group.name then
    countSlot(group, math.floor(at / MINUTE), group.attempt > 1 and RETRY or FIRST_ATTEMPT, group.count)
  end
end

local function countEnd(group, at, start)
  if group.name then
    countSlot(group, math.floor(at / MINUTE), endedSlot(group.status, at, start), group.count)
  end
end

-- How something has ended by what is known of it: {minute, slot, n, ...}. A later fact may change the record.
-- An end before the first attempt is in none of these.
local function standingOf(group, record)
  local list = {}
  if group.name and (record.k or 0) >= 1 then
    local start = firstStart(record)
    for _, part in ipairs(record.e or {}) do
      list[#list + 1] = math.floor(part[2] / MINUTE)
      list[#list + 1] = endedSlot(part[1], part[2], start)
      list[#list + 1] = part[3]
    end
  end
  return list
end

local function countAll(group, list, sign)
  for i = 1, #list, 3 do
    countSlot(group, list[i], list[i + 1], sign * list[i + 2])
  end
end

local function addSlots(to, slots)
  for slot, n in pairs(slots) do
    to[slot] = (to[slot] or 0) + n
  end
end

-- Adds to what a cell has of a name. Names past the bound are counted together.
local function writeSlots(key, name, slots)
  local stored = call('HGET', key, name)
  if not stored and not named[name] and call('HLEN', key) >= limits.maxCountedSteps then
    name = limits.othersName
    stored = call('HGET', key, name)
  end
  local kept = stored and cmsgpack.unpack(stored) or {}
  addSlots(kept, slots)
  for slot in pairs(slots) do
    if kept[slot] <= 0 then
      kept[slot] = nil
    end
  end
  if next(kept) then
    call('HSET', key, name, cmsgpack.pack(kept))
  elseif stored then
    call('HDEL', key, name)
  end
end

-- Writes what was counted into the cells of one span, `serves` being the longest window that needs them.
local function writeSpan(span, length, serves, now)
  local cellsOfSpan = {}
  for name, minutes in pairs(counted) do
    for minute, slots in pairs(minutes) do
      local index = math.floor(minute * MINUTE / length)
      addSlots(tableIn(tableIn(cellsOfSpan, index), name), slots)
    end
  end
  for index, names in pairs(cellsOfSpan) do
    local life = (index + 1) * length + serves + length - now
    if life > 0 then
      local key = STATISTICS .. span .. ':' .. index
      for name, slots in pairs(names) do
        writeSlots(key, name, slots)
      end
      call('PEXPIRE', key, life)
    end
  end
end

local function writeStatistics(now)
  if next(counted) then
    for _, rule in ipairs(limits.spans) do
      writeSpan(rule[1], rule[2], rule[3], now)
    end
  end
end
