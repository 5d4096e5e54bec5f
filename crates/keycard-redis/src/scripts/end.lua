-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if there is one.
-- ARGV: now, the note or ''; with an index: member; where statistics are on: the reason.

local session, note = KEYS[1], note_at(KEYS[2], ARGV[2])
local index = KEYS[note and 3 or 2]
local now = tonumber(ARGV[1])

local worth = judge(head_of(session), now)
if worth ~= 'ended' then
  entomb(session, now)
end
if index then
  redis.call('ZREM', index, ARGV[3])
end
note_end(STORE_KEY, worth, ARGV[#ARGV - 1])
return remember(note, worth == 'live' and APPLIED or GONE, now)
