-- Removes dead letters.
-- KEYS  1 what is known of each, 2 what each holds, 3 ids in order
-- ARGV  ids
-- Reply how many were there

local removed = 0
for _, id in ipairs(ARGV) do
  removed = removed + redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
return removed
