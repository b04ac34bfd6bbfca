-- What changed in a partition since a revision.
-- KEYS  1 revision, 2 changed
-- ARGV  1 the revision asked for, 2 how far back changes are remembered
-- Reply {revision, 1 if the changes are complete, `fingerprint:hour` of each change}

local revision = tonumber(redis.call('GET', KEYS[1])) or 0
local since = tonumber(ARGV[1])
if since == 0 or since > revision or since < revision - tonumber(ARGV[2]) then
  return { revision, 0, {} }
end
return { revision, 1, redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf') }
