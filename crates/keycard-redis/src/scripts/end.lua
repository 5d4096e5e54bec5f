-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if there is one.
-- ARGV: now, the note or ''; with an index: member; where statistics are on: the reason.

local session, now, note = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local history, index = KEYS[2], KEYS[note == '' and 2 or 3]

include 'record'
include 'tombstone'
local worth = judge(head_of(session), now)
if index then
  redis.call('ZREM', index, ARGV[3])
elseif worth ~= 'ended' then
  redis.call('DEL', session)
end
if worth ~= 'ended' then
  entomb(session, now)
end
if STATISTICS then
  include 'figures'
  note_end(STORE_KEY, worth, ARGV[#ARGV - 1])
end
local answer = worth == 'live' and APPLIED or GONE
include 'remember'
return answer
