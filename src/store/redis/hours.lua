-- Sets the cells of hours of a series, whole and at both levels. Safe to repeat: the same again changes nothing.
-- KEYS  1-14 see counting.lua
-- ARGV  1 now, 2 fingerprint, then for each hour 3: its number, its packed minute block, its packed hour cell
-- Reply how many hours changed

local now, fingerprint = tonumber(ARGV[1]), ARGV[2]

-- A block may end before its last cells, which are zero then.
local function filled(text, length)
  return text .. string.rep('\0', length - #text)
end

local function setMinutes(hour, packed)
  local key, life = minuteBlock(fingerprint, hour), minuteLife(hour, now)
  if life <= 0 or filled(call('GET', key) or '', #packed) == packed then
    return false
  end
  call('SET', key, packed, 'PX', life)
  return true
end

local function setHour(hour, packed)
  local key, life = hourBlock(fingerprint, hour), hourLife(hour, now)
  local at = hour % limits.hoursPerBlock * limits.cellBytes
  if life <= 0 or filled(call('GETRANGE', key, at, at + limits.cellBytes - 1), limits.cellBytes) == packed then
    return false
  end
  call('SETRANGE', key, at, packed)
  call('PEXPIRE', key, life)
  return true
end

local changed = {}
for i = 3, #ARGV, 3 do
  local hour = tonumber(ARGV[i])
  local minutesChanged = setMinutes(hour, ARGV[i + 1])
  if setHour(hour, ARGV[i + 2]) or minutesChanged then
    changed[#changed + 1] = fingerprint .. ':' .. hour
  end
end
noteChanges(changed, now)
return #changed
