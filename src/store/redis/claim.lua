-- Takes conversations that are due, up to a limit of each target: those with something urgent first, then those that are due
-- longest.
-- KEYS  see outbox.lua
-- ARGV  1 owner, 2 now, 3 milliseconds a claim lasts, 4 how many of each target at most, 5 the beginning of their tokens,
--       6 JSON {only: a target or null, busy: [targets to pass over], urgentOnly: [targets of which only urgent ones are taken]}
-- Reply nil when the owner does not lead, else for each claim {token, conversation, '1' when the claim before it was
-- never settled, its rows as JSON ...}

if call('GET', LEADER) ~= ARGV[1] then
  return false
end
local now, limit, where = tonumber(ARGV[2]), tonumber(ARGV[4]), cjson.decode(ARGV[6])

local function setOf(list)
  local set = {}
  for _, item in ipairs(list) do
    set[item] = true
  end
  return set
end
local busy, urgentOnly = setOf(where.busy), setOf(where.urgentOnly)

-- Adds {when it is due, conversation} of up to so many that are due, and gives how many more there may be.
local function take(into, key, most)
  local due = most > 0 and call('ZRANGEBYSCORE', key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most) or {}
  for i = 1, #due, 2 do
    into[#into + 1] = { tonumber(due[i + 1]), due[i] }
  end
  return most - #due / 2
end

local urgent, others = {}, {}
for _, target in ipairs(where.only ~= cjson.null and { where.only } or call('ZRANGE', TARGETS, 0, -1)) do
  if not busy[target] then
    local left = take(urgent, URGENT_DUE .. target, limit)
    if not urgentOnly[target] then
      take(others, DUE .. target, left)
    end
  end
end

local function longestFirst(one, other)
  if one[1] ~= other[1] then
    return one[1] < other[1]
  end
  return one[2] < other[2]
end
table.sort(urgent, longestFirst)
table.sort(others, longestFirst)

local claims = {}
for _, list in ipairs({ urgent, others }) do
  for _, due in ipairs(list) do
    local conversation = due[2]
    local token = ARGV[5] .. ':' .. #claims + 1
    local unsettled = call('HEXISTS', CLAIMS, conversation) == 1 and '1' or '0'
    call('HSET', CLAIMS, conversation, token)
    setDue(conversation, now + tonumber(ARGV[3]))
    local claim = { token, conversation, unsettled }
    local ids = rowsOf(conversation)
    -- Lua has room for about 8,000 values in one call.
    for from = 1, #ids, 1000 do
      for _, row in ipairs(call('HMGET', ROWS, unpack(ids, from, math.min(from + 999, #ids)))) do
        claim[#claim + 1] = row
      end
    end
    claims[#claims + 1] = claim
  end
end
return claims
