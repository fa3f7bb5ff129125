-- The names of the first keys of a slot. ARGV[4]: the slot. ARGV[5]: how many at most.
return armoredAll(call('CLUSTER', 'GETKEYSINSLOT', ARGV[4], ARGV[5]))
