-- A session's entry in the index of its user, and who leaves for it.

-- The entry stands in ARGV from `first` on: base, member, score, index life; then the most sessions that the user may have,
-- or '' for as many as there are, and where in a header the time stands by which the earliest leaves, or '' if none does.
local function entry_at(index, first)
  if not index then
    return nil
  end
  local base, member, score, life, limit, place = unpack(ARGV, first)
  return {
    index = index, base = base, member = member, score = score, life = tonumber(life),
    limit = tonumber(limit), place = tonumber(place),
  }
end

-- By time, then by selector; not by comparing strings, which Lua does by locale.
local function precedes(one, other)
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
end

-- The members who leave for `record`, or nothing at all if the limit refuses it. The sessions under the two names stay.
local function displaced_by(entry, record, now, session, old)
  local displaced, others = {}, {}
  if not entry or is_pending(record) then
    return displaced
  end
  local device, limit, place = device_of(entry.member), entry.limit, entry.place
  if device == NO_DEVICE and not limit then
    return displaced
  end
  for _, member in ipairs(redis.call('ZRANGE', entry.index, 0, -1)) do
    local key = session_key(entry.base, selector_of(member))
    local is_on_device = device ~= NO_DEVICE and device_of(member) == device
    if key ~= session and key ~= old and (limit or is_on_device) then
      local head = head_of(key)
      if judge(head, now) == 'live' and not is_pending(head) then
        if is_on_device then
          displaced[#displaced + 1] = member
        else
          local time = is_readable(head) and place and time_at(head, place) or math.huge
          others[#others + 1] = { member = member, time = time }
        end
      end
    end
  end
  local excess = limit and #others + 1 - limit or 0
  if excess > 0 and not place then
    return nil
  end
  table.sort(others, precedes)
  for earliest = 1, math.min(excess, #others) do
    displaced[#displaced + 1] = others[earliest].member
  end
  return displaced
end

-- Ends the displaced, and whoever leaves a full index, who is one of them then.
local function make_room(entry, displaced, now)
  local index, base = entry.index, entry.base
  for _, member in ipairs(displaced) do
    retire(index, member, base, now, DISPLACED)
  end
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('(%.0f', now - INDEX_SLACK))
  if redis.call('ZCARD', index) < MOST then
    return
  end
  local live = {}
  for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if selector_of(member) ~= selector_of(entry.member) then
      if judge(head_of(session_key(base, selector_of(member))), now) == 'live' then
        live[#live + 1] = member
      else
        retire(index, member, base, now, DISPLACED)
      end
    end
  end
  for nearest = 1, #live + 1 - MOST do
    retire(index, live[nearest], base, now, DISPLACED)
    displaced[#displaced + 1] = live[nearest]
  end
end

-- A session stands in its index once; this write may have given it another device.
local function leave_other_devices(entry)
  for _, member in ipairs(redis.call('ZRANGE', entry.index, 0, -1)) do
    if member ~= entry.member and selector_of(member) == selector_of(entry.member) then
      redis.call('ZREM', entry.index, member)
    end
  end
end

-- Writes the entry, and answers for the verb: the selectors of the displaced, if there are any. The index lives as long as
-- its last entry; its life is never shortened.
local function enter(entry, displaced, now)
  if not entry then
    return APPLIED
  end
  make_room(entry, displaced, now)
  redis.call('ZADD', entry.index, entry.score, entry.member)
  if redis.call('PTTL', entry.index) < entry.life then
    redis.call('PEXPIRE', entry.index, entry.life)
  end
  local selectors = {}
  for at, member in ipairs(displaced) do
    selectors[at] = selector_of(member)
  end
  return #selectors > 0 and selectors or APPLIED
end
