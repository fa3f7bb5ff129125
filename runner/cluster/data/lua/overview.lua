-- How many keys each slot has: `slot:keys`, for slots that have any. ARGV[4]: the slots that may have some, `5-9,77`;
-- others are asked about only if the server holds more keys than these have. `hidden:keys` at the end, for those that
-- the server counts and lists nowhere.

local counts, left = {}, call('DBSIZE')

local function add(slot)
  local count = call('CLUSTER', 'COUNTKEYSINSLOT', slot)
  if count == 0 then return end
  counts[#counts + 1] = slot .. ':' .. count
  left = left - count
end

local asked = {}
for _, slot in ipairs(numbersOf(ARGV[4])) do
  if left == 0 then break end
  add(slot)
  asked[slot] = true
end
for slot = 0, 16383 do
  if left == 0 then break end
  if not asked[slot] then add(slot) end
end
if left > 0 then counts[#counts + 1] = 'hidden:' .. left end
return concat(counts, ' ')
