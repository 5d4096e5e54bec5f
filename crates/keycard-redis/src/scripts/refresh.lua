-- KEYS: family, the next token as one that is allowed, mark of the user, the names of the session's families. ARGV: the next
-- token and what `begin_family` has of it; now, the token that is presented, the grace in ms, the token by which the family was
-- begun. Answers APPLIED, the current token if the presented one was spent within the grace, REFUSED if it was spent before, or
-- GONE. The scripts' copy of `keycard::store::Family::refresh`.

include 'token'
local family, allowed, mark, names = KEYS[1], KEYS[2], redis.call('GET', KEYS[3]), KEYS[4]
local next_token, until_bytes, life, allowed_until, allowed_life = unpack(ARGV, 1, 5)
local now, presented, grace, begun_by = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8]), ARGV[9]

if mark and now < time_at(mark, TIME_LEN) and issued_at(begun_by) <= time_at(mark, 0) then
  return GONE
end
local stored = redis.call('GET', family)
if not stored or time_at(stored, 1) <= now then
  return GONE
end

local current = current_of(stored)
local spent, spent_lately = {}, false
for first = FIRST_SPENT + 1, #stored, TOKEN_LEN + TIME_LEN do
  local entry = string.sub(stored, first, first + TOKEN_LEN + TIME_LEN - 1)
  if now < time_at(entry, TOKEN_LEN) + grace then
    spent[#spent + 1] = entry
    spent_lately = spent_lately or string.sub(entry, 1, TOKEN_LEN) == presented
  end
end

local lives = string.byte(stored) == 1
if lives and presented == current then
  spent[#spent + 1] = presented .. struct.pack('>I8', now)
  local first = math.max(1, #spent - MOST_SPENT + 1)
  local kept = table.concat(spent, '', first)
  write_family(family, until_bytes, life, next_token, kept, allowed, allowed_until, allowed_life)
  if redis.call('PTTL', names) < tonumber(life) then
    redis.call('PEXPIRE', names, life)
  end
  return APPLIED
end
if lives and spent_lately then
  return current
end
-- PEXPIRE comes first because a server that is out of memory allows it, and what follows makes nothing larger.
redis.call('PEXPIRE', family, time_at(stored, 1) - now + TTL_SLACK)
redis.call('SETRANGE', family, 0, '\0')
return REFUSED
