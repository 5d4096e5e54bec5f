-- What stored bytes are worth: the scripts' copy of `keycard::store::frame`, whose offsets stand above as constants.

local function head_of(key)
  return redis.call('GETRANGE', key, 0, HEADER_LEN - 1)
end

-- A number, because Redis's Lua compares strings by locale.
local function time_at(bytes, offset)
  return (struct.unpack('>I8', bytes, offset + 1))
end

local function revision_of(record)
  return string.sub(record, REVISION + 1, REVISION + 8)
end

local function is_readable(head)
  return #head >= HEADER_LEN and string.byte(head) == VERSION
end

local function bears(head, revision)
  return is_readable(head) and revision_of(head) == revision
end

-- `nil` if this version cannot read it.
local function expires_of(head)
  return is_readable(head) and time_at(head, EXPIRES) or nil
end

local function is_pending(head)
  return is_readable(head) and math.floor(string.byte(head, FLAGS + 1) / PENDING) % 2 == 1
end

local function judge(head, now)
  if head == '' then
    return 'absent'
  end
  if #head == TOMBSTONE_LEN and string.byte(head) == 0 then
    return now < time_at(head, 1) and 'ended' or 'absent'
  end
  local expires = expires_of(head)
  return expires and expires <= now and 'absent' or 'live'
end

-- DEL comes first because a server that is out of memory allows it, and lets a script that has written go on writing:
-- a session can be ended however full the server is.
local function entomb(key, now)
  redis.call('DEL', key)
  redis.call('SET', key, '\0' .. struct.pack('>I8', now + TOMBSTONE_LIFE), 'PX', TOMBSTONE_LIFE)
end
