-- What is known of single keys. ARGV[4]: `slots` or `keys`. ARGV[5]: the first key of the first slot, from 0. ARGV[6…]:
-- the keys, armored, or the slots: `5-9,77`. Reply: the server's clock in ms since 1970, how many of the slots or keys
-- are done, the first key of the next slot, then for each key that is there: its name, its type, a digest of its value
-- (`large` if it was left out), when it expires, and a digest of when its fields do.

local time = call('TIME')
local reply = { format('%d', time[1] * 1000 + time[2] / 1000), 0, 0 }

local function add(key)
  local kind = kindOf(key)
  local expiry = expiryOf(key)
  if kind == 'none' or expiry == -2 then return end
  local digest, fields = 'large', ''
  if not isLarge(key) then
    local contents = contentsOf(key, kind)
    digest = sha1hex(pack(contents))
    if kind == 'hash' and flags.f then
      local expiries = fieldExpiries(key, everySecond(contents))
      if #expiries > 0 then fields = sha1hex(pack(expiries)) end
    end
  end
  for _, part in ipairs({ armored(key), kind, digest, tostring(expiry), fields }) do reply[#reply + 1] = part end
end

if ARGV[4] == 'keys' then
  for i = 6, #ARGV do
    add(bytesOf(ARGV[i]))
    reply[2] = reply[2] + 1
    if isOver() then return reply end
  end
  return reply
end

local done = tonumber(ARGV[5])
for _, slot in ipairs(numbersOf(ARGV[6])) do
  local keys = call('CLUSTER', 'GETKEYSINSLOT', slot, 2147483647)
  sort(keys)
  while done < #keys do
    done = done + 1
    add(keys[done])
    if done < #keys and isOver() then
      reply[3] = done
      return reply
    end
  end
  done = 0
  reply[2] = reply[2] + 1
  if isOver() then return reply end
end
return reply
