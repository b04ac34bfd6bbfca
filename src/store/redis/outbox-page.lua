-- Lists rows of one state, oldest first, and of one moment in the order of their ids.
-- KEYS  see outbox.lua
-- ARGV  1 pending or undeliverable, 2 how many at most, 3 and 4 if the list goes on: when the row was made after which it does,
--       and its id
-- Reply {ids, times, rows as JSON}; of a row that is gone, its JSON is nil

local index = ARGV[1] == 'pending' and PENDING or UNDELIVERABLE
local limit, createdAt, after = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local ids, times = {}, {}
local from = '-inf'
if after then
  for _, id in ipairs(call('ZRANGEBYSCORE', index, createdAt, createdAt)) do
    if id > after and #ids < limit then
      ids[#ids + 1] = id
      times[#times + 1] = createdAt
    end
  end
  from = '(' .. createdAt
end
if #ids < limit then
  local rest = call('ZRANGEBYSCORE', index, from, '+inf', 'WITHSCORES', 'LIMIT', 0, limit - #ids)
  for at = 1, #rest, 2 do
    ids[#ids + 1] = rest[at]
    times[#times + 1] = rest[at + 1]
  end
end
return { ids, times, #ids > 0 and call('HMGET', ROWS, unpack(ids)) or {} }
