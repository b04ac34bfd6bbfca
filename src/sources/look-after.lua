-- Says how a group is, and removes consumers that are no more. One that has entries pending stays until they are taken
-- over, since they would go with it.
-- KEYS  1 stream
-- ARGV  1 group, 2 the consumer that asks, 3 milliseconds after which one that was not heard of is no more,
--       4 1 when the one that asks is leaving
-- Reply 1 entries pending, 2 entries not read or -1 when that is not known, 3 consumers removed

local key, name = KEYS[1], ARGV[1]
local group = groupOf(key, name)
if not group then
  return { 0, -1, 0 }
end
local removed = 0
for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', key, name)) do
  local consumer = {}
  for at = 1, #fields, 2 do
    consumer[fields[at]] = fields[at + 1]
  end
  local isOver = consumer.idle >= tonumber(ARGV[3])
  if consumer.name == ARGV[2] then
    isOver = ARGV[4] == '1'
  end
  if isOver and consumer.pending == 0 then
    redis.call('XGROUP', 'DELCONSUMER', key, name, consumer.name)
    removed = removed + 1
  end
end
return { group.pending, group.lag or -1, removed }
