-- Lists incidents with what happened to them.
-- KEYS  1 incidents, 2 the beginning of the keys of their events
-- ARGV  1 and 2 opened from and up to, 3 how many at most, 4 and 5 if the list goes on: when the incident opened after which it
--       does, and its id
-- Reply for each {id, {number, JSON ...}, when it opened}, latest first

local call = redis.call
local from, to, limit = ARGV[1], '(' .. ARGV[2], tonumber(ARGV[3])
local openedAt, before = ARGV[4], ARGV[5]
local found = {}
-- Of one moment they are in the order of their ids, backwards.
if before then
  for _, id in ipairs(call('ZRANGE', KEYS[1], openedAt, openedAt, 'BYSCORE', 'REV')) do
    if id < before and #found < limit then
      found[#found + 1] = { id, openedAt }
    end
  end
  to = '(' .. openedAt
end
if #found < limit then
  local rest = call('ZRANGE', KEYS[1], to, from, 'BYSCORE', 'REV', 'LIMIT', 0, limit - #found, 'WITHSCORES')
  for at = 1, #rest, 2 do
    found[#found + 1] = { rest[at], rest[at + 1] }
  end
end
for i, each in ipairs(found) do
  found[i] = { each[1], call('HGETALL', KEYS[2] .. each[1]), each[2] }
end
return found
