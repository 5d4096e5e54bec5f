-- KEYS: tokens that are blocked. ARGV: for each until when as 8 bytes, and for how many ms.

for at, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[2 * at - 1], 'PX', ARGV[2 * at])
end
return APPLIED
