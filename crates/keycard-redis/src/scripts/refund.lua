-- KEYS: windows. ARGV: the time of an attempt, and how many of the windows give that one back; the others forget all.

include 'throttle'
local time, given_back = pack(tonumber(ARGV[1])), tonumber(ARGV[2])

for at, key in ipairs(KEYS) do
  local log, rest = log_of(key), ''
  if at <= given_back then
    rest = log
    for place = 1, #log, 8 do
      if string.sub(log, place, place + 7) == time then
        rest = string.sub(log, 1, place - 1) .. string.sub(log, place + 8)
        break
      end
    end
  end
  if rest ~= log then
    local life = redis.call('PTTL', key)
    -- DEL comes first because a server that is out of memory allows it, and lets a script that has written go on.
    redis.call('DEL', key)
    if rest ~= '' then
      redis.call('SET', key, rest, 'PX', math.max(life, 1))
    end
  end
end
return APPLIED
