-- Acknowledges entries.
-- KEYS  1 stream
-- ARGV  1 group, then ids
-- Reply how many were still pending

local acknowledged = 0
for at = 2, #ARGV do
  acknowledged = acknowledged + redis.call('XACK', KEYS[1], ARGV[1], ARGV[at])
end
return acknowledged
