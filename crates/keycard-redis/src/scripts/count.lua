-- KEYS: index. ARGV: base, now.

local index, base, now = KEYS[1], ARGV[1], tonumber(ARGV[2])

local live, counted = 0, {}
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local selector = selector_of(member)
  if not counted[selector] and judge(head_of(session_key(base, selector)), now) == 'live' then
    counted[selector] = true
    live = live + 1
  end
end
return live
