-- Who leaves for `record`: `displaced` are the members that do, nil if nobody is asked to, false if the limit refuses it. The
-- sessions `session` and `old` stay. The entry stands in ARGV from `first_of_entry` on if there is an `index`: base, member,
-- score, index life; then the most sessions that the user may have, or '' for as many as there are, and where in a header the
-- time stands by which the earliest leaves, or '' if none does.
local displaced, base, member, score, index_life, limit, place
if index then
  base, member, score, index_life, limit, place = unpack(ARGV, first_of_entry)
  limit, place = tonumber(limit), tonumber(place)
  local device = string.sub(member, SELECTOR_LEN + 1)
  if limit or device ~= NO_DEVICE then
    include 'record'

    local _, _, is_pending = judge(record, now)
    local members = is_pending and {} or redis.call('ZRANGE', index, '0', '-1')
    local others = {}
    displaced = {}
    if #members > 0 then
      include 'members'
      for _, other in ipairs(members) do
        local is_on_device = device ~= NO_DEVICE and device_of(other) == device
        local key = other ~= member and (limit or is_on_device) and session_key(base, selector_of(other))
        if key and key ~= session and key ~= old then
          local head = head_of(key)
          local worth, revision, is_pending = judge(head, now)
          if worth == 'live' and not is_pending then
            if is_on_device then
              displaced[#displaced + 1] = other
            else
              local time = revision and place and struct.unpack('>I8', head, place + 1) or math.huge
              others[#others + 1] = { member = other, time = time }
            end
          end
        end
      end
    end
    local excess = limit and not is_pending and #others + 1 - limit or 0
    if excess > 0 and not place then
      displaced = false
    elseif excess > 0 then
      -- By time, then by selector; not by comparing strings, which Lua does by locale.
      table.sort(others, function(one, other)
        if one.time ~= other.time then
          return one.time < other.time
        end
        for at = 1, SELECTOR_LEN do
          local a, b = string.byte(one.member, at), string.byte(other.member, at)
          if a ~= b then
            return a < b
          end
        end
        return false
      end)
      for earliest = 1, math.min(excess, #others) do
        displaced[#displaced + 1] = others[earliest].member
      end
    end
  end
end
