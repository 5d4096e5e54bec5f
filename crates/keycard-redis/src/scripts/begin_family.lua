-- KEYS: family, the first token as one that is allowed, the names of the session's families in the order in which they began.
-- ARGV: that token, until when the family lives as 8 bytes, its life in ms, until when the token is allowed as 8 bytes, and for
-- how many ms, or '' twice; now, what precedes the names of families, and this one's. Answers how many have ended for it.

include 'token'
local token, until_bytes, life, allowed_until, allowed_life = unpack(ARGV, 1, 5)
local now, base, name = tonumber(ARGV[6]), ARGV[7], ARGV[8]

local names, ended = redis.call('GET', KEYS[3]) or '', 0
if #names >= MOST_FAMILIES * FAMILY_NAME_LEN then
  local living, issued = {}, {}
  for first = 1, #names, FAMILY_NAME_LEN do
    local other = string.sub(names, first, first + FAMILY_NAME_LEN - 1)
    local family = redis.call('GETRANGE', base .. other, 0, FIRST_SPENT - 1)
    if lives(family, now) then
      living[#living + 1], issued[#issued + 1] = other, issued_at(current_of(family))
    end
  end
  while #living >= MOST_FAMILIES do
    local oldest = 1
    for at = 2, #living do
      if issued[at] < issued[oldest] then
        oldest = at
      end
    end
    redis.call('DEL', base .. table.remove(living, oldest))
    table.remove(issued, oldest)
    ended = ended + 1
  end
  names = table.concat(living)
end
redis.call('SET', KEYS[3], names .. name, 'PX', math.max(tonumber(life), redis.call('PTTL', KEYS[3])))
write_family(KEYS[1], until_bytes, life, token, '', KEYS[2], allowed_until, allowed_life)
return ended
