-- Lists incidents with what happened to them.
-- KEYS  1 incidents, 2 the beginning of the keys of their events
-- ARGV  1 and 2 opened from and up to, 3 an incident after which the list goes on, or '', 4 how many at most
-- Reply for each {id, {number, JSON ...}}, latest first

local call = redis.call
local from, to, before, limit = ARGV[1], '(' .. ARGV[2], ARGV[3], tonumber(ARGV[4])
local found = {}
-- Of one moment they are in the order of their ids, backwards.
if before ~= '' then
  local openedAt = call('ZSCORE', KEYS[1], before)
  if not openedAt then
    return found
  end
  for _, id in ipairs(call('ZRANGE', KEYS[1], openedAt, openedAt, 'BYSCORE', 'REV')) do
    if id < before and #found < limit then
      found[#found + 1] = id
    end
  end
  to = '(' .. openedAt
end
if #found < limit then
  for _, id in ipairs(call('ZRANGE', KEYS[1], to, from, 'BYSCORE', 'REV', 'LIMIT', 0, limit - #found)) do
    found[#found + 1] = id
  end
end
for i, id in ipairs(found) do
  found[i] = { id, call('HGETALL', KEYS[2] .. id) }
end
return found
