-- Put in front of seen.lua and record.lua: the call's first argument, see record.lua.
local batch = cjson.decode(ARGV[1])
local now, buckets = batch.now, batch.buckets
