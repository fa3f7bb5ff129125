-- Digests of whole slots. ARGV[4]: the first key to digest in the first slot, from 0. ARGV[5]: the slots, `5-9,77`.
-- Reply: how many of the slots are done, the first key to digest of the next one, then `slot:digest` for each group of
-- keys of a slot, and `slot:large:key` for each value that was left out.

local GROUP = 256

local reply = { 0, 0 }

local function add(slot, text) reply[#reply + 1] = slot .. ':' .. text end

local function leaveOut(slot, key)
  add(slot, 'large:' .. armored(key))
  return 'large'
end

-- What the server still holds of a key that has expired is nothing.
local function aliveOf(keys)
  if not (flags.e or flags.t) then return keys, {} end
  local alive, expiries = {}, {}
  for _, key in ipairs(keys) do
    local expiry = expiryOf(key)
    if expiry ~= -2 and expiry ~= 0 then
      alive[#alive + 1] = key
      expiries[#expiries + 1] = expiry
    end
  end
  return alive, expiries
end

-- One reply for many keys is what makes this fast. `false` for what is no string.
local function stringsOf(slot, keys)
  if not flags.m then return call('MGET', unpack(keys)) end
  local values, small, places = {}, {}, {}
  for place, key in ipairs(keys) do
    if isLarge(key) then
      values[place] = leaveOut(slot, key)
    else
      small[#small + 1] = key
      places[#small] = place
    end
  end
  if #small == 0 then return values end
  local found = call('MGET', unpack(small))
  for i = 1, #small do values[places[i]] = found[i] end
  return values
end

-- A compact value is small, and its dump is the same on all servers but for an order in which it was made otherwise:
-- what differs here is looked at again.
local COMPACT = { ziplist = true, listpack = true, listpackex = true, intset = true }

local function otherValue(slot, key)
  local encoding = call('OBJECT', 'ENCODING', key)
  if not encoding then return false end
  if COMPACT[encoding] then return string.sub(call('DUMP', key), 1, -11) end
  if not flags.m and isLarge(key) then return leaveOut(slot, key) end
  local kind = kindOf(key)
  local contents = contentsOf(key, kind)
  return { kind, contents, kind == 'hash' and fieldExpiries(key, everySecond(contents)) or nil }
end

local function addDigest(slot, group)
  local keys, expiries = aliveOf(group)
  if #keys == 0 then return end
  local values = stringsOf(slot, keys)
  for i = 1, #keys do
    if not values[i] then values[i] = otherValue(slot, keys[i]) end
  end
  add(slot, sha1hex(pack(keys, expiries, values)))
end

local done = tonumber(ARGV[4])
for _, slot in ipairs(numbersOf(ARGV[5])) do
  local keys = call('CLUSTER', 'GETKEYSINSLOT', slot, 2147483647)
  sort(keys)
  while done < #keys do
    addDigest(slot, { unpack(keys, done + 1, math.min(done + GROUP, #keys)) })
    done = done + GROUP
    if done < #keys and isOver() then
      reply[2] = done
      return reply
    end
  end
  done = 0
  reply[1] = reply[1] + 1
  if isOver() then return reply end
end
return reply
