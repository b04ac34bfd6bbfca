-- Counts one call's worth of outcomes of one partition, each identity once. Safe to repeat.
-- KEYS  1-14 see counting.lua, 15-18 see seen.lua, 19 see statistics.lua
-- ARGV  1 JSON {now, buckets (see seen.lua), seenLife, groups}; then for each group its columns of n values each:
--       both   identities; with `keys` also the subjects, which else are the identities themselves
--       start  also dues and records (see subject.lua); if `steps` also parents ('' for none), at
--       end    then two single values: their receipts (seen.lua) one after the other, each with the start that the end
--              itself tells; JSON [execution, trace], each of them an array of n, or false; a trace is false when
--              there is none, and no executions are the subjects
-- A start group is {kind, n, keys, steps, step or null} and, if its starts count by themselves, {count,
-- own, failure, latest} as of an end group; a due is the moment the sweep must look at it first.
-- An end group is {kind, n, step or null, keys, mark, width of a receipt, attempt, status, retry, count, template, slis, landings or false, own [[fingerprint,
-- minute, good, value]] or false, failure [step, dependency, error], latest [[offset, at, execution, trace]] of what
-- may be kept as last failed}; a value may be missing. `mark` is how much longer identities are than in version 0.1.
-- Reply for each group 0 when all were counted, or, where there is more to say, the offsets {of those that were counted
-- before}, {of those that wait for their start}, and {for each conflict its offset and how it had ended}.

local anyRecords = {}
for _, home in ipairs({ FLIGHT, EARLY, SETTLED }) do
  anyRecords[home] = call('EXISTS', home) == 1
end

-- What is to be written of records when a group is through.
local puts, removals, dues, dueNoMore, late, lateNoMore = {}, {}, {}, {}, {}, {}

local function append(list, one, other)
  list[#list + 1] = one
  if other then
    list[#list + 1] = other
  end
end

local function flush()
  for home, list in pairs(removals) do
    call('HDEL', home, unpack(list))
  end
  for home, list in pairs(puts) do
    call('HSET', home, unpack(list))
    anyRecords[home] = true
  end
  if #dueNoMore > 0 then
    call('ZREM', DUE, unpack(dueNoMore))
  end
  if #dues > 0 then
    call('ZADD', DUE, unpack(dues))
  end
  if #lateNoMore > 0 then
    call('ZREM', OVERDUE, unpack(lateNoMore))
  end
  if #late > 0 then
    call('ZADD', OVERDUE, unpack(late))
  end
  puts, removals, dues, dueNoMore, late, lateNoMore = {}, {}, {}, {}, {}, {}
end

-- The records of subjects, by their place: {record, home}.
local function recordsOf(subjects)
  local found = {}
  for _, home in ipairs({ FLIGHT, EARLY, SETTLED }) do
    if anyRecords[home] then
      local texts = call('HMGET', home, unpack(subjects))
      for i = 1, #subjects do
        if texts[i] then
          found[i] = { readRecord(texts[i]), home }
        end
      end
    end
  end
  return found
end

-- Adds to records that were found those of subjects of which a receipt of their end is all there is.
local function addReceipts(found, subjects)
  for offset, one in pairs(receiptsOf(subjects, 1, #subjects)) do
    local template = not found[offset + 1] and templateOf(one[1], one[2])
    if template then
      local at = tonumber(string.sub(one[1], 12, 19), 36)
      local part = { template[1], at, 1, template[2], template[3], cjson.null }
      local record = { k = 1, e = { part }, z = at }
      local origin = string.sub(one[1], 28) == '?' and 's' or 'f'
      record[origin] = tonumber(string.sub(one[1], 20, 27), 36)
      if #one[1] == 28 then
        record.n, record.w = 1, watchesOf(template[3])
      end
      found[offset + 1] = { record }
    end
  end
end

-- Counts what a record counts as now, where `before` is what its subject counted as, and keeps it where it belongs from
-- now on. Returns that hash, or nil when a receipt is enough.
local function settle(subject, record, before, former)
  local wasOverdue = former == FLIGHT and isOverdue(record)
  if former == FLIGHT then
    addToPlace(record, wasOverdue, -1)
  end
  uncountEarly(record, now)
  move(subject, record.x, before, landingsOf(record))
  local home = homeOf(record)
  local plain = home == SETTLED and isPlain(record)
  if former and (plain or former ~= home) then
    append(tableIn(removals, former), subject)
  end
  local isLate = home == FLIGHT and isOverdue(record)
  if home == FLIGHT then
    addToPlace(record, isLate, 1)
  elseif record.a then
    -- Where something was that has ended does not say where it is when it goes on after all.
    record.p, record.a = nil, nil
  end
  if wasOverdue and not isLate then
    append(lateNoMore, subject)
  end
  if plain then
    if former then
      append(dueNoMore, subject)
    end
    return nil
  end
  append(tableIn(puts, home), subject, cjson.encode(record))
  append(dues, dueOf(record, home, now), subject)
  if isLate then
    append(late, begunAt(record), subject)
  end
  return home
end

local function addWatches(record, watches)
  record.w = record.w or {}
  for _, watch in ipairs(watches) do
    if not find(record.w, watch[1]) then
      append(record.w, watch)
    end
  end
end

-- Adds what a new record of a start says to what is known.
local function addStart(record, started)
  record.x = record.x or started.x
  record.t = record.t or started.t
  record.n = math.max(record.n or 0, started.n)
  record.s = earlier(record.s, started.s)
  record.r = earlier(record.r, started.r)
  record.q = earlier(record.q, started.q)
  if not record.p or record.p == cjson.null then
    record.p = started.p
  end
  addWatches(record, started.w)
end

-- Adds an end to what is known. Returns how it had ended before when that does not go together.
local function addEnd(record, group, end_)
  local latest = record.k or -1
  local isLatest = group.attempt > latest or (group.attempt == latest and record.o == 1)
  local parts, ended = record.e or {}, group.count
  if not group.retry and not isLatest and group.attempt == latest then
    for _, part in ipairs(parts) do
      ended = ended + part[3]
    end
    if #parts >= limits.maxParts or (record.n and ended > record.n) then
      return parts[1][1]
    end
  end
  record.x = record.x or end_.execution
  if not record.p or record.p == cjson.null then
    record.p = group.step
  end
  record.z = math.max(record.z or 0, end_.at)
  if group.attempt == 1 then
    record.f = earlier(record.f, end_.startedAt)
  else
    record.r = earlier(record.r, end_.startedAt)
  end
  if group.retry then
    record.t = record.t or end_.trace
    record.n = math.max(record.n or 0, group.count)
    addWatches(record, watchesOf(group.slis))
    if isLatest then
      record.k, record.o, record.e = group.attempt, 1, nil
    end
    return nil
  end
  local part = { group.status, end_.at, group.count, group.failure, group.slis, end_.trace or cjson.null }
  if isLatest then
    record.k, record.o, record.e = group.attempt, nil, { part }
  elseif group.attempt == latest then
    append(parts, part)
  end
  return nil
end

-- Lands so many of a group where all of them land. `isIn` says by offset which of the latest failures are among them;
-- without it all are.
local function landAlike(group, landings, count, isIn, first)
  for _, landing in ipairs(landings) do
    land(landing[1], landing[2], landing[3], count * group.count)
    if not landing[3] then
      file(landing[1], landing[2], group.failure, count * group.count)
      for _, one in ipairs(group.latest) do
        if not isIn or isIn[one[1]] then
          addSample(landing[1], ARGV[first + one[1]], one[2], one[3], one[4], group.failure)
        end
      end
    end
    if landing[4] then
      addValue(landing[1], landing[2], landing[4] * count * group.count)
    end
  end
end

local function setOf(offsets)
  local set = {}
  for _, offset in ipairs(offsets) do
    set[offset] = true
  end
  return set
end

-- The offsets below n that are not in a set, nor among conflicts.
local function missingFrom(set, n, conflicts)
  local conflicting = {}
  for i = 1, #conflicts, 2 do
    conflicting[conflicts[i]] = true
  end
  local offsets = {}
  for offset = 0, n - 1 do
    if not set[offset] and not conflicting[offset] then
      offsets[#offsets + 1] = offset
    end
  end
  return offsets
end

-- Puts what was newly started in flight, or judges it anew with what is known of it already.
local function startFlights(group, first, offsets)
  local n = group.n
  local keys = first + (group.keys and n or 0)
  local subjects = {}
  for i, offset in ipairs(offsets) do
    subjects[i] = ARGV[keys + offset]
  end
  local found = recordsOf(subjects)
  addReceipts(found, subjects)
  for i, offset in ipairs(offsets) do
    local subject, text = subjects[i], ARGV[keys + 2 * n + offset]
    if not found[i] then
      append(tableIn(puts, FLIGHT), subject, text)
      addToPlace({ p = group.step }, false, 1)
      append(dues, ARGV[keys + n + offset], subject)
    else
      local record = found[i][1]
      local before = landingsOf(record)
      countAll(group, standingOf(group, record), -1)
      addStart(record, readRecord(text))
      countAll(group, standingOf(group, record), 1)
      if not settle(subject, record, before, found[i][2]) then
        setReceiptStart(subject, record.s, record.f, record.n)
      end
    end
  end
  flush()
end

-- Notes in the record of the whole execution that a step of it was begun, unless a later one was.
local function noteStep(parent, step, at)
  local text = call('HGET', FLIGHT, parent)
  if text then
    local record = readRecord(text)
    if not record.a or at >= record.a then
      local isLate = isOverdue(record)
      addToPlace(record, isLate, -1)
      record.p, record.a = step, at
      addToPlace(record, isLate, 1)
      call('HSET', FLIGHT, parent, cjson.encode(record))
    end
  end
end

local function recordStarts(group, first)
  local n = group.n
  local offsets = newStarts(first, n)
  local reply = #offsets == n and 0 or { missingFrom(setOf(offsets), n, {}), {}, {} }
  if #offsets == 0 then
    return reply
  end
  if group.own then
    landAlike(group, group.own, #offsets, setOf(offsets), first)
  end
  startFlights(group, first, offsets)
  if group.steps then
    local parents = first + (group.keys and 4 or 3) * n
    for _, offset in ipairs(offsets) do
      if ARGV[parents + offset] ~= '' then
        noteStep(ARGV[parents + offset], group.step, tonumber(ARGV[parents + n + offset]))
      end
    end
  end
  return reply
end

-- What was seen of a column of ends, by offset, and what of it conflicts: {offset, how it had ended, ...}.
local function seenEnds(group, first)
  local n = group.n
  local seen, conflicts = receiptsOf(ARGV, first, first + n - 1), {}
  for offset, one in pairs(seen) do
    if string.sub(one[1], 1, 11) ~= group.template then
      local template = templateOf(one[1], one[2])
      if template and template[1] ~= group.status then
        append(conflicts, offset, template[1])
      end
    end
  end
  if #formerBuckets > 0 then
    markMembers(seen, FORMER, formerBuckets, formerNames('e', first, n, group.mark), 1, n)
  end
  return seen, conflicts
end

-- The receipt of an end by itself, from the column of all.
local function receiptIn(receipts, offset, width)
  return string.sub(receipts, width * offset + 1, width * offset + width)
end

-- Counts ends in statistics of which nothing else is known: those at some offsets, or all of a column.
local function countTogether(group, receipts, offsets)
  if #offsets == group.n then
    countAll(group, group.slots or {}, 1)
    return
  end
  for _, offset in ipairs(offsets) do
    local receipt = receiptIn(receipts, offset, group.width)
    local at = tonumber(string.sub(receipt, 12, 19), 36)
    countEnd(group, at, tonumber(string.sub(receipt, 20, 27), 36))
    countAttempt(group, at)
  end
end

-- Remembers a column of ends and returns how many were new, all but those that are in it twice; of those also which.
local function rememberAll(group, first, receipts)
  local n, width, written = group.n, group.width, {}
  for offset = 0, n - 1 do
    written[2 * offset + 1] = ARGV[first + offset]
    written[2 * offset + 2] = receiptIn(receipts, offset, width)
  end
  if call('HSET', SEEN_ENDS, unpack(written)) == n then
    countAll(group, group.slots or {}, 1)
    return n
  end
  -- The first of two is the one that counts.
  local offsets = unseen({}, first, n)
  for _, offset in ipairs(offsets) do
    call('HSET', SEEN_ENDS, ARGV[first + offset], receiptIn(receipts, offset, width))
  end
  countTogether(group, receipts, offsets)
  return #offsets, setOf(offsets)
end

-- Lands the one end of something that was in flight and of which no more is known than when it started, and returns that
-- moment; the usual case, and with this alone a receipt is enough. Returns nil when there is more to know.
local function finish(group, subject, record, timed, end_)
  local watches = record.w or {}
  if not record.s or record.n ~= 1 or record.k or record.q or record.r or #watches ~= timed.n then
    return nil
  end
  for _, watch in ipairs(watches) do
    if watch[3] == 1 or not timed[watch[1]] then
      return nil
    end
  end
  local start = end_.startedAt or record.s
  for _, sli in ipairs(group.slis) do
    if not sli[4] or (start >= sli[4] and start <= sli[5]) then
      local minute, good = judge(sli[2], start, end_.at, group.status)
      if good then
        land(sli[1], minute, true, 1)
      elseif minute then
        land(sli[1], minute, false, 1)
        file(sli[1], minute, group.failure, 1)
        addSample(sli[1], subject, end_.at, record.x, end_.trace, group.failure)
      end
    end
  end
  addToPlace(record, false, -1)
  append(tableIn(removals, FLIGHT), subject)
  append(dueNoMore, subject)
  countEnd(group, end_.at, start)
  return start
end

-- Counts ends one by one, because what is known of their subjects decides where they land. Adds to those that wait for
-- their start, to conflicts, and to what is to be remembered.
local function recordOneByOne(group, first, rest, offsets, subjects, found, waiting, conflicts, written)
  local executions, traces = unpack(cjson.decode(ARGV[rest + 1]))
  local timed = { n = 0 }
  for _, sli in ipairs(group.slis) do
    if sli[2] then
      timed[sli[1]], timed.n = true, timed.n + 1
    end
  end
  local isSimple = group.attempt == 1 and group.count == 1 and not group.retry
  for i, offset in ipairs(offsets) do
    local subject = subjects[i]
    local receipt = receiptIn(ARGV[rest], offset, group.width)
    local record, former = {}, nil
    if found[i] then
      record, former = found[i][1], found[i][2]
    end
    local end_ = {
      at = tonumber(string.sub(receipt, 12, 19), 36),
      startedAt = tonumber(string.sub(receipt, 20), 36),
      execution = executions and executions[offset + 1] or subject,
      trace = traces and traces[offset + 1] or nil,
    }
    local start = isSimple and former == FLIGHT and finish(group, subject, record, timed, end_)
    local before, stood = nil, nil
    if not start then
      before, stood = landingsOf(record), standingOf(group, record)
    end
    local recorded = not start and addEnd(record, group, end_)
    if not recorded then
      countAttempt(group, end_.at)
    end
    if start then
      append(written, ARGV[first + offset], string.sub(receipt, 1, 19) .. startDigits(record.s, end_.startedAt, 1))
    elseif recorded then
      -- It is as often in conflict as it is in the column.
      for other = offset, group.n - 1 do
        if ARGV[first + other] == ARGV[first + offset] then
          append(conflicts, other, recorded)
        end
      end
    else
      countAll(group, stood, -1)
      countAll(group, standingOf(group, record), 1)
      local home = settle(subject, record, before, former)
      local known = home and '' or startDigits(record.s, record.f, record.n)
      if not home and not isSimple then
        -- What is known from now on is in the receipt of the one end that counts.
        setReceiptStart(subject, record.s, record.f, record.n)
      end
      append(written, ARGV[first + offset], string.sub(receipt, 1, 19) .. known)
      if home == EARLY then
        append(waiting, offset)
      end
    end
  end
  flush()
end

-- Counts those ends of a column that were not seen, each by what is known of its subject. Returns the offsets of those
-- that were counted, in a set.
local function recordUnseen(group, first, seen, waiting, conflicts, alike)
  local keys = first + (group.keys and group.n or 0)
  local rest = keys + group.n
  local fresh = unseen(seen, first, group.n)
  local isFresh = setOf(fresh)
  if #fresh == 0 then
    return isFresh
  end
  local subjects = {}
  for i, offset in ipairs(fresh) do
    subjects[i] = ARGV[keys + offset]
  end
  local found = recordsOf(subjects)
  if group.attempt ~= 1 or group.count > 1 or group.retry then
    addReceipts(found, subjects)
  end
  local others, otherSubjects, otherRecords, together, written = {}, {}, {}, {}, {}
  for i, offset in ipairs(fresh) do
    if alike and not found[i] then
      append(together, offset)
      append(written, ARGV[first + offset], receiptIn(ARGV[rest], offset, group.width))
    else
      append(others, offset)
      otherSubjects[#others], otherRecords[#others] = subjects[i], found[i]
    end
  end
  if #together > 0 then
    landAlike(group, group.landings, #together, setOf(together), keys)
    countTogether(group, ARGV[rest], together)
  end
  if #others > 0 then
    recordOneByOne(group, first, rest, others, otherSubjects, otherRecords, waiting, conflicts, written)
  end
  for i = 1, #conflicts, 2 do
    isFresh[conflicts[i]] = nil
  end
  if #written > 0 then
    call('HSET', SEEN_ENDS, unpack(written))
    landAlike(group, group.own or {}, #written / 2, isFresh, first)
  end
  return isFresh
end

local function recordEnds(group, first)
  local seen, conflicts = seenEnds(group, first)
  local alike = group.attempt == 1 and group.count == 1 and not group.retry and group.landings
  local anyKnown = anyRecords[FLIGHT] or anyRecords[EARLY] or anyRecords[SETTLED]
  local waiting, isNew = {}, nil
  putTemplate(group)
  if alike and not anyKnown and not next(seen) then
    -- Only how many are new matters, and which of the latest failures are.
    local counted
    counted, isNew = rememberAll(group, first, ARGV[first + group.n])
    landAlike(group, group.landings, counted, isNew, first)
    landAlike(group, group.own or {}, counted, isNew, first)
  else
    isNew = recordUnseen(group, first, seen, waiting, conflicts, alike)
  end
  if #conflicts > 0 then
    land(limits.conflicts, math.floor(now / MINUTE), false, #conflicts / 2)
  end
  local known = isNew and missingFrom(isNew, group.n, conflicts) or {}
  if #known == 0 and #waiting == 0 and #conflicts == 0 then
    return 0
  end
  return { known, waiting, conflicts }
end

local replies = {}
local first = 2
for i, group in ipairs(batch.groups) do
  local columns = 1 + (group.keys and 1 or 0)
  if group.kind == 'start' then
    replies[i] = recordStarts(group, first)
    first = first + group.n * (columns + 2 + (group.steps and 2 or 0))
  else
    replies[i] = recordEnds(group, first)
    first = first + group.n * columns + 2
  end
end
for _, key in ipairs({ SEEN_STARTS, SEEN_ENDS, TEMPLATES .. buckets[1] }) do
  call('PEXPIRE', key, batch.seenLife)
end
writePlaces()
writeStatistics(now)
writeAll(now)
return replies
