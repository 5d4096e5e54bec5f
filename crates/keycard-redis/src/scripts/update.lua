-- KEYS: session, and the index to write an entry to. ARGV: record, life in ms, expected revision, now;
-- with an index: member, score, index life. Answers the stored record if it bears another revision.

local session, index = KEYS[1], KEYS[2]
local record, life, expected, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local head = head_of(session)
if bears(head, revision_of(record)) then
  return APPLIED
end
if judge(head, now) ~= 'live' then
  return GONE
end
if not bears(head, expected) then
  return redis.call('GET', session)
end
redis.call('SET', session, record, 'PX', life)
if index then
  write_entry(index, ARGV[5], ARGV[6], ARGV[7])
end
return APPLIED
