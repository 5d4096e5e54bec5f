-- KEYS: session, and the owner's index. ARGV: now; with an index: member; where statistics are on: the reason.

local session, index = KEYS[1], KEYS[2]
local now = tonumber(ARGV[1])

local worth = judge(head_of(session), now)
if worth ~= 'ended' then
  entomb(session, now)
end
if index then
  redis.call('ZREM', index, ARGV[2])
end
note_end(STORE_KEY, worth, ARGV[#ARGV - 1])
return worth == 'live' and APPLIED or GONE
