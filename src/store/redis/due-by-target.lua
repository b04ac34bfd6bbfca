-- Format 3: what is due is kept by target. May run again.
-- KEYS  see outbox.lua; 13 what was due, of all targets
-- Reply nil

for _, conversation in ipairs(call('ZRANGE', KEYS[13], 0, -1)) do
  setDue(conversation, call('ZSCORE', KEYS[13], conversation))
end
call('DEL', KEYS[13])
