-- Hands out entries of a stream that no one has read. A group that is not there is made. Entries that were trimmed or
-- deleted before they were read are counted, which Redis 7 and later lets us know.
-- KEYS  1 stream
-- ARGV  1 group, 2 consumer, 3 the most entries, 4 bytes after which no more are read, 5 the most bytes of an entry,
--       6 bytes of the beginning of a longer one, 7 the id after which a new group begins
-- Reply 1 whether the group was made, 2 how many entries were lost, 3 the entries

local key, name = KEYS[1], ARGV[1]
-- So few at once that what is read beyond the limit stays little.
local AT_ONCE = 4

local function later(one, other)
  local ms, seq = string.match(one, '(%d+)-(%d+)')
  local otherMs, otherSeq = string.match(other, '(%d+)-(%d+)')
  ms, otherMs = tonumber(ms), tonumber(otherMs)
  if ms ~= otherMs then
    return ms > otherMs
  end
  return tonumber(seq) > tonumber(otherSeq)
end

local made = 0
local group = groupOf(key, name)
if not group then
  redis.call('XGROUP', 'CREATE', key, name, ARGV[7], 'MKSTREAM')
  made = 1
  group = groupOf(key, name)
end

local most = tonumber(ARGV[3])
while #entries < most and bytes < tonumber(ARGV[4]) do
  local count = math.min(AT_ONCE, most - #entries)
  local reply = redis.call('XREADGROUP', 'GROUP', name, ARGV[2], 'COUNT', count, 'STREAMS', key, '>')
  local found = reply and reply[1] and reply[1][2] or {}
  for _, entry in ipairs(found) do
    add(entry, 1, tonumber(ARGV[5]), tonumber(ARGV[6]))
  end
  if #found < count then
    break
  end
end

local lost = 0
local before = group['entries-read']
if before and (#entries > 0 or group.lag ~= 0) then
  local stream = {}
  local fields = redis.call('XINFO', 'STREAM', key)
  for at = 1, #fields, 2 do
    stream[fields[at]] = fields[at + 1]
  end
  local first = stream['first-entry'] and stream['first-entry'][1]
  -- Behind the first entry nothing can have been trimmed.
  if not first or later(first, group['last-delivered-id']) then
    lost = math.max(0, stream['entries-added'] - before - stream.length)
  end
  if lost > 0 then
    -- So that they are counted once, and no longer as entries still to be read.
    local last = #entries > 0 and entries[#entries][1] or group['last-delivered-id']
    local read = stream['entries-added'] - stream.length + #entries
    redis.call('XGROUP', 'SETID', key, name, last, 'ENTRIESREAD', read)
  end
end
return { made, lost, entries }
