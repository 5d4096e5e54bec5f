-- KEYS: windows. ARGV: now; for each window: limit, span in ms, life in ms.
-- Answers APPLIED and how many more attempts each window has room for; or, with nothing written, REFUSED and the time
-- until which a window is full. The scripts' copy of `keycard::auth::throttle::judge`.

include 'throttle'
local now = tonumber(ARGV[1])

local logs, left, full_until = {}, math.huge, 0
for at, key in ipairs(KEYS) do
  local limit, span = tonumber(ARGV[3 * at - 1]), tonumber(ARGV[3 * at])
  local log = log_of(key)
  local count = #log / 8
  local first = 1
  while first <= count and attempt_at(log, first) + span <= now do
    first = first + 1
  end
  local room = limit - (count - first + 1)
  if room <= 0 then
    full_until = math.max(full_until, attempt_at(log, count - limit + 1) + span)
  else
    local last = count
    while last >= first and attempt_at(log, last) > now do
      last = last - 1
    end
    logs[at] = string.sub(log, 8 * first - 7, 8 * last) .. pack(now) .. string.sub(log, 8 * last + 1)
    left = math.min(left, room - 1)
  end
end
if full_until > 0 then
  return { REFUSED, full_until }
end
for at, key in ipairs(KEYS) do
  redis.call('SET', key, logs[at], 'PX', ARGV[3 * at + 1])
end
return { APPLIED, left }
