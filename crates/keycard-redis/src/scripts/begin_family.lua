-- KEYS: family, the first token as one that is allowed. ARGV: that token, until when the family lives as 8 bytes, its life in
-- ms, until when the token is allowed as 8 bytes, and for how many ms; or '' twice.

include 'token'
local token, until_bytes, life, allowed_until, allowed_life = unpack(ARGV)

write_family(KEYS[1], until_bytes, life, token, '', KEYS[2], allowed_until, allowed_life)
return APPLIED
