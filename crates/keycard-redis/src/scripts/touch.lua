-- KEYS: session. ARGV: expected revision, now, seen and expires as 8 bytes each, life in ms.

local session, expected, now, seen, expires, life = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

include 'together'
include 'record'
local head = head_of(session)
local worth, revision = judge(head, now)
if worth ~= 'live' then
  return GONE
end
if revision ~= expected then
  return CHANGED
end
-- The two times stand one behind the other; each moves only on.
local seen_before, expires_before = struct.unpack('>I8I8', head, SEEN + 1)
local seen_now, expires_now = struct.unpack('>I8I8', seen .. expires)
local is_seen, lives_on = seen_before < seen_now, expires_before <= expires_now
if lives_on then
  -- First what a server that is out of memory allows, and what follows makes nothing larger: a session in use lives on
  -- however full the server is.
  redis.call('PEXPIRE', session, life)
end
if is_seen or lives_on then
  seen = is_seen and seen or string.sub(head, SEEN + 1, SEEN + 8)
  expires = lives_on and expires or string.sub(head, EXPIRES + 1, EXPIRES + 8)
  redis.call('SETRANGE', session, 'SEEN', seen .. expires)
end
if STATISTICS and lives_on then
  include 'figures'
  note_expiry(expires_now, now)
end
return APPLIED
