-- KEYS: session, the owner's history if ARGV holds a note, the index to write an entry to if there is one.
-- ARGV: record, life in ms, expected revision, now, the note or ''; with an index: the entry.
-- Answers the stored record if it bears another revision.

local session, record, life, expected, now, note = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local history, index, first_of_entry = KEYS[2], KEYS[note == '' and 2 or 3], 6
local old = nil

include 'together'
include 'record'
local worth, revision, was_pending = judge(head_of(session), now)
if revision == string.sub(record, REVISION + 1, REVISION + 8) then
  return APPLIED
end
if worth ~= 'live' then
  return GONE
end
if revision ~= expected then
  return redis.call('GET', session)
end
include 'admission'
if displaced == false then
  local answer = LIMIT_REACHED
  include 'remember'
  return answer
end
redis.call('SET', session, record, 'PX', life)
if STATISTICS then
  include 'figures'
  note_written(record, was_pending, now)
end
local may_have_moved = true
include 'enter'
