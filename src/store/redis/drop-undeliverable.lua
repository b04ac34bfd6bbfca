-- Removes undeliverable rows for good.
-- KEYS  see outbox.lua
-- ARGV  1 and following: ids of rows
-- Reply how many of them were undeliverable

local count = 0
for _, id in ipairs(ARGV) do
  if call('ZREM', UNDELIVERABLE, id) == 1 then
    call('HDEL', ROWS, id)
    count = count + 1
  end
end
return count
