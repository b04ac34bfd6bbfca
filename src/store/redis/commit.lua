-- Writes alert states with their outbox rows, each only over the revision it was made from.
-- KEYS  see outbox.lua
-- ARGV  1 owner, 2 JSON array of {slo, revision, stored, rows, history}: `stored` is what is kept, the next revision, a
--       space and the state as JSON; rows as addRow takes them; history, if any, {incident, openedAt, events}, those as
--       addEvents takes them; 3 the most events of one incident
-- Reply nil when the owner does not lead, else for each 1 when it was written, 0 when not

if call('GET', LEADER) ~= ARGV[1] then
  return false
end
local written = {}
for i, change in ipairs(cjson.decode(ARGV[2])) do
  local stored = call('HGET', STATES, change.slo)
  local revision = stored and tonumber(string.match(stored, '^%d+')) or 0
  if revision == change.revision then
    call('HSET', STATES, change.slo, change.stored)
    for _, row in ipairs(change.rows) do
      addRow(row)
    end
    local history = change.history
    if history then
      call('ZADD', INCIDENTS, history.openedAt, history.incident)
      addEvents(history.incident, history.events, tonumber(ARGV[3]))
    end
    written[i] = 1
  else
    written[i] = 0
  end
end
return written
