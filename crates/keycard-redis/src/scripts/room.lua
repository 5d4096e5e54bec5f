-- Ends the displaced, and whoever leaves a full index, who is one of them then.
include 'members'
include 'retire'

displaced = displaced or {}
if may_have_moved then
  -- A session stands in its index once; this write may have given it another device.
  for _, other in ipairs(redis.call('ZRANGE', index, '0', '-1')) do
    if other ~= member and selector_of(other) == selector_of(member) then
      redis.call('ZREM', index, other)
    end
  end
end
for _, leaving in ipairs(displaced) do
  retire(index, leaving, base, now, DISPLACED)
end
if is_full and redis.call('ZCARD', index) > MOST then
  local live = {}
  for _, other in ipairs(redis.call('ZRANGE', index, '0', '-1')) do
    if selector_of(other) ~= selector_of(member) then
      if judge(head_of(session_key(base, selector_of(other))), now) == 'live' then
        live[#live + 1] = other
      else
        retire(index, other, base, now, DISPLACED)
      end
    end
  end
  for nearest = 1, #live + 1 - MOST do
    retire(index, live[nearest], base, now, DISPLACED)
    displaced[#displaced + 1] = live[nearest]
  end
end
if #displaced > 0 then
  answer = {}
  for at, left in ipairs(displaced) do
    answer[at] = selector_of(left)
  end
end
