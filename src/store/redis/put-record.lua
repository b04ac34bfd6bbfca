-- Writes or removes a record, only over the revision it was made from. Safe to repeat: it answers as the first
-- time while the record has not changed otherwise.
-- KEYS  1 records of the collection
-- ARGV  1 id, 2 the revision it was made from, 3 what is kept: the next revision, a space and the value as JSON,
--       or '' to remove it
-- Reply 1 when the record is now as it is to be, 0 when another revision was there

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if (stored or '') == ARGV[3] then
  return 1
end
local revision = stored and string.match(stored, '^%d+') or '0'
if revision ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
