-- KEYS: session, the owner's history if ARGV holds a note, the index to write an entry to if there is one.
-- ARGV: record, life in ms, expected revision, now, the note or ''; with an index: the entry.
-- Answers the stored record if it bears another revision.

local session, note = KEYS[1], note_at(KEYS[2], ARGV[5])
local entry = entry_at(KEYS[note and 3 or 2], 6)
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
local displaced = displaced_by(entry, record, now, session)
if not displaced then
  return remember(note, LIMIT_REACHED, now)
end
redis.call('SET', session, record, 'PX', life)
note_session(STORE_KEY, expires_of(record), now)
if is_pending(head) then
  note_login(record)
end
if entry then
  leave_other_devices(entry)
end
return remember(note, enter(entry, displaced, now), now)
