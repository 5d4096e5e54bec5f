-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if there is one.
-- ARGV: now, the note or '', the expected revision or '' for any; with an index: member; where statistics are on: the reason.
-- Answers the session's record if it bears another revision.

local session, now, note, expected = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local history, index = KEYS[2], KEYS[note == '' and 2 or 3]

include 'together'
include 'record'
include 'tombstone'
local worth, revision = judge(head_of(session), now)
if expected ~= '' and (worth ~= 'live' or revision ~= expected) then
  return worth ~= 'live' and GONE or redis.call('GET', session)
end
if index then
  redis.call('ZREM', index, ARGV[4])
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
