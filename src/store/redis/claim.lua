-- Takes conversations that are due: those with something urgent first, then those that are due longest.
-- KEYS  see outbox.lua
-- ARGV  1 owner, 2 now, 3 milliseconds a claim lasts, 4 how many at most, 5 the beginning of their tokens,
--       6 and following: targets to pass over
-- Reply nil when the owner does not lead, else for each claim {token, conversation, '1' when the claim before it was
-- never settled, its rows as JSON ...}

if call('GET', LEADER) ~= ARGV[1] then
  return false
end
local now, limit = tonumber(ARGV[2]), tonumber(ARGV[4])
local busy = {}
for i = 6, #ARGV do
  busy[ARGV[i]] = true
end

local chosen, others, offset = {}, {}, 0
repeat
  local due = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', offset, 100)
  for _, conversation in ipairs(due) do
    if not busy[cjson.decode(conversation)[2]] then
      local list = call('HEXISTS', URGENT, conversation) == 1 and chosen or others
      if #list < limit then
        list[#list + 1] = conversation
      end
    end
  end
  offset = offset + #due
until #due < 100 or #chosen >= limit
for i = 1, math.min(#others, limit - #chosen) do
  chosen[#chosen + 1] = others[i]
end

local claims = {}
for i, conversation in ipairs(chosen) do
  local token = ARGV[5] .. ':' .. i
  local unsettled = call('HEXISTS', CLAIMS, conversation) == 1 and '1' or '0'
  call('HSET', CLAIMS, conversation, token)
  call('ZADD', DUE, now + tonumber(ARGV[3]), conversation)
  claims[i] = { token, conversation, unsettled, unpack(call('HMGET', ROWS, unpack(rowsOf(conversation)))) }
end
return claims
