-- KEYS: index. ARGV: base, now.

local index, base, now = KEYS[1], ARGV[1], tonumber(ARGV[2])

local counted = 0
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local head = head_of(session_key(base, selector_of(member)))
  if judge(head, now) == 'live' and not is_pending(head) then
    counted = counted + 1
  end
end
return counted
