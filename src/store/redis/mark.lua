-- Leaves a mark in a part of the store, and says what was there: a part without its mark was wiped, and one that has an
-- older pulse than it acknowledged lost what was written last.
-- KEYS  1 mark, 2 pulse of this process
-- ARGV  1 the identity of the store, 2 the name of a mark that is made now, 3 the number of this pulse,
--       4 milliseconds a pulse is kept
-- Reply {the identity and the name of the mark there was, or '' and '', the number of the last pulse, or 0}. A mark keeps
-- its name when the identity changes.

local identity, name = string.match(redis.call('GET', KEYS[1]) or ' ', '^(%S*) (%S*)$')
local pulse = tonumber(redis.call('GET', KEYS[2])) or 0
if identity ~= ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. (name ~= '' and name or ARGV[2]))
end
-- A call that was given up may arrive after later ones, and must not look as if those had been lost.
redis.call('SET', KEYS[2], math.max(pulse, tonumber(ARGV[3])), 'PX', ARGV[4])
return { identity, name, pulse }
