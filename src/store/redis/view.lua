-- Shows what is undelivered, oldest first.
-- KEYS  see outbox.lua
-- ARGV  1 how many of each kind at most
-- Reply {how many are pending, how many undeliverable, pending rows as JSON, undeliverable rows as JSON}

local function oldest(index)
  local ids = call('ZRANGE', index, 0, tonumber(ARGV[1]) - 1)
  return #ids > 0 and call('HMGET', ROWS, unpack(ids)) or {}
end

return { call('ZCARD', PENDING), call('ZCARD', UNDELIVERABLE), oldest(PENDING), oldest(UNDELIVERABLE) }
