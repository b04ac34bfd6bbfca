-- Dead letters in the order of their ids.
-- KEYS  1 what is known of each, 2 what each holds, 3 ids in order
-- ARGV  1 the id after which to begin, or '', 2 the most letters, 3 the most bytes of what each holds
-- Reply for each letter: id, what is known of it, the beginning of what it holds

local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local reply = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[3], from, '+', 'BYLEX', 'LIMIT', 0, ARGV[2])) do
  reply[#reply + 1] = id
  reply[#reply + 1] = redis.call('HGET', KEYS[1], id)
  reply[#reply + 1] = string.sub(redis.call('HGET', KEYS[2], id), 1, tonumber(ARGV[3]))
end
return reply
