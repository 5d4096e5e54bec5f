-- The sessions that an index names. `base` is what precedes the selector in the keys of the user's sessions.

local function selector_of(member)
  return string.sub(member, 1, SELECTOR_LEN)
end

local function device_of(member)
  return string.sub(member, SELECTOR_LEN + 1)
end

-- The selector as base64url; its length is a multiple of three.
local function session_key(base, selector)
  local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  local sub, floor, text = string.sub, math.floor, base
  for at = 1, SELECTOR_LEN, 3 do
    local a, b, c = string.byte(selector, at, at + 2)
    local first, second, third, fourth = floor(a / 4), a % 4 * 16 + floor(b / 16), b % 16 * 4 + floor(c / 64), c % 64
    text = text
      .. sub(alphabet, first + 1, first + 1)
      .. sub(alphabet, second + 1, second + 1)
      .. sub(alphabet, third + 1, third + 1)
      .. sub(alphabet, fourth + 1, fourth + 1)
  end
  return text
end
