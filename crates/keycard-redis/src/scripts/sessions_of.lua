-- KEYS: index. ARGV: base, now. Answers selector, record, selector, record…

local index, base, now = KEYS[1], ARGV[1], tonumber(ARGV[2])

include 'record'
include 'members'

local found = {}
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local selector = selector_of(member)
  local record = redis.call('GET', session_key(base, selector)) or ''
  local worth, _, is_pending = judge(record, now)
  if worth == 'live' and not is_pending then
    found[#found + 1] = selector
    found[#found + 1] = record
  elseif record == '' or worth == 'ended' then
    redis.call('ZREM', index, member)
  end
end
return found
