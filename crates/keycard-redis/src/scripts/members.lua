-- The sessions that an index names. `base` is what precedes the selector in the keys of the user's sessions.

local ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

local function selector_of(member)
  return string.sub(member, 1, SELECTOR_LEN)
end

local function device_of(member)
  return string.sub(member, SELECTOR_LEN + 1)
end

local function letter(number)
  return string.sub(ALPHABET, number + 1, number + 1)
end

-- The selector as base64url; its length is a multiple of three.
local function session_key(base, selector)
  local text = base
  for at = 1, SELECTOR_LEN, 3 do
    local a, b, c = string.byte(selector, at, at + 2)
    text = text
      .. letter(math.floor(a / 4))
      .. letter(a % 4 * 16 + math.floor(b / 16))
      .. letter(b % 16 * 4 + math.floor(c / 64))
      .. letter(c % 64)
  end
  return text
end

-- Ends the member's session if a record is left of it, and takes the member out of the index. A record that has expired
-- is ended too, since it may still be live by the clock of another server.
local function retire(index, member, base, now, reason)
  local selector = selector_of(member)
  local key = session_key(base, selector)
  local head = head_of(key)
  local worth = judge(head, now)
  if head ~= '' and worth ~= 'ended' then
    entomb(key, now)
  end
  redis.call('ZREM', index, member)
  note_end(beside(selector), worth, reason)
  return worth
end
