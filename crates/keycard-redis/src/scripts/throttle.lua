-- A window's log: the times of the attempts that it counts, 8 bytes each, oldest first.

local function log_of(key)
  return redis.call('GET', key) or ''
end

local function pack(time)
  return struct.pack('>I8', time)
end

local function attempt_at(log, number)
  return (struct.unpack('>I8', log, 8 * number - 7))
end
