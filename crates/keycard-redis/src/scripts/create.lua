-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if there is one.
-- ARGV: record, life in ms, now, the note or ''; with an index: the entry.

local session, note = KEYS[1], note_at(KEYS[2], ARGV[4])
local entry = entry_at(KEYS[note and 3 or 2], 5)
local record, life, now = ARGV[1], ARGV[2], tonumber(ARGV[3])

local head = head_of(session)
if head ~= '' then
  return bears(head, revision_of(record)) and APPLIED or REFUSED
end
local displaced = displaced_by(entry, record, now, session)
if not displaced then
  return remember(note, LIMIT_REACHED, now)
end
if not redis.call('SET', session, record, 'PX', life, 'NX') then -- an empty string, which is not nothing
  return REFUSED
end
note_session(STORE_KEY, expires_of(record), now)
if entry then
  note_login(record)
end
return remember(note, enter(entry, displaced, now), now)
