-- KEYS: index, and the user's history if ARGV holds a note. ARGV: base, now, who is to end, the selector or device by which
-- they are known, the note or ''. Answers the selectors of the sessions that were live; or GONE, with nothing written, if the
-- one that was to stay is not.

local index, history = KEYS[1], KEYS[2]
local base, now, name, note = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[5]

include 'together'
include 'members'
include 'retire'

local is_meant = ({
  all = function() return true end,
  others = function(member) return selector_of(member) ~= name end,
  session = function(member) return selector_of(member) == name end,
  device = function(member) return device_of(member) == name end,
})[ARGV[3]]

local members = redis.call('ZRANGE', index, 0, -1)

local is_asked_for = ARGV[3] ~= 'others'
for _, member in ipairs(members) do
  is_asked_for = is_asked_for or not is_meant(member) and judge(head_of(session_key(base, name)), now) == 'live'
end
if not is_asked_for then
  return GONE
end

if IN_CLUSTER then
  -- An error where they are apart, before anything is written.
  for _, member in ipairs(members) do
    head_of(session_key(base, selector_of(member)))
  end
end

local answer = {}
for _, member in ipairs(members) do
  if is_meant(member) and retire(index, member, base, now, REVOKED) == 'live' then
    answer[#answer + 1] = selector_of(member)
  end
end
include 'remember'
return answer
