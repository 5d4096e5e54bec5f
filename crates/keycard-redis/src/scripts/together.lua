-- While a slot is on its way to another node, its keys may be apart. Before anything is written it is an error if the set and
-- the counters, which are at the place that ends ARGV, are not here.
if IN_CLUSTER and STATISTICS then
  local place = string.match(KEYS[1], '^[^{]*') .. '{' .. string.sub(ARGV[#ARGV], STORE_KEY_LEN + 1) .. '}'
  redis.call('EXISTS', place .. 'a', place .. 'c')
end
