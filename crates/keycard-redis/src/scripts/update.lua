-- KEYS: session, and the index to write an entry to. ARGV: record, life in ms, expected revision, now; with an index: the
-- entry. Answers the stored record if it bears another revision.

local session, entry = KEYS[1], entry_at(KEYS[2], 5)
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
  return LIMIT_REACHED
end
redis.call('SET', session, record, 'PX', life)
note_session(STORE_KEY, expires_of(record), now)
if is_pending(head) then
  note_login(record)
end
if entry then
  leave_other_devices(entry)
end
return enter(entry, displaced, now)
