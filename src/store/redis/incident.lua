-- Reads what happened to an incident.
-- KEYS  1 incidents, 2 the beginning of the keys of their events
-- ARGV  1 its id
-- Reply {number, JSON ...}, or nil when nothing is kept of it

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return false
end
return redis.call('HGETALL', KEYS[2] .. ARGV[1])
