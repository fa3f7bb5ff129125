-- A large value in ranges, one after the other. ARGV[4]: `digest` or `read`. ARGV[5]: the key, armored. ARGV[6]: what
-- of it: `string`, `list`, `zset`, `entries` of a stream, or `pending` and the group, armored. ARGV[7]: where to begin.
-- ARGV[8]: bytes or elements of a range. Reply: where to go on (empty: that was all), then for each range where it
-- begins and its digest; with `read`, the one range.

local key, part, from, count = bytesOf(ARGV[5]), ARGV[6], ARGV[7], tonumber(ARGV[8])

local function readByIndex(command, ...)
  local first = tonumber(from)
  local range = call(command, key, first, first + count - 1, ...)
  local length = type(range) == 'string' and #range or #range / (... and 2 or 1)
  return range, length == count and format('%d', first + count) or ''
end

-- A range of ids begins with the one that was the last of the range before it, which is left out.
local function countById() return from == '-' and count or count + 1 end

local function readById(entries)
  if from ~= '-' then table.remove(entries, 1) end
  local last = entries[count]
  return entries, last and last[1] or ''
end

local function readRange()
  if part == 'string' then return readByIndex('GETRANGE') end
  if part == 'list' then return readByIndex('LRANGE') end
  if part == 'zset' then return readByIndex('ZRANGE', 'WITHSCORES') end
  if part == 'entries' then return readById(call('XRANGE', key, from, '+', 'COUNT', countById())) end
  return readById(pendingOf(key, bytesOf(string.match(part, '^pending:(.*)$')), from, countById()))
end

if ARGV[4] == 'read' then
  local range, after = readRange()
  return { after, armoredAll(range) }
end

local reply = { '' }
repeat
  local range, after = readRange()
  reply[#reply + 1] = from
  reply[#reply + 1] = sha1hex(pack(range))
  from = after
until from == '' or isOver()
reply[1] = from
return reply
