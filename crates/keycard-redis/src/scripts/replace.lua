-- KEYS: old session, new session, the new owner's history if ARGV holds a note, the old owner's index if ARGV names a
-- member, the new owner's index if there is one.
-- ARGV: record, life in ms, expected revision, now, the note or '', old member or ''; with a new owner: the entry.
-- Answers the old session's record if it bears another revision.

local old, new, note = KEYS[1], KEYS[2], note_at(KEYS[3], ARGV[5])
local record, life, expected, now, old_member = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[6]
local first = note and 4 or 3
local entry = entry_at(KEYS[old_member == '' and first or first + 1], 7)

local found = head_of(new)
if bears(found, revision_of(record)) then
  return APPLIED
end
local head = head_of(old)
if judge(head, now) ~= 'live' then
  return GONE
end
if not bears(head, expected) then
  return redis.call('GET', old)
end
if found ~= '' then
  return REFUSED
end
local displaced = displaced_by(entry, record, now, new, old)
if not displaced then
  return remember(note, LIMIT_REACHED, now)
end
if not redis.call('SET', new, record, 'PX', life, 'NX') then -- an empty string, which is not nothing
  return REFUSED
end
entomb(old, now)
note_end(ARGV[#ARGV - 1], 'live', REPLACED)
note_session(STORE_KEY, expires_of(record), now)
if entry then
  note_login(record)
end
if old_member ~= '' then
  redis.call('ZREM', KEYS[first], old_member)
end
return remember(note, enter(entry, displaced, now), now)
