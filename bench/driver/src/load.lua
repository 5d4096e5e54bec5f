-- The load of one scenario. Arguments: method, path, a file with a cookie in each line, and whether they rotate.

local requests, pool, rotates, at = {}, {}, false, 0
local method, path, cookie

local function request_with(borne)
  return wrk.format(method, path, { Host = wrk.host, Cookie = borne })
end

function init(arguments)
  method, path, rotates = arguments[1], arguments[2], arguments[4] == 'rotating'
  for line in io.lines(arguments[3]) do
    pool[#pool + 1] = line
    requests[#requests + 1] = request_with(line)
  end
  if #requests == 0 then
    requests[1] = request_with(nil)
  end
  if rotates then
    function response(_, headers)
      for name, value in pairs(headers) do
        if string.lower(name) == 'set-cookie' then
          pool[#pool + 1] = string.match(value, '^[^;]*')
        end
      end
    end
  end
end

function request()
  if rotates then
    cookie = table.remove(pool) or cookie -- Where no cookie is set, all requests bear the same.
    return request_with(cookie)
  end
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration, errors.status
    + errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
