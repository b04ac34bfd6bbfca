-- Forgets the oldest incidents.
-- KEYS  1 incidents, 2 the beginning of the keys of their events
-- ARGV  1 how many of the latest are kept, 2 how many are forgotten at once at most
-- Reply how many were forgotten

local call = redis.call
local count = math.min(tonumber(ARGV[2]), call('ZCARD', KEYS[1]) - tonumber(ARGV[1]))
if count <= 0 then
  return 0
end
for _, id in ipairs(call('ZRANGE', KEYS[1], 0, count - 1)) do
  call('UNLINK', KEYS[2] .. id)
  call('ZREM', KEYS[1], id)
end
return count
