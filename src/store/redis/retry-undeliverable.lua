-- Makes undeliverable rows pending again, in front of what waits in their conversations.
-- KEYS  see outbox.lua
-- ARGV  1 JSON array of rows as putIntoConversation takes them, in their order
-- Reply how many of them were undeliverable

local rows, count = cjson.decode(ARGV[1]), 0
-- From the last one on, since each goes in front of the others.
for at = #rows, 1, -1 do
  local row = rows[at]
  if call('ZREM', UNDELIVERABLE, row[1]) == 1 then
    call('HSET', ROWS, row[1], row[4])
    putIntoConversation(row, true)
    count = count + 1
  end
end
return count
