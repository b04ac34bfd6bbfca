-- Put in front of record.lua: which identities were seen before, each remembered in the time bucket of its arrival:
-- starts in a set, ends in a hash with a receipt of how they were counted.
-- KEYS  the beginnings of the keys of 15 starts, 16 ends, 17 templates of receipts, 18 what version 0.1 saw
-- `buckets` are the numbers of the bucket of now, the next one (of a replica whose clock is ahead), and the two before.
-- A receipt is the name of a template and the moment of the end, then the first start of its subject if that is known:
-- 11, 8 and 8 digits to the base of 36; and, when it is known how many started, `!`, or `?` where the start is as it was
-- recorded and no end told it. A template is [status, failure, slis], see subject.lua.

local STARTS, ENDS, TEMPLATES, FORMER = KEYS[15], KEYS[16], KEYS[17], KEYS[18]
local SEEN_STARTS, SEEN_ENDS = STARTS .. buckets[1], ENDS .. buckets[1]

-- The numbers of the buckets among these that have a key.
local function existing(prefix, from)
  local found = {}
  for i = from, #buckets do
    if call('EXISTS', prefix .. buckets[i]) == 1 then
      found[#found + 1] = buckets[i]
    end
  end
  return found
end

local startBuckets, endBuckets, formerBuckets = existing(STARTS, 2), existing(ENDS, 2), existing(FORMER, 1)
table.insert(endBuckets, 1, buckets[1])

-- Which of a list of identities one of these sets holds, by offset from 0.
local function markMembers(seen, prefix, numbers, list, first, last)
  for _, number in ipairs(numbers) do
    local flags = call('SMISMEMBER', prefix .. number, unpack(list, first, last))
    for i = 1, #flags do
      if flags[i] == 1 then
        seen[i - 1] = true
      end
    end
  end
end

-- Identities as version 0.1 saw them: with a letter in front, and without the mark of some of many.
local function formerNames(letter, first, n, markLength)
  local names = {}
  for offset = 0, n - 1 do
    names[offset + 1] = letter .. string.sub(ARGV[first + offset], 1, -1 - markLength)
  end
  return names
end

-- The offsets of a column of identities that no table has a true value for, each identity once.
local function unseen(seen, first, n)
  local offsets, met = {}, {}
  for offset = 0, n - 1 do
    local identity = ARGV[first + offset]
    if not seen[offset] and not met[identity] then
      met[identity] = true
      offsets[#offsets + 1] = offset
    end
  end
  return offsets
end

-- Remembers a column of starts and returns the offsets, from 0, of those that were new.
local function newStarts(first, n)
  local seen = {}
  markMembers(seen, STARTS, startBuckets, ARGV, first, first + n - 1)
  markMembers(seen, STARTS, { buckets[1] }, ARGV, first, first + n - 1)
  if #formerBuckets > 0 then
    markMembers(seen, FORMER, formerBuckets, formerNames('s', first, n, 0), 1, n)
  end
  local offsets = unseen(seen, first, n)
  if #offsets > 0 then
    local fresh = {}
    for i, offset in ipairs(offsets) do
      fresh[i] = ARGV[first + offset]
    end
    call('SADD', SEEN_STARTS, unpack(fresh))
  end
  return offsets
end

-- What is remembered of a list of ends, by offset from 0: {receipt, number of its bucket}.
local function receiptsOf(list, first, last)
  local found = {}
  for _, number in ipairs(endBuckets) do
    local receipts = call('HMGET', ENDS .. number, unpack(list, first, last))
    for i = 1, last - first + 1 do
      if receipts[i] then
        found[i - 1] = { receipts[i], number }
      end
    end
  end
  return found
end

local templates = {}

-- The template of a receipt; nil when there is none any more.
local function templateOf(receipt, number)
  local name = string.sub(receipt, 1, 11)
  local key = number .. ':' .. name
  if templates[key] == nil then
    local text = call('HGET', TEMPLATES .. number, name)
    templates[key] = text and cjson.decode(text) or false
  end
  return templates[key] or nil
end

-- Stores the template of a group.
local function putTemplate(group)
  if call('HEXISTS', TEMPLATES .. buckets[1], group.template) == 0 then
    local text = cjson.encode({ group.status, group.failure, group.slis })
    call('HSET', TEMPLATES .. buckets[1], group.template, text)
  end
end

local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

-- Numbers below 36 ^ 2 as two digits, and moments without their last four as four. What was worked out is kept, because
-- moments of one call have most of their digits in common.
local pairsOfDigits, leadingDigits = {}, {}

local function pairOf(number)
  local digits = pairsOfDigits[number]
  if not digits then
    local high, low = math.floor(number / 36), number % 36
    digits = string.sub(DIGITS, high + 1, high + 1) .. string.sub(DIGITS, low + 1, low + 1)
    pairsOfDigits[number] = digits
  end
  return digits
end

-- A moment as receipts have it.
local function digitsOf(moment)
  local high, low = math.floor(moment / 1679616), moment % 1679616
  local leading = leadingDigits[high]
  if not leading then
    leading = pairOf(math.floor(high / 1296)) .. pairOf(high % 1296)
    leadingDigits[high] = leading
  end
  return leading .. pairOf(math.floor(low / 1296)) .. pairOf(low % 1296)
end

-- What a receipt says of the start of its subject: when that was, as it was recorded or as an end told it, and how many
-- started. All may be nil.
local function startDigits(recorded, told, count)
  local start = told or recorded
  if not start and not count then
    return ''
  end
  return (start and digitsOf(start) or string.rep(' ', 8)) .. (count and (told and '!' or '?') or '')
end

-- Notes in the receipt of a subject's end what is known of its start.
local function setReceiptStart(subject, recorded, told, count)
  local found = receiptsOf({ subject }, 1, 1)[0]
  if found then
    call('HSET', ENDS .. found[2], subject, string.sub(found[1], 1, 19) .. startDigits(recorded, told, count))
  end
end
