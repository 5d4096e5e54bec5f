-- Writes the entry, and answers for the verb: the selectors of the displaced, if there are any. The index lives as long as
-- its last entry; its life is never shortened.
local answer = APPLIED
if index then
  local is_new = redis.call('ZADD', index, score, member) == 1
  local life = redis.call('PTTL', index)
  if life < tonumber(index_life) then
    redis.call('PEXPIRE', index, index_life)
  end
  local has_others, is_full = is_new and life >= 0, false -- An index that had no life had no entry.
  if has_others then
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now - INDEX_SLACK - 1)
    is_full = redis.call('ZCARD', index) > MOST
  end
  if is_full or displaced and #displaced > 0 or has_others and may_have_moved then
    include 'room'
  end
end
include 'remember'
return answer
