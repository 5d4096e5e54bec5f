-- Remembers what became of a verb, by its answer. What is remembered of a user is a list, newest first, of when it landed
-- (8 bytes), whether it was refused (1), how many sessions ended by it (2), their selectors, and the note. A note in ARGV has
-- its retention before it: how many to keep (2 bytes), and how long in ms (8); '' if nothing is to be remembered.
local ended = type(answer) == 'table' and answer or {}
if note ~= '' and answer ~= GONE and not (answer == ended and #ended == 0) then
  local most, age, start = struct.unpack('>I2I8', note)
  -- First what a server that is out of memory allows, so that it takes what follows.
  redis.call('PEXPIRE', history, age)
  local oldest = redis.call('LINDEX', history, -1)
  while oldest and struct.unpack('>I8', oldest) + age <= now do
    redis.call('RPOP', history)
    oldest = redis.call('LINDEX', history, -1)
  end
  local refused = answer == LIMIT_REACHED and 1 or 0
  local landed = struct.pack('>I8BI2', now, refused, #ended) .. table.concat(ended) .. string.sub(note, start)
  if redis.call('LPUSH', history, landed) == 1 then
    redis.call('PEXPIRE', history, age)
  end
  redis.call('LTRIM', history, 0, most - 1)
end
