-- Put in front of the scripts that touch the outbox.
-- KEYS  1 rows, 2 pending, 3 undeliverable, 4 delivered, 5 conversations, 6 due, 7 claims, 8 incidents, 9 the beginning
--       of the keys of their events, 10 conversations with something urgent (keys.ts, outboxKeys); 11 leader, where a
--       script checks who leads; 12 states, where it
--       writes them.
-- A conversation is JSON [incident, target]: what goes to one target about one incident.

local call = redis.call
local ROWS, PENDING, UNDELIVERABLE, DELIVERED = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local CONVERSATIONS, DUE, CLAIMS = KEYS[5], KEYS[6], KEYS[7]
local INCIDENTS, EVENTS, URGENT, LEADER, STATES = KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]

local function rowsOf(conversation)
  local ids = call('HGET', CONVERSATIONS, conversation)
  return ids and cjson.decode(ids) or {}
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

-- Puts a row {id, conversation, createdAt, JSON, urgent} that is kept already into its conversation, first or last. That keeps
-- the time it waits for, if anything of it waits already.
local function putIntoConversation(row, first)
  local id, conversation, createdAt = row[1], row[2], row[3]
  local ids = rowsOf(conversation)
  if rests(conversation, ids) then
    call('ZREM', DUE, conversation)
  end
  table.insert(ids, first and 1 or #ids + 1, id)
  call('ZADD', PENDING, createdAt, id)
  call('HSET', CONVERSATIONS, conversation, cjson.encode(ids))
  call('ZADD', DUE, 'NX', createdAt, conversation)
  if row[5] then
    call('HSET', URGENT, conversation, 1)
  end
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
