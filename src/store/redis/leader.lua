-- Takes or renews the lease of the leader.
-- KEYS  1 leader
-- ARGV  1 owner, 2 milliseconds
-- Reply 1 when the owner leads, 0 when another one does

local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
