-- KEYS: the counters, and every set of sessions. ARGV: now. Answers how many sessions are live, then names and counts.

local live = 0
for at = 2, #KEYS do
  live = live + redis.call('ZCOUNT', KEYS[at], '(' .. ARGV[1], '+inf')
end
return { live, unpack(redis.call('HGETALL', KEYS[1])) }
