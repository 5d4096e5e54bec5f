-- Room for one more entry in an index.

local function make_room(index, base, now)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('(%.0f', now - INDEX_SLACK))
  if redis.call('ZCARD', index) < LIMIT then
    return
  end
  local live = {}
  for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if judge(head_of(session_key(base, selector_of(member))), now) == 'live' then
      live[#live + 1] = member
    else
      retire(index, member, base, now)
    end
  end
  for nearest = 1, #live - LIMIT + 1 do
    retire(index, live[nearest], base, now)
  end
end
