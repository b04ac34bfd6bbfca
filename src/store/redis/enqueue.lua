-- Adds rows outside a transition.
-- KEYS  see outbox.lua
-- ARGV  1 JSON array of rows as addRow takes them
-- Reply nil

for _, row in ipairs(cjson.decode(ARGV[1])) do
  addRow(row)
end
