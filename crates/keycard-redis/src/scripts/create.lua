-- KEYS: session, and the owner's index. ARGV: record, life in ms, now; with an index: the entry.

local session, entry = KEYS[1], entry_at(KEYS[2], 4)
local record, life, now = ARGV[1], ARGV[2], tonumber(ARGV[3])

local head = head_of(session)
if head ~= '' then
  return bears(head, revision_of(record)) and APPLIED or REFUSED
end
local displaced = displaced_by(entry, record, now, session)
if not displaced then
  return LIMIT_REACHED
end
if not redis.call('SET', session, record, 'PX', life, 'NX') then -- an empty string, which is not nothing
  return REFUSED
end
note_session(STORE_KEY, expires_of(record), now)
if entry then
  note_login(record)
end
return enter(entry, displaced, now)
