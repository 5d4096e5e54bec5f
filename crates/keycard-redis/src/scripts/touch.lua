-- KEYS: session. ARGV: expected revision, now, seen and expires as 8 bytes each, life in ms.

local session = KEYS[1]
local expected, now, seen, expires, life = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

local head = head_of(session)
if judge(head, now) ~= 'live' then
  return GONE
end
if not bears(head, expected) then
  return CHANGED
end
-- PEXPIRE comes first because a server that is out of memory allows it, and what follows makes nothing larger: a
-- session in use lives on however full the server is.
if time_at(head, EXPIRES) <= time_at(expires, 0) then
  redis.call('PEXPIRE', session, life)
  redis.call('SETRANGE', session, EXPIRES, expires)
  note_session(STORE_KEY, time_at(expires, 0), now)
end
if time_at(head, SEEN) < time_at(seen, 0) then
  redis.call('SETRANGE', session, SEEN, seen)
end
return APPLIED
