-- Put in front of record.lua and sweep.lua: what is known of a subject and what it counts as by that, as
-- store/subject-record.ts has it. A record is kept as JSON in the hash FLIGHT while its subject is in flight, in EARLY while
-- it has ended and waits for its start, and in SETTLED where a receipt (seen.lua) has no room for what is known:
-- x execution, t trace, n how many started, s the first attempt's start as it was recorded, f as its end says, r the earliest
-- start of any other attempt, q when it was queued, p the step begun last, a when that was, w the SLIs with a deadline
-- that selected a start [[fingerprint, withinMs, 1 once counted as overdue, the step it was filed under, 1 to count from q]],
-- k the latest attempt that ended (0 comes before the first), o 1 when it failed and another follows, e how it ended [[status, at, count, failure,
-- slis, trace]], z when the last of all ends was.
-- An SLI is [fingerprint, withinMs or false, 1 to count from q, earliest start, latest start]; the last three may be missing.

local function earlier(one, other)
  if one and other then
    return math.min(one, other)
  end
  return one or other
end

local function firstStart(record)
  return earlier(record.f or record.s, record.r)
end

-- The moment a deadline is counted from; nil when that is not known.
local function baseOf(record, fromQueued)
  local start = firstStart(record)
  return fromQueued == 1 and earlier(record.q, start) or start
end

local function leftOf(record)
  local left = record.n or 0
  if not record.o then
    for _, part in ipairs(record.e or {}) do
      left = left - part[3]
    end
  end
  return math.max(0, left)
end

local function find(slis, fingerprint)
  for _, sli in ipairs(slis or {}) do
    if sli[1] == fingerprint then
      return sli
    end
  end
end

-- Whether one of its deadlines was counted as passed.
local function isOverdue(record)
  for _, watch in ipairs(record.w or {}) do
    if watch[3] == 1 then
      return true
    end
  end
  return false
end

-- The moment it began as far as is known, by which the overdue are in order.
local function begunAt(record)
  return earlier(record.q, firstStart(record))
end

-- Where something in flight is: `e` for a whole execution, with the step begun last (which then has a moment), or `s` for a
-- step; in upper case when it is overdue.
local function placeOf(step, since, overdue)
  local isNamed = step and step ~= cjson.null
  local letter = isNamed and not since and 's' or 'e'
  return (overdue and string.upper(letter) or letter) .. (isNamed and step or '')
end

-- How many more are in each place than before.
local places = {}

local function addToPlace(record, overdue, by)
  local place = placeOf(record.p, record.a, overdue)
  places[place] = (places[place] or 0) + by
end

-- Writes how many are where.
local function writePlaces()
  for place, by in pairs(places) do
    if by ~= 0 and call('HINCRBY', PLACES, place, by) <= 0 then
      call('HDEL', PLACES, place)
    end
  end
  call('PEXPIRE', PLACES, limits.flightRetention)
end

-- Where an end lands for one SLI: a landing is {fingerprint, minute, good, count, failure, at, trace}.
local function placeEnd(list, record, part, fingerprint, within, fromQueued, startFrom, startTo)
  local base = baseOf(record, fromQueued)
  if within and not base then
    return
  end
  if startFrom and base and (base < startFrom or base > startTo) then
    return
  end
  local minute, good = judge(within, base or part[2], part[2], part[1])
  if not minute then
    return
  end
  local failure, at, trace = part[4], part[2], part[6]
  if within and part[2] > base + within then
    -- What was counted at its deadline stays filed as overdue: finishing late changes nothing.
    local watch = find(record.w, fingerprint)
    if watch and watch[3] == 1 then
      failure, at, trace = overdueFailure(watch[4]), base + within, record.t
    end
  end
  list[#list + 1] = { fingerprint, minute, good, part[3], failure, at, trace }
end

-- What a subject counts as, by what is known of it.
local function landingsOf(record)
  local list = {}
  for _, part in ipairs(record.e or {}) do
    for _, sli in ipairs(part[5]) do
      -- An end that asks for no deadline is held to that of the start all the same.
      local watch = not sli[2] and find(record.w, sli[1])
      placeEnd(list, record, part, sli[1], sli[2] or watch and watch[2], sli[3], sli[4], sli[5])
    end
    for _, watch in ipairs(record.w or {}) do
      if not find(part[5], watch[1]) then
        placeEnd(list, record, part, watch[1], watch[2], watch[5])
      end
    end
  end
  local left = leftOf(record)
  if left > 0 then
    for _, watch in ipairs(record.w or {}) do
      local base = baseOf(record, watch[5])
      if watch[3] == 1 and base then
        local deadline, failure = base + watch[2], overdueFailure(watch[4])
        list[#list + 1] = { watch[1], math.floor(deadline / MINUTE), false, left, failure, deadline, record.t }
      end
    end
  end
  return list
end

-- Adds landings to what is to change, `sign` times as many as they count. Those that differ only in that are one.
local function addLandings(changes, list, sign)
  for _, landing in ipairs(list) do
    local failure = landing[3] and '' or cjson.encode(landing[5])
    local name = table.concat({ landing[1], landing[2], tostring(landing[3]), landing[6], failure }, '|')
    local change = tableIn(changes, name)
    change.n, change.landing = (change.n or 0) + sign * landing[4], landing
    change.was, change.is = change.was or sign < 0, change.is or sign > 0
  end
end

-- Takes back what a subject counts as no more, and counts what it does now.
local function move(subject, execution, before, after)
  if #before == 0 then
    for _, landing in ipairs(after) do
      land(landing[1], landing[2], landing[3], landing[4])
      if not landing[3] then
        file(landing[1], landing[2], landing[5], landing[4])
        addSample(landing[1], subject, landing[6], execution, landing[7], landing[5])
      end
    end
    return
  end
  local changes = {}
  addLandings(changes, before, -1)
  addLandings(changes, after, 1)
  for _, change in pairs(changes) do
    local fingerprint, minute, good, _, failure, at, trace = unpack(change.landing, 1, 7)
    if change.n ~= 0 then
      land(fingerprint, minute, good, change.n)
      if not good then
        file(fingerprint, minute, failure, change.n)
      end
    end
    if not good and change.was and not change.is then
      removeSample(fingerprint, subject, at, failure)
    end
  end
  -- Of two landings of one failure, the one that goes must not take away the sample of the one that comes.
  for _, change in pairs(changes) do
    local fingerprint, _, good, _, failure, at, trace = unpack(change.landing, 1, 7)
    if not good and change.is and not change.was then
      addSample(fingerprint, subject, at, execution, trace, failure)
    end
  end
end

-- Whether it has ended, or is to be retried, with a deadline that nothing says the beginning of.
local function waits(record)
  for _, watch in ipairs(record.w or {}) do
    if not baseOf(record, watch[5]) then
      return true
    end
  end
  for _, part in ipairs(record.e or {}) do
    for _, sli in ipairs(part[5]) do
      if sli[2] and not baseOf(record, sli[3]) then
        return true
      end
    end
  end
  return false
end

-- The hash that a record belongs into.
local function homeOf(record)
  if (firstStart(record) or record.q) and leftOf(record) > 0 then
    return FLIGHT
  end
  return record.k and waits(record) and EARLY or SETTLED
end

-- A deadline that is not over, now that more is known of its beginning, was not missed.
local function uncountEarly(record, now)
  for _, watch in ipairs(record.w or {}) do
    local base = watch[3] == 1 and baseOf(record, watch[5])
    if base and base + watch[2] >= now then
      watch[3], watch[4] = 0, cjson.null
    end
  end
end

-- When a sweep must look at a record next: at its next deadline, or to forget it.
local function dueOf(record, home, now)
  if home == SETTLED then
    return now + limits.identityLife
  end
  if home == EARLY then
    return (record.z or 0) + limits.dedupHorizon
  end
  local due = earlier(record.q, firstStart(record)) + limits.flightRetention
  for _, watch in ipairs(record.w or {}) do
    local base = baseOf(record, watch[5])
    if watch[3] ~= 1 and base then
      due = math.min(due, base + watch[2])
    end
  end
  return due
end

-- The SLIs of a list that have a deadline, as a record has those that selected a start.
local function watchesOf(slis)
  local watches = {}
  for _, sli in ipairs(slis) do
    if sli[2] then
      watches[#watches + 1] = { sli[1], sli[2], 0, cjson.null, sli[3] or 0 }
    end
  end
  return watches
end

-- Whether the one end of something settled and its start say all there is to know of it, so that a receipt is enough:
-- with a start, the SLIs with a deadline are the same for both.
local function isPlain(record)
  local parts = record.e or {}
  if #parts ~= 1 or record.k ~= 1 or record.o or record.q or record.r then
    return false
  end
  if parts[1][3] ~= 1 or (record.n or 1) ~= 1 then
    return false
  end
  local watches = record.w or {}
  for _, watch in ipairs(watches) do
    local sli = find(parts[1][5], watch[1])
    if watch[3] == 1 or not sli or not sli[2] then
      return false
    end
  end
  return not record.n or #watches == #watchesOf(parts[1][5])
end

-- Reads a record as JSON, also as version 0.1 wrote it: there an early end was {e endedAt, n, x, t, f failure, w slis}.
local function readRecord(text)
  local record = cjson.decode(text)
  if record.t == cjson.null then
    record.t = nil
  end
  if type(record.e) == 'number' then
    local part = { 'succeeded', record.e, record.n, record.f, record.w, record.t or cjson.null }
    return { x = record.x, t = record.t, k = 1, e = { part }, z = record.e }
  end
  return record
end
