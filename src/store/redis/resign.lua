-- Gives the lease back if the owner still has it.
-- KEYS  1 leader
-- ARGV  1 owner
-- Reply 1 when it had it, else 0

if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
