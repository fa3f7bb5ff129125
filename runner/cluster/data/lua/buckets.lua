-- What has no order, in buckets that do not depend on it: the members of a large set, the fields of a large hash, or
-- the keys of slots with so many that they cannot be listed at once. ARGV[4]: `digest` or `read`. ARGV[5]: `set`,
-- `hash` or `keys`. ARGV[6]: the key, armored; of `keys`, the slots: `t,5,77,`. ARGV[7]: the cursor. ARGV[8]: elements
-- of one step. ARGV[9]: with `read`, the buckets that are wanted: `,5,77,`. Reply: the next cursor (0: that was all),
-- then for each bucket that was met `bucket:elements:sum:sum:sum:sum` (the last two of when fields expire; sums of a
-- part of a digest of each), and `large:key` for a key whose value was left out; with `read`, each element's name, the
-- digest and the beginning of its value, and when it expires. An element may come twice while the server moves its
-- tables.

local what, key, cursor, count, wanted = ARGV[5], bytesOf(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]
local isRead = ARGV[4] == 'read'
local BUCKETS = 1024
local SHOWN = 200

local reply = { '0' }
local buckets = {}

local function number(digest, first) return tonumber(string.sub(digest, first, first + 7), 16) end

local function add(name, value, expiry)
  local bucket = number(sha1hex(name), 1) % BUCKETS
  if isRead then
    if not find(wanted, ',' .. bucket .. ',', 1, true) then return end
    for _, part in ipairs({ armored(name), sha1hex(value), armored(string.sub(value, 1, SHOWN)), tostring(expiry) }) do
      reply[#reply + 1] = part
    end
    return
  end
  local sums = buckets[bucket]
  if not sums then
    sums = { 0, 0, 0, 0, 0 }
    buckets[bucket] = sums
  end
  local digest = sha1hex(pack(name, value))
  sums[1] = sums[1] + 1
  sums[2] = sums[2] + number(digest, 1)
  sums[3] = sums[3] + number(digest, 9)
  if expiry >= 0 then
    local expires = sha1hex(pack(name, expiry))
    sums[4] = sums[4] + number(expires, 1)
    sums[5] = sums[5] + number(expires, 9)
  end
end

local function addKey(name)
  if not find(key, ',' .. call('CLUSTER', 'KEYSLOT', name) .. ',', 1, true) then return end
  local kind, expiry = kindOf(name), expiryOf(name)
  if kind == 'none' or expiry == -2 then return end
  local isLeftOut = isLarge(name)
  if isLeftOut and not isRead then reply[#reply + 1] = 'large:' .. armored(name) end
  add(name, isLeftOut and 'large' or pack(kind, contentsOf(name, kind)), expiry)
end

local function addFields(flat)
  local fields = everySecond(flat)
  local expiries = {}
  local known = fieldExpiries(key, fields)
  for i = 1, #known, 2 do expiries[known[i]] = known[i + 1] end
  for i = 1, #flat, 2 do add(flat[i], flat[i + 1], expiries[flat[i]] or -1) end
end

repeat
  local scanned
  if what == 'keys' then scanned = call('SCAN', cursor, 'COUNT', count) end
  if what == 'set' then scanned = call('SSCAN', key, cursor, 'COUNT', count) end
  if what == 'hash' then scanned = call('HSCAN', key, cursor, 'COUNT', count) end
  cursor = scanned[1]
  if what == 'hash' then
    addFields(scanned[2])
  else
    for _, name in ipairs(scanned[2]) do
      if what == 'keys' then addKey(name) else add(name, '', -1) end
    end
  end
until cursor == '0' or isOver()

reply[1] = cursor
for bucket, sums in pairs(buckets) do
  reply[#reply + 1] = format('%d:%d:%d:%d:%d:%d', bucket, unpack(sums))
end
return reply
