-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if ARGV names a member.
-- ARGV: the revision that was written, the note or '', member or ''.
-- Takes back what `create` has begun and nobody holds, for another session did not make way for it.

local session, revision, note, member = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local history, index = KEYS[2], KEYS[note == '' and 2 or 3]

include 'together'
include 'record'
local _, found, is_pending = judge(head_of(session), 0)
if found == revision then
  redis.call('DEL', session)
  if index then
    redis.call('ZREM', index, member)
  end
  if note ~= '' then
    local _, _, start = struct.unpack('>I2I8', note)
    local last = redis.call('LINDEX', history, '0')
    if last and string.sub(last, start - #note - 1) == string.sub(note, start) then
      redis.call('LPOP', history)
    end
  end
  if STATISTICS then
    include 'figures'
    note_end(STORE_KEY)
    if index and not is_pending then
      redis.call('HINCRBY', beside_place(STORE_KEY, 'c'), LOGINS, '-1')
    end
  end
end
return APPLIED
