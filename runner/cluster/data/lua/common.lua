-- What all scripts begin with. They only read. ARGV[1]: the database. ARGV[2]: flags, one letter each:
--   e  when a key expires is told to the millisecond (PEXPIRETIME)
--   t  whether a key expires at all is told (PTTL: the server has no PEXPIRETIME)
--   f  when the fields of a hash expire is told (HPEXPIRETIME)
--   c  streams count what was added (entries-added)
--   m  the data may hold a huge value: each is measured before it is read
-- ARGV[3]: how long this call may go on, in ms. One step always is done, so that each call gets on.
-- Whatever may hold any byte is written as `t` and the text, or as `x` and its bytes in hex.

local call, sha1hex, pack = redis.call, redis.sha1hex, cmsgpack.pack
local concat, sort, format, find = table.concat, table.sort, string.format, string.find

if ARGV[1] ~= '0' then call('SELECT', ARGV[1]) end

local flags = {}
for letter in string.gmatch(ARGV[2], '.') do flags[letter] = true end

-- A value of more bytes than this is not read at once. As the server estimates it (MEMORY USAGE).
local LARGE = 262144

-- From Redis 7.2 on TIME stands still inside a script; before, there is no os.clock.
local hasClock = pcall(function() return os.clock() end)
local function nowMs()
  if hasClock then return os.clock() * 1000 end
  local time = call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
local endMs = nowMs() + ARGV[3]
local function isOver() return nowMs() >= endMs end

local function armored(bytes)
  if not find(bytes, '[^\32-\126]') then return 't' .. bytes end
  return 'x' .. (string.gsub(bytes, '.', function(char) return format('%02x', string.byte(char)) end))
end

-- Of a table, all that is in it.
local function armoredAll(value)
  if type(value) ~= 'table' then return armored(tostring(value)) end
  local all = {}
  for i, one in ipairs(value) do all[i] = armoredAll(one) end
  return all
end

local function bytesOf(text)
  if string.sub(text, 1, 1) == 't' then return string.sub(text, 2) end
  return (string.gsub(string.sub(text, 2), '..', function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The numbers of `5-9,77`.
local function numbersOf(text)
  local numbers = {}
  for first, last in string.gmatch(text, '(%d+)-?(%d*)') do
    for number = tonumber(first), tonumber(last) or tonumber(first) do numbers[#numbers + 1] = number end
  end
  return numbers
end

-- Milliseconds since 1970; -1: it does not expire; -2: there is no such key, or it has expired. With PTTL only, 1: it
-- expires; 0: it has expired, but is not yet removed.
local function expiryOf(key)
  if flags.e then return call('PEXPIRETIME', key) end
  if not flags.t then return -1 end
  return math.min(call('PTTL', key), 1)
end

local function kindOf(key) return call('TYPE', key).ok end

local function isLarge(key) return (call('MEMORY', 'USAGE', key) or 0) > LARGE end

-- The fields of `field, value, field, value…`.
local function everySecond(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[#fields + 1] = flat[i] end
  return fields
end

local function byField(flat)
  local fields, values, ordered = everySecond(flat), {}, {}
  for i = 1, #flat, 2 do values[flat[i]] = flat[i + 1] end
  sort(fields)
  for i, field in ipairs(fields) do
    ordered[2 * i - 1] = field
    ordered[2 * i] = values[field]
  end
  return ordered
end

-- The first 16 bytes of a HyperLogLog hold a cached count, which each server brings up to date when it is asked.
local function withoutCache(text)
  if not text then return '' end
  if string.sub(text, 1, 4) ~= 'HYLL' or #text < 16 then return text end
  return string.sub(text, 1, 8) .. string.sub(text, 17)
end

-- `name, value, name, value…` of XINFO.
local function pick(info, ...)
  local found = {}
  for i = 1, #info, 2 do found[info[i]] = info[i + 1] end
  local picked = {}
  for _, name in ipairs({ ... }) do picked[#picked + 1] = tostring(found[name]) end
  return picked
end

-- Not how long ago each was delivered: that grows with every look.
local function pendingOf(key, group, from, count)
  local pending = {}
  for _, one in ipairs(call('XPENDING', key, group, from, '+', count)) do
    pending[#pending + 1] = { one[1], one[2], one[4] }
  end
  return pending
end

local function streamState(key)
  local info = call('XINFO', 'STREAM', key)
  if flags.c then return pick(info, 'last-generated-id', 'entries-added', 'max-deleted-entry-id') end
  return pick(info, 'last-generated-id')
end

-- Not how many entries each has read: Redis 7.0 does not tell its replicas after XREADGROUP.
local function streamGroups(key)
  local groups = {}
  for _, info in ipairs(call('XINFO', 'GROUPS', key)) do
    groups[#groups + 1] = pick(info, 'name', 'last-delivered-id')
  end
  sort(groups, function(a, b) return a[1] < b[1] end)
  return groups
end

-- All of a value, in an order that does not depend on how a server keeps it.
local function contentsOf(key, kind)
  if kind == 'string' then return { withoutCache(call('GET', key)) } end
  if kind == 'list' then return call('LRANGE', key, 0, -1) end
  if kind == 'zset' then return call('ZRANGE', key, 0, -1, 'WITHSCORES') end
  if kind == 'set' then
    local members = call('SMEMBERS', key)
    sort(members)
    return members
  end
  if kind == 'hash' then return byField(call('HGETALL', key)) end
  if kind == 'stream' then
    local groups, pending = streamGroups(key), {}
    for _, group in ipairs(groups) do pending[#pending + 1] = pendingOf(key, group[1], '-', 1000000) end
    return { streamState(key), groups, pending, call('XRANGE', key, '-', '+') }
  end
  -- A type of a module: all but the version and the checksum at the end of its dump.
  return { string.sub(call('DUMP', key), 1, -11) }
end

-- `field, when, field, when…` for those of the fields that expire, in ms since 1970.
local function fieldExpiries(key, fields)
  local expiries = {}
  if not flags.f then return expiries end
  for first = 1, #fields, 1000 do
    local part = { unpack(fields, first, math.min(first + 999, #fields)) }
    for i, at in ipairs(call('HPEXPIRETIME', key, 'FIELDS', #part, unpack(part))) do
      if at >= 0 then
        expiries[#expiries + 1] = part[i]
        expiries[#expiries + 1] = at
      end
    end
  end
  return expiries
end
