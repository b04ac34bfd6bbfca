-- Adds an event to the history of an incident.
-- KEYS  1 incidents, 2 the beginning of the keys of their events
-- ARGV  1 id of the incident, 2 the event as JSON, 3 1 when it is decisive, 4 how many others it may hold
-- Reply 1 when it is there now, 0 when there is no such incident, or too much of it

local call = redis.call
local key = KEYS[2] .. ARGV[1]
if not call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
local events = call('HGETALL', key)
for i = 2, #events, 2 do
  if events[i] == ARGV[2] then
    return 1
  end
end
local number = #events / 2
if number >= tonumber(ARGV[4]) and ARGV[3] ~= '1' then
  return 0
end
call('HSET', key, number, ARGV[2])
return 1
