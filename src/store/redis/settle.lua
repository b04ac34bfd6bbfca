-- Ends a claim.
-- KEYS  see outbox.lua
-- ARGV  1 conversation, 2 token, 3 JSON {result, now, at, kept id of the row that stays to be sent again,
--       keptBefore [ids of rows that were delivered before], rows [[id, JSON as it is kept from now on]],
--       instead [rows as addRow takes them], rememberDelivered milliseconds, events [{incident, event as addEvents takes it}],
--       maxEvents}
-- Reply 1, or 0 when the claim was taken over and nothing changed

local conversation = ARGV[1]
if call('HGET', CLAIMS, conversation) ~= ARGV[2] then
  return 0
end
local settlement = cjson.decode(ARGV[3])
local result, now = settlement.result, settlement.now
local done, keptBefore = {}, {}
for _, id in ipairs(settlement.keptBefore) do
  keptBefore[id] = true
end
for _, row in ipairs(settlement.rows) do
  local id, json = row[1], row[2]
  if result == 'kept' and id == settlement.kept then
    call('HSET', ROWS, id, json)
    call('ZREM', PENDING, id)
    call('ZADD', DELIVERED, now, id)
    done[id] = true
  elseif result == 'delivered' or result == 'kept' or (result == 'undeliverable' and keptBefore[id]) then
    call('HDEL', ROWS, id)
    call('ZREM', PENDING, id)
    call('ZADD', DELIVERED, now, id)
    done[id] = true
  elseif result == 'undeliverable' then
    call('HSET', ROWS, id, json)
    local createdAt = call('ZSCORE', PENDING, id)
    call('ZREM', PENDING, id)
    call('ZADD', UNDELIVERABLE, createdAt or now, id)
    done[id] = true
  elseif result == 'retry' then
    call('HSET', ROWS, id, json)
  end
end
call('HDEL', CLAIMS, conversation)
call('ZREMRANGEBYSCORE', DELIVERED, '-inf', now - settlement.rememberDelivered)

local left = {}
if result == 'kept' then
  left[1] = settlement.kept
end
for _, id in ipairs(rowsOf(conversation)) do
  if not done[id] then
    left[#left + 1] = id
  end
end
local resting = result == 'kept' and #left == 1
removeDue(conversation)
if #left == 0 or resting then
  call('HDEL', URGENT, conversation)
end
if #left == 0 then
  call('HDEL', CONVERSATIONS, conversation)
else
  call('HSET', CONVERSATIONS, conversation, cjson.encode(left))
  setDue(conversation, (result == 'retry' or resting) and settlement.at or now)
end
for _, row in ipairs(settlement.instead) do
  addRow(row)
end
for _, settled in ipairs(settlement.events) do
  if call('ZSCORE', INCIDENTS, settled[1]) then
    addEvents(settled[1], { settled[2] }, settlement.maxEvents)
  end
end
return 1
