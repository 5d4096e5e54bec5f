include 'record'
include 'tombstone'

-- Takes the member out of the index, and ends its session if a record is left of it. A record that has expired is ended too,
-- since it may still be live by the clock of another server.
local function retire(index, member, base, now, reason)
  local selector = selector_of(member)
  local key = session_key(base, selector)
  local head = head_of(key)
  local worth = judge(head, now)
  redis.call('ZREM', index, member)
  if head ~= '' and worth ~= 'ended' then
    entomb(key, now)
  end
  if STATISTICS then
    include 'figures'
    note_end(beside(selector), worth, reason)
  end
  return worth
end
