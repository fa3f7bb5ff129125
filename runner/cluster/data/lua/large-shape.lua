-- How a large value is to be read. ARGV[4]: the key, armored. Reply: its type, its length, its size in bytes, and of a
-- stream its own state and the names and states of its groups.
local key = bytesOf(ARGV[4])
local kind = kindOf(key)
local LENGTHS = { string = 'STRLEN', list = 'LLEN', set = 'SCARD', hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN' }
local length = LENGTHS[kind] and call(LENGTHS[kind], key) or 0
local isStream = kind == 'stream'
return {
  kind,
  length,
  call('MEMORY', 'USAGE', key) or 0,
  isStream and armoredAll(streamState(key)) or {},
  isStream and armoredAll(streamGroups(key)) or {},
}
