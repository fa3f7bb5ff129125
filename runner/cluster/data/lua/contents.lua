-- A small value as it is, to say what differs. ARGV[4]: the key, armored. Reply: its type (`none`: there is no such
-- key), its contents, and when its fields expire.
local key = bytesOf(ARGV[4])
local kind = kindOf(key)
if kind == 'none' then return { kind, {}, {} } end
local contents = contentsOf(key, kind)
return { kind, armoredAll(contents), armoredAll(kind == 'hash' and fieldExpiries(key, everySecond(contents)) or {}) }
