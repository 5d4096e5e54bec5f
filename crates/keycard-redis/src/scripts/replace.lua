-- KEYS: old session, new session, the old owner's index if ARGV names a member, the new owner's index if there is one.
-- ARGV: record, life in ms, expected revision, now, old member or ''; with a new owner: base, member, score, index life.
-- Answers the old session's record if it bears another revision.

local old, new = KEYS[1], KEYS[2]
local record, life, expected, now, old_member = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

if bears(head_of(new), revision_of(record)) then
  return APPLIED
end
local head = head_of(old)
if judge(head, now) ~= 'live' then
  return GONE
end
if not bears(head, expected) then
  return redis.call('GET', old)
end
if not redis.call('SET', new, record, 'PX', life, 'NX') then
  return REFUSED
end
entomb(old, now)
local next_key = 3
if old_member ~= '' then
  redis.call('ZREM', KEYS[next_key], old_member)
  next_key = next_key + 1
end
local index = KEYS[next_key]
if index then
  make_room(index, ARGV[6], now)
  write_entry(index, ARGV[7], ARGV[8], ARGV[9])
end
return APPLIED
