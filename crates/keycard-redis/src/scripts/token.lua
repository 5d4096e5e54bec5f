-- A family: 1 if it lives or 0 (1 byte), until when (8), the current token (24), and those that were spent lately, the
-- oldest first, each with when (24 + 8). Times are 8 bytes, in ms.

local TOKEN_LEN, TIME_LEN = 24, 8
local FIRST_SPENT = 1 + TIME_LEN + TOKEN_LEN

local function time_at(bytes, offset)
  return (struct.unpack('>I8', bytes, offset + 1))
end

-- A token's name has its time of issue in the six bytes behind the tag.
local function issued_at(token)
  return time_at('\0\0' .. string.sub(token, 9, 14), 0)
end

-- Of a family, or of what it begins with.
local function lives(family, now)
  return string.byte(family) == 1 and now < time_at(family, 1)
end

local function current_of(family)
  return string.sub(family, 1 + TIME_LEN + 1, FIRST_SPENT)
end

local function write_family(family, until_bytes, life, current, spent, allowed, allowed_until, allowed_life)
  redis.call('SET', family, '\1' .. until_bytes .. current .. spent, 'PX', life)
  if allowed_until ~= '' then
    redis.call('SET', allowed, allowed_until, 'PX', allowed_life)
  end
end
