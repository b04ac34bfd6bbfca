-- Put in front of record.lua: which identities were seen before. They are remembered in a set for each time
-- bucket of their arrival.
-- KEYS  12 the bucket of now, 13 the next one (of a replica whose clock is ahead), 14 and 15 the two before
-- An identity is 's' or 'e', for a start or an end, and a subject.

local SEEN = KEYS[12]

local others = {}
for i = 13, 15 do
  if call('EXISTS', KEYS[i]) == 1 then
    others[#others + 1] = KEYS[i]
  end
end
local live = { SEEN, unpack(others) }

-- Which of the identities list[first] to list[last] one of these buckets holds, by offset from 0.
local function seenIn(buckets, list, first, last)
  local seen = {}
  for _, bucket in ipairs(buckets) do
    local flags = call('SMISMEMBER', bucket, unpack(list, first, last))
    for i = 1, #flags do
      if flags[i] == 1 then
        seen[i - 1] = true
      end
    end
  end
  return seen
end

-- Remembers a column of identities and returns how many were new.
local function countNew(first, n)
  local seen = seenIn(others, ARGV, first, first + n - 1)
  if not next(seen) then
    return call('SADD', SEEN, unpack(ARGV, first, first + n - 1))
  end
  local fresh = {}
  for offset = 0, n - 1 do
    if not seen[offset] then
      fresh[#fresh + 1] = ARGV[first + offset]
    end
  end
  return #fresh > 0 and call('SADD', SEEN, unpack(fresh)) or 0
end

local function withoutRepeats(offsets, first)
  local kept, met = {}, {}
  for _, offset in ipairs(offsets) do
    local identity = ARGV[first + offset]
    if not met[identity] then
      met[identity] = true
      kept[#kept + 1] = offset
    end
  end
  return kept
end

-- Remembers a column of identities and returns the offsets, from 0, of those that were new.
local function newOnes(first, n)
  local seen = seenIn(live, ARGV, first, first + n - 1)
  local offsets, fresh = {}, {}
  for offset = 0, n - 1 do
    if not seen[offset] then
      offsets[#offsets + 1] = offset
      fresh[#fresh + 1] = ARGV[first + offset]
    end
  end
  if #fresh > 0 and call('SADD', SEEN, unpack(fresh)) < #fresh then
    return withoutRepeats(offsets, first)
  end
  return offsets
end
