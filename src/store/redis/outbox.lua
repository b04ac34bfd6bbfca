-- Put in front of the scripts that touch the outbox.
-- KEYS  1 rows, 2 pending, 3 undeliverable, 4 delivered, 5 conversations, 6 the beginning of the keys of what is due, one a
--       target, 7 claims, 8 incidents, 9 the beginning of the keys of their events, 10 conversations with something urgent,
--       11 the beginning of the keys of what is due and urgent, 12 targets (keys.ts, outboxKeys); 13 leader, where a
--       script checks who leads; 14 states, where it writes them.
-- A conversation is JSON [its name, target]: what goes to one target about one incident, or about several that belong together.

local call = redis.call
local ROWS, PENDING, UNDELIVERABLE, DELIVERED = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local CONVERSATIONS, DUE, CLAIMS = KEYS[5], KEYS[6], KEYS[7]
local INCIDENTS, EVENTS, URGENT, URGENT_DUE, TARGETS = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local LEADER, STATES = KEYS[13], KEYS[14]

local function rowsOf(conversation)
  local ids = call('HGET', CONVERSATIONS, conversation)
  return ids and cjson.decode(ids) or {}
end

-- Where a conversation waits, and for which target.
local function dueKey(conversation)
  local target = cjson.decode(conversation)[2]
  return (call('HEXISTS', URGENT, conversation) == 1 and URGENT_DUE or DUE) .. target, target
end

local function setDue(conversation, at)
  local key, target = dueKey(conversation)
  call('ZADD', key, at, conversation)
  call('ZADD', TARGETS, 0, target)
end

-- To be called before what makes a conversation urgent changes. Gives when it was due, or false.
local function removeDue(conversation)
  local key, target = dueKey(conversation)
  local at = call('ZSCORE', key, conversation)
  call('ZREM', key, conversation)
  if call('ZCARD', DUE .. target) + call('ZCARD', URGENT_DUE .. target) == 0 then
    call('ZREM', TARGETS, target)
  end
  return at
end

-- Whether a conversation that no claim holds has only what was delivered.
local function rests(conversation, ids)
  if #ids == 0 or call('HEXISTS', CLAIMS, conversation) == 1 then
    return false
  end
  for _, id in ipairs(ids) do
    if call('ZSCORE', PENDING, id) then
      return false
    end
  end
  return true
end

-- Puts a row {id, conversation, createdAt, JSON, urgent, when it is due} that is kept already into its conversation, first or last. That keeps
-- the time it waits for, if anything of it waits already.
local function putIntoConversation(row, first)
  local id, conversation, createdAt = row[1], row[2], row[3]
  local ids = rowsOf(conversation)
  local resting = rests(conversation, ids)
  local due = removeDue(conversation)
  table.insert(ids, first and 1 or #ids + 1, id)
  call('ZADD', PENDING, createdAt, id)
  call('HSET', CONVERSATIONS, conversation, cjson.encode(ids))
  if row[5] then
    call('HSET', URGENT, conversation, 1)
  end
  setDue(conversation, not resting and due or row[6])
end

-- Adds a row as putIntoConversation takes it unless there is or was such a row.
local function addRow(row)
  if not call('ZSCORE', DELIVERED, row[1]) and call('HSETNX', ROWS, row[1], row[4]) == 1 then
    putIntoConversation(row, false)
  end
end

-- Adds events {JSON, 1 when it is decisive} to the history of an incident that is known. `limit` is how many others it holds.
local function addEvents(incident, events, limit)
  for _, event in ipairs(events) do
    local number = call('HLEN', EVENTS .. incident)
    if number < limit or event[2] == 1 then
      call('HSET', EVENTS .. incident, number, event[1])
    end
  end
end
