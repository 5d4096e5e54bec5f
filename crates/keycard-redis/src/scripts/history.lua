-- What is remembered of a user: a list, newest first, of when it landed (8 bytes), whether it was refused (1), how many
-- sessions ended by it (2), their selectors, and the note. A note in ARGV has its retention before it: how many to keep
-- (2 bytes), and how long in ms (8); '' if nothing is to be remembered.

local RETENTION_LEN = 10

local function note_at(history, packed)
  if packed == '' then
    return nil
  end
  local most, age = struct.unpack('>I2I8', packed)
  return { history = history, most = most, age = age, bytes = string.sub(packed, RETENTION_LEN + 1) }
end

-- Remembers what became of a verb, by its answer, which it hands on.
local function remember(note, answer, now)
  local ended = type(answer) == 'table' and answer or {}
  if not note or answer == GONE or answer == ended and #ended == 0 then
    return answer
  end
  local history = note.history
  -- First what a server that is out of memory allows, so that it takes what follows.
  redis.call('PEXPIRE', history, note.age)
  local oldest = redis.call('LINDEX', history, -1)
  while oldest and time_at(oldest, 0) + note.age <= now do
    redis.call('RPOP', history)
    oldest = redis.call('LINDEX', history, -1)
  end
  local refused = answer == LIMIT_REACHED and 1 or 0
  local landed = struct.pack('>I8BI2', now, refused, #ended) .. table.concat(ended) .. note.bytes
  if redis.call('LPUSH', history, landed) == 1 then
    redis.call('PEXPIRE', history, note.age)
  end
  redis.call('LTRIM', history, 0, note.most - 1)
  return answer
end
