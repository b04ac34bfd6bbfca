-- Keeps dead letters, of which the oldest go when there are too many. Safe to repeat: a letter that is there stays.
-- KEYS  1 what is known of each, 2 what each holds, 3 ids in order
-- ARGV  1 the most letters, then for each letter: id, what is known of it, what it holds
-- Reply how many went to make room

for at = 2, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 2])
    redis.call('ZADD', KEYS[3], 0, ARGV[at])
  end
end
local surplus = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[1])
if surplus <= 0 then
  return 0
end
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], 0, surplus - 1)) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
return surplus
