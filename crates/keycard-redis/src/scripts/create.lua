-- KEYS: session, and the owner's index. ARGV: record, life in ms; with an index: now, base, member, score, index life.

local session, index = KEYS[1], KEYS[2]
local record, life = ARGV[1], ARGV[2]

if not redis.call('SET', session, record, 'PX', life, 'NX') then
  return bears(head_of(session), revision_of(record)) and APPLIED or REFUSED
end
if index then
  local base = ARGV[4]
  make_room(index, base, tonumber(ARGV[3]))
  write_entry(index, ARGV[5], ARGV[6], ARGV[7])
end
return APPLIED
