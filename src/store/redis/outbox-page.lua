-- Lists rows of one state, oldest first.
-- KEYS  see outbox.lua
-- ARGV  1 pending or undeliverable, 2 the time from which on, or -inf, 3 how many from there to pass over, 4 how many at most
-- Reply {their times, their rows as JSON}; of a row that is gone, its JSON is nil

local index = ARGV[1] == 'pending' and PENDING or UNDELIVERABLE
local found = call('ZRANGEBYSCORE', index, ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', ARGV[3], ARGV[4])
local ids, times = {}, {}
for at = 1, #found, 2 do
  ids[#ids + 1] = found[at]
  times[#times + 1] = found[at + 1]
end
return { times, #ids > 0 and call('HMGET', ROWS, unpack(ids)) or {} }
