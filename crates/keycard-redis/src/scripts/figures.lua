-- Where statistics are on, the last words of ARGV are the store keys (tag and selector) of the sessions that KEYS name, in
-- their order, or one of their tag where KEYS names none; each with its place behind it. A place has a set of sessions by
-- when they expire, and a hash that counts all else, in the slot of the session. Each note comes after a write, so that a
-- server that is out of memory takes it.

include 'record'

local STORE_KEY = ARGV[#ARGV]

-- A prefix holds no brace.
local function beside_place(store_key, what)
  return string.match(KEYS[1], '^[^{]*') .. '{' .. string.sub(store_key, STORE_KEY_LEN + 1) .. '}' .. what
end

local function count_one(what)
  redis.call('HINCRBY', beside_place(STORE_KEY, 'c'), what, '1')
end

-- Some of those that have expired in the same set make way.
local function note_expiry(expires, now)
  local set = beside_place(STORE_KEY, 'a')
  redis.call('ZADD', set, string.format('%.0f', expires), string.sub(STORE_KEY, 1, STORE_KEY_LEN))
  local over = redis.call('ZRANGE', set, '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, 8)
  if #over > 0 then
    redis.call('ZREM', set, unpack(over))
  end
end

local function note_written(record, is_login, now)
  local _, _, is_pending, expires = judge(record, now)
  if expires then
    note_expiry(expires, now)
  end
  if is_login and not is_pending then
    count_one(LOGINS)
  end
end

local function note_end(store_key, worth, reason)
  redis.call('ZREM', beside_place(store_key, 'a'), string.sub(store_key, 1, STORE_KEY_LEN))
  if worth == 'live' then
    count_one(reason)
  end
end

-- The store key of another session of the same tag, and its place.
local function beside(selector)
  return string.sub(STORE_KEY, 1, TAG_LEN) .. selector .. string.sub(STORE_KEY, STORE_KEY_LEN + 1)
end
