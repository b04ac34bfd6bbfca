-- Takes over entries that were handed out long ago and not acknowledged: their reader is dead, or does not get on.
-- KEYS  1 stream
-- ARGV  1 group, 2 consumer, 3 the most entries, 4 bytes after which no more are taken, 5 the most bytes of an entry,
--       6 bytes of the beginning of a longer one, 7 milliseconds for which they must have been left alone
-- Reply 1 0, 2 how many were deleted from the stream in the meantime, 3 the entries

local key, name = KEYS[1], ARGV[1]
local gone = 0
if not groupOf(key, name) then
  return { 0, 0, entries }
end
for _, pending in ipairs(redis.call('XPENDING', key, name, 'IDLE', ARGV[7], '-', '+', ARGV[3])) do
  if bytes >= tonumber(ARGV[4]) then
    break
  end
  local id, deliveries = pending[1], pending[4]
  local entry = redis.call('XCLAIM', key, name, ARGV[2], ARGV[7], id)[1]
  -- Redis before 7 gives nil for one that was deleted, and keeps it pending.
  if entry and entry[2] then
    add(entry, deliveries + 1, tonumber(ARGV[5]), tonumber(ARGV[6]))
  else
    redis.call('XACK', key, name, id)
    gone = gone + 1
  end
end
return { 0, gone, entries }
