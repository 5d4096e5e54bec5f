-- A session's entry in the index of its user.

-- The index lives as long as its last entry; its life is never shortened.
local function write_entry(index, member, score, life)
  redis.call('ZADD', index, score, member)
  if redis.call('PTTL', index) < tonumber(life) then
    redis.call('PEXPIRE', index, life)
  end
end
