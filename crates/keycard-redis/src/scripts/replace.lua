-- KEYS: old session, new session, the new owner's history if ARGV holds a note, the old owner's index if ARGV names a
-- member, the new owner's index if there is one.
-- ARGV: record, life in ms, expected revision, now, the note or '', old member or ''; with a new owner: the entry.
-- Answers the old session's record if it bears another revision.

local old, session, record, life, expected, now = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local note, old_member = ARGV[5], ARGV[6]
local history, after_history = KEYS[3], note == '' and 3 or 4
local index, first_of_entry = KEYS[old_member == '' and after_history or after_history + 1], 7

include 'together'
include 'record'
local worth, revision = judge(head_of(old), now)
if worth ~= 'live' or revision ~= expected then
  local _, found = judge(head_of(session), now)
  if found == string.sub(record, REVISION + 1, REVISION + 8) then
    return APPLIED
  end
  return worth ~= 'live' and GONE or redis.call('GET', old)
end
include 'admission'
include 'begin'
include 'tombstone'
entomb(old, now)
if STATISTICS then
  include 'figures'
  note_end(ARGV[#ARGV - 1], worth, REPLACED)
end
if old_member ~= '' then
  redis.call('ZREM', KEYS[after_history], old_member)
end
local may_have_moved = false
include 'enter'
