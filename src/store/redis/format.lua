-- Notes the format of the store unless that or a newer one is noted.
-- KEYS  1 format
-- ARGV  1 the format
-- Reply the format that is noted now

local noted = tonumber(redis.call('GET', KEYS[1]))
if noted and noted >= tonumber(ARGV[1]) then
  return noted
end
redis.call('SET', KEYS[1], ARGV[1])
return tonumber(ARGV[1])
