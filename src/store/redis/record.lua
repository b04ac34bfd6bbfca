-- Counts one call's worth of outcomes of one partition, each identity once. Safe to repeat.
-- KEYS  1-11 see counting.lua, 12-15 see seen.lua
-- ARGV  1 JSON {now, seenLife, groups}; then for each group its columns of n values each, one after the other:
--       start  identities; if `watched` also dues and records; if `steps` also parents ('' for none), steps, at
--       end    identities; then one JSON [at, startedAt, execution, trace], each of them an array of
--              n, or false; a startedAt or trace is false when there is none, and no executions are the subjects
--       Identities are as in seen.lua.
-- A start group is {kind, n, watched, steps} and, if its starts count by themselves, {count, landings, failure,
-- latest} as of an end group; a due is the moment the sweep must look at it first.
-- An end group is {kind, n, status, count, slis, landings [[fingerprint, minute, good]] or false, failure
-- [step, dependency, error], latest [[offset, at, execution, trace]] of what may be kept as last failed}.
-- A landing with a value has it as a fourth. An SLI is [fingerprint, withinMs or false], with a verdict
-- [fingerprint, false, verdict], with startIn [fingerprint, false, verdict or null, from, to].
-- Reply how many identities of each group were new.
-- A record in flight is {s startedAt, n count, x execution, t trace, p step begun last, a when that was,
-- w [[fingerprint, withinMs, 1 once counted as overdue, the step it was filed under]]}; an early one
-- {e endedAt, n, x, t, f failure, w [[fingerprint, withinMs]]}.

local batch = cjson.decode(ARGV[1])
local now = batch.now
local inFlight = call('EXISTS', FLIGHT) == 1
local anyOverdue = call('EXISTS', OVERDUE) == 1

local function landBad(fingerprint, minute, n, failure, at, member)
  land(fingerprint, minute, false, n)
  file(fingerprint, minute, failure, n)
  addSample(fingerprint, at, member)
end

-- Lands an end at once, without looking for its start.
local function landEnd(group, subject, at, execution, trace)
  local member
  for _, landing in ipairs(group.landings) do
    if landing[3] then
      land(landing[1], landing[2], true, group.count)
    else
      member = member or sampleOf(subject, execution, trace, group.failure)
      landBad(landing[1], landing[2], group.count, group.failure, at, member)
    end
    if landing[4] then
      addValue(landing[1], landing[2], landing[4] * group.count)
    end
  end
end

local function find(slis, fingerprint)
  for _, sli in ipairs(slis) do
    if sli[1] == fingerprint then
      return sli
    end
  end
end

local function takeBackOverdue(subject, record, watch)
  local failure = overdueFailure(watch[4])
  local minute = math.floor((record.s + watch[2]) / MINUTE)
  land(watch[1], minute, false, -record.n)
  file(watch[1], minute, failure, -record.n)
  removeSample(watch[1], sampleOf(subject, record.x, record.t, failure))
end

-- Where an end lands for an SLI that selects it, or for a watch of its start; without a start deadlines do not
-- matter.
local function landingOf(sli, startedAt, end_)
  local within, verdict, from = sli[2], sli[3], sli[4]
  if within then
    return judge(startedAt and within, startedAt, end_.at, end_.status)
  end
  if from and startedAt and (startedAt < from or startedAt > sli[5]) then
    return nil
  end
  if verdict == true or verdict == false then
    return math.floor(end_.at / MINUTE), verdict
  end
  return judge(false, startedAt, end_.at, end_.status)
end

-- Lands an end whose start is known for one SLI. `watch` is what the start's record says of that SLI, if it
-- does; what was counted at its deadline is taken back where the end shows it wrong.
local function landOne(end_, sli, startedAt, record, watch)
  local minute, good = landingOf(sli, startedAt, end_)
  if watch and watch[3] == 1 then
    if good == false and minute == math.floor((record.s + watch[2]) / MINUTE) then
      return
    end
    takeBackOverdue(end_.subject, record, watch)
  end
  if good then
    land(sli[1], minute, true, end_.count)
  elseif minute then
    local member = sampleOf(end_.subject, end_.execution, end_.trace, end_.failure)
    landBad(sli[1], minute, end_.count, end_.failure, end_.at, member)
  end
end

-- Lands an end whose start is known, for every SLI that selected either.
local function landJudged(end_, slis, startedAt, record)
  for _, sli in ipairs(slis) do
    landOne(end_, sli, startedAt, record, record and find(record.w, sli[1]))
  end
  for _, watch in ipairs(record and record.w or {}) do
    if not find(slis, watch[1]) then
      landOne(end_, watch, startedAt, record, watch)
    end
  end
end

local earlyRecords, earlyDues = {}, {}

-- Lands an end whose start is unknown. A success that has a deadline waits for its start; a failure is bad
-- whenever it started.
local function landUnknown(end_, slis)
  local waiting = {}
  for _, sli in ipairs(slis) do
    if not sli[2] or end_.status == 'failed' then
      local minute, good = landingOf(sli, nil, end_)
      if good then
        land(sli[1], minute, true, end_.count)
      elseif minute then
        local member = sampleOf(end_.subject, end_.execution, end_.trace, end_.failure)
        landBad(sli[1], minute, end_.count, end_.failure, end_.at, member)
      end
    elseif end_.status == 'succeeded' then
      waiting[#waiting + 1] = sli
    end
  end
  if #waiting > 0 then
    local record = { e = end_.at, n = end_.count, x = end_.execution, t = end_.trace, f = end_.failure, w = waiting }
    earlyRecords[#earlyRecords + 1] = end_.subject
    earlyRecords[#earlyRecords + 1] = cjson.encode(record)
    earlyDues[#earlyDues + 1] = end_.at + limits.dedupHorizon
    earlyDues[#earlyDues + 1] = end_.subject
  end
end

-- A start whose end came first: judged now if that end was a success that waited for it.
local function landEarly(subject, record, early)
  local end_ = {
    subject = subject, at = early.e, status = 'succeeded', count = early.n,
    execution = early.x, trace = early.t, failure = early.f,
  }
  landJudged(end_, early.w, record.s, record)
  call('HDEL', EARLY, subject)
  call('ZREM', DUE, subject)
end

-- Puts what was newly started in flight, or judges it with its end where that came first.
local function startFlights(group, first, offsets)
  local n = group.n
  local subjects, ends = {}, {}
  for i, offset in ipairs(offsets) do
    subjects[i] = string.sub(ARGV[first + offset], 2)
    ends[i] = 'e' .. subjects[i]
  end
  local ended = seenIn(live, ends, 1, #ends)
  local records, dues = {}, {}
  for i, offset in ipairs(offsets) do
    local subject, record = subjects[i], ARGV[first + 2 * n + offset]
    if not ended[i - 1] then
      records[#records + 1] = subject
      records[#records + 1] = record
      dues[#dues + 1] = ARGV[first + n + offset]
      dues[#dues + 1] = subject
    else
      local early = call('HGET', EARLY, subject)
      if early then
        landEarly(subject, cjson.decode(record), cjson.decode(early))
      end
    end
  end
  if #records > 0 then
    call('HSET', FLIGHT, unpack(records))
    call('ZADD', DUE, unpack(dues))
    inFlight = true
  end
end

-- Notes in the record of the whole execution that a step of it was begun, unless a later one was.
local function noteStep(parent, step, at)
  local text = call('HGET', FLIGHT, parent)
  if text then
    local record = cjson.decode(text)
    if not record.a or at >= record.a then
      record.p, record.a = step, at
      call('HSET', FLIGHT, parent, cjson.encode(record))
    end
  end
end

-- Which of the latest bad ones of a group are new. To be asked before their identities are remembered.
local function newLatest(group, first)
  local latest = {}
  if #group.latest > 0 then
    local identities = {}
    for i, one in ipairs(group.latest) do
      identities[i] = ARGV[first + one[1]]
    end
    local seen = seenIn(live, identities, 1, #identities)
    for i, one in ipairs(group.latest) do
      if not seen[i - 1] then
        latest[#latest + 1] = { at = one[2], member = sampleOf(string.sub(identities[i], 2), one[3], one[4], group.failure) }
      end
    end
  end
  return latest
end

-- Lands so many new ones of a group that all land alike.
local function landAlike(group, count, latest)
  for _, landing in ipairs(group.landings) do
    land(landing[1], landing[2], landing[3], count * group.count)
    if not landing[3] then
      file(landing[1], landing[2], group.failure, count * group.count)
      for _, one in ipairs(latest) do
        addSample(landing[1], one.at, one.member)
      end
    end
    if landing[4] then
      addValue(landing[1], landing[2], landing[4] * count * group.count)
    end
  end
end

-- What all lands alike: only how many are new matters, and which of the latest failures are.
local function recordAlike(group, first)
  local latest = newLatest(group, first)
  local count = countNew(first, group.n)
  if count > 0 then
    landAlike(group, count, latest)
  end
  return count
end

local function recordStarts(group, first)
  local n = group.n
  if not group.watched and not group.steps then
    return group.landings and recordAlike(group, first) or countNew(first, n)
  end
  local latest = group.landings and newLatest(group, first)
  local offsets = newOnes(first, n)
  if latest and #offsets > 0 then
    landAlike(group, #offsets, latest)
  end
  if group.watched and #offsets > 0 then
    startFlights(group, first, offsets)
  end
  if group.steps then
    local parents = first + (group.watched and 3 or 1) * n
    for _, offset in ipairs(offsets) do
      if ARGV[parents + offset] ~= '' then
        noteStep(ARGV[parents + offset], ARGV[parents + n + offset], tonumber(ARGV[parents + 2 * n + offset]))
      end
    end
  end
  return #offsets
end

-- Ends that must be looked at one by one, because their starts decide where they land.
local function recordOneByOne(group, first)
  local n = group.n
  local offsets = newOnes(first, n)
  if #offsets == 0 then
    return 0
  end
  local subjects = {}
  for i, offset in ipairs(offsets) do
    subjects[i] = string.sub(ARGV[first + offset], 2)
  end
  local records = inFlight and call('HMGET', FLIGHT, unpack(subjects)) or {}
  local ats, starts, executions, traces = unpack(cjson.decode(ARGV[first + n]))
  local finished = {}
  for i, offset in ipairs(offsets) do
    local end_ = {
      subject = subjects[i],
      at = ats[offset + 1],
      status = group.status,
      count = group.count,
      execution = executions and executions[offset + 1] or subjects[i],
      trace = traces and traces[offset + 1] or cjson.null,
      failure = group.failure,
    }
    local record = records[i] and cjson.decode(records[i])
    local startedAt = starts and starts[offset + 1] or (record and record.s)
    if record then
      finished[#finished + 1] = subjects[i]
      landJudged(end_, group.slis, startedAt, record)
    elseif group.landings then
      landEnd(group, end_.subject, end_.at, end_.execution, end_.trace)
    elseif startedAt then
      landJudged(end_, group.slis, startedAt)
    else
      landUnknown(end_, group.slis)
    end
  end
  if #finished > 0 then
    call('HDEL', FLIGHT, unpack(finished))
    call('ZREM', DUE, unpack(finished))
    if anyOverdue then
      call('SREM', OVERDUE, unpack(finished))
    end
  end
  return #offsets
end

local counts = {}
local first = 2
for i, group in ipairs(batch.groups) do
  if group.kind == 'start' then
    counts[i] = recordStarts(group, first)
    first = first + group.n * (1 + (group.watched and 2 or 0) + (group.steps and 3 or 0))
  else
    -- Any of them may have a start in flight, whatever the replica that took it knew of SLIs then.
    local alike = group.landings and not inFlight
    counts[i] = alike and recordAlike(group, first) or recordOneByOne(group, first)
    first = first + group.n + 1
  end
end
if #earlyRecords > 0 then
  call('HSET', EARLY, unpack(earlyRecords))
  call('ZADD', DUE, unpack(earlyDues))
end
call('PEXPIRE', SEEN, batch.seenLife)
writeAll(now)
return counts
