-- KEYS: family, the first token on the list. ARGV: that token, until when the family lives as 8 bytes, its life in ms, until
-- when the token is listed as 8 bytes, and for how many ms; or '' twice.

include 'token'
local token, until_bytes, life, listed_until, listed_life = unpack(ARGV)

write_family(KEYS[1], until_bytes, life, token, '', KEYS[2], listed_until, listed_life)
return APPLIED
