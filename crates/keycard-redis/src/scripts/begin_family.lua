-- KEYS: family, the first token as one that is allowed, the names of the session's families, the oldest first. ARGV: that
-- token, until when the family lives as 8 bytes, its life in ms, until when the token is allowed as 8 bytes, and for how many
-- ms, or '' twice; now, what precedes the names of families, this one's, and for how many ms the session's are kept.

include 'token'
local token, until_bytes, life, allowed_until, allowed_life = unpack(ARGV, 1, 5)
local now, base, name, names_life = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]

local names = redis.call('GET', KEYS[3]) or ''
if #names >= MOST_FAMILIES * FAMILY_NAME_LEN then
  local living = {}
  for first = 1, #names, FAMILY_NAME_LEN do
    local other = string.sub(names, first, first + FAMILY_NAME_LEN - 1)
    if lives(redis.call('GETRANGE', base .. other, 0, TIME_LEN), now) then
      living[#living + 1] = other
    end
  end
  while #living >= MOST_FAMILIES do
    redis.call('DEL', base .. table.remove(living, 1))
  end
  names = table.concat(living)
end
redis.call('SET', KEYS[3], names .. name, 'PX', names_life)
write_family(KEYS[1], until_bytes, life, token, '', KEYS[2], allowed_until, allowed_life)
return APPLIED
