-- Not the first write of a script: a server that is out of memory allows it after one that it always allows, such as DEL and
-- ZREM. So a session can be ended however full the server is.
local function entomb(key, now)
  redis.call('SET', key, '\0' .. struct.pack('>I8', now + TOMBSTONE_LIFE), 'PX', 'TOMBSTONE_LIFE')
end
