-- Where statistics are on, the last words of ARGV are the store keys (tag and selector) of the sessions that KEYS name, in
-- their order, or their tag where KEYS names none. Sessions are counted in sets of their own slots by when they expire, all
-- else in one hash. Each note comes after a write, so that a server that is out of memory takes it.

include 'record'

local STORE_KEY = ARGV[#ARGV]

-- A prefix holds no brace.
local function name_of(rest)
  return string.match(KEYS[1], '^[^{]*') .. rest
end

local function active_set(store_key)
  return name_of('{s' .. string.byte(store_key, TAG_LEN + 1) % SHARDS .. '}a')
end

local function count_one(what)
  redis.call('HINCRBY', name_of('{s}c'), what, 1)
end

-- Some of those that have expired in the same set make way.
local function note_expiry(expires, now)
  local set = active_set(STORE_KEY)
  redis.call('ZADD', set, string.format('%.0f', expires), STORE_KEY)
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
  redis.call('ZREM', active_set(store_key), store_key)
  if worth == 'live' then
    count_one(reason)
  end
end

-- The store key of another session of the same tag.
local function beside(selector)
  return string.sub(STORE_KEY, 1, TAG_LEN) .. selector
end
