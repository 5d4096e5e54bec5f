-- KEYS: index. ARGV: base, now.

local index, base, now = KEYS[1], ARGV[1], tonumber(ARGV[2])

include 'record'
include 'members'

local counted = 0
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local worth, _, is_pending = judge(head_of(session_key(base, selector_of(member))), now)
  if worth == 'live' and not is_pending then
    counted = counted + 1
  end
end
return counted
