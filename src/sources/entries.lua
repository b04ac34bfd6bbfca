-- Entries as every script gives them: id, how often it was handed out, bytes of its fields and values, how many fields, and
-- then these as they alternate with their values, or only the beginning of the first when there are more than an entry may have.

local MOST_FIELDS = 64

local entries = {}
local bytes = 0

local function add(entry, deliveries, longest, beginning)
  local id, fields = entry[1], entry[2]
  local size = 0
  for _, text in ipairs(fields) do
    size = size + #text
  end
  local count = #fields / 2
  if size > longest or count > MOST_FIELDS then
    local start = {}
    for at, text in ipairs(fields) do
      start[at] = string.sub(text, 1, beginning)
      if at == 2 then
        break
      end
    end
    fields = table.concat(start, '=')
    bytes = bytes + #fields
  else
    bytes = bytes + size
  end
  entries[#entries + 1] = { id, deliveries, size, count, fields }
end

-- The group as XINFO tells of it; nil without stream or group.
local function groupOf(key, name)
  if redis.call('EXISTS', key) == 0 then
    return nil
  end
  for _, fields in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local group = {}
    for at = 1, #fields, 2 do
      group[fields[at]] = fields[at + 1]
    end
    if group.name == name then
      return group
    end
  end
  return nil
end
