-- KEYS: index. ARGV: base, now, selector to keep or ''. Answers the selectors of the sessions that were live.

local index, base, now, keep = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]

local ended = {}
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local selector = selector_of(member)
  if selector ~= keep and retire(index, member, base, now) == 'live' then
    ended[#ended + 1] = selector
  end
end
return ended
