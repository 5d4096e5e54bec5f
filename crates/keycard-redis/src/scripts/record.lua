-- What stored bytes are worth: the scripts' copy of `keycard::store::frame`.

local function head_of(key)
  return redis.call('GETRANGE', key, '0', 'HEADER_END')
end

-- What a record or its head is worth at `now`; if this version can read it also the revision that it bears, whether it is
-- pending, and when it expires. Times are compared as numbers, because Redis's Lua compares strings by locale.
local function judge(head, now)
  local version, flags = string.byte(head, 1, FLAGS + 1)
  if version == VERSION and #head >= HEADER_LEN then
    local expires = struct.unpack('>I8', head, EXPIRES + 1)
    return expires <= now and 'absent' or 'live', string.sub(head, REVISION + 1, REVISION + 8), flags % (2 * PENDING) >= PENDING, expires
  end
  if version == 0 and #head == TOMBSTONE_LEN then
    return now < struct.unpack('>I8', head, 2) and 'ended' or 'absent'
  end
  return version and 'live' or 'absent'
end
