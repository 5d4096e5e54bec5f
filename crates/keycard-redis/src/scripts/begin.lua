-- Writes `record` to `session`, where nothing may stand, unless nobody is admitted; or answers why not. What stands there is
-- read only then, and an error of the server (which may be out of memory) counts only where nothing does.
local written = displaced ~= false and redis.pcall('SET', session, record, 'PX', life, 'NX')
if not written or written.err then
  include 'record'
  local head = head_of(session)
  local _, found = judge(head, now)
  if found == string.sub(record, REVISION + 1, REVISION + 8) then
    return FOUND
  end
  if head ~= '' then
    return REFUSED
  end
  if displaced == false then
    local answer = LIMIT_REACHED
    include 'remember'
    return answer
  end
  return written or REFUSED -- an empty string, which is not nothing
end
if STATISTICS then
  include 'figures'
  note_written(record, index, now)
end
