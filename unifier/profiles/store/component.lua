-- Components: what stands here comes before the scripts that write them.
--
-- They take of each component, in this order:
--   home key, founder, head that must be there now ("" = nothing), new value
--   outbox key, dirty key, timers key; outbox entry ("" = none); due time in ms ("" = no timer)
--   reviews key; place in it ("" = as it is, "0" = nothing is asked)
-- A dirty key "" leaves the component as due or not due as it is: nothing that a reader sees has changed.
-- A head is "L" and the version.

local OWN_WORDS = 11

local function unchanged(home, head)
  if head == '' then return call('EXISTS', home) == 0 end
  return call('GETRANGE', home, 0, #head - 1) == head
end

-- All but the home value, from where the words of a component begin.
local function tell(at)
  local founder, effects, dirty, due, doubt = argv[at + 1], argv[at + 7], argv[at + 5], argv[at + 8], argv[at + 10]
  if effects ~= '' then call('XADD', argv[at + 4], '*', 'e', effects) end
  if dirty ~= '' then call('SADD', dirty, founder) end
  if due == '' then call('ZREM', argv[at + 6], founder) else call('ZADD', argv[at + 6], due, founder) end
  if doubt == '0' then
    call('ZREM', argv[at + 9], founder)
  elseif doubt ~= '' then
    call('ZADD', argv[at + 9], doubt, founder)
  end
end

