-- KEYS: mark of a user. ARGV: now and until when the mark counts, as 8 bytes each, and its life in ms. By the clock of
-- another server an earlier mark may be later: then that one stands.

include 'token'
local now_bytes, until_bytes, life = unpack(ARGV)

local mark = redis.call('GET', KEYS[1])
if mark and time_at(mark, 0) > time_at(now_bytes, 0) then
  now_bytes = string.sub(mark, 1, TIME_LEN)
end
redis.call('SET', KEYS[1], now_bytes .. until_bytes, 'PX', life)
return APPLIED
