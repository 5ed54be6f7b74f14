-- Components that are on their way into another: from now on nobody writes them.
--
-- ARGV: of each: home key, founder, head ("L", or "F" if it was frozen when it was looked at, and the version),
--   founder of the component that takes it in; outbox key, timers key, reviews key, todo key; now in ms.
-- Replies with the id of its last outbox entry, "m", for the barrier of what the other has to publish; 0 = lost
-- the race, also to somebody who has frozen it for the same target: his may be there already, and have gone on.
local argv, call = ARGV, redis.call
local replies = {}
for at = 1, #argv, 9 do
  local home, founder, head, target = argv[at], argv[at + 1], argv[at + 2], argv[at + 3]
  local value = call('GET', home) or ''
  local reply = 0
  if head:sub(1, 1) == 'F' then
    local was = value:sub(1, 1) == 'F' and value:find('L', 14, true)
    if was and value:sub(was + 1, was + 12) == head:sub(2) then reply = value:sub(14, was - 1) end
  elseif value:sub(1, #head) == head then
    reply = call('XADD', argv[at + 4], '*', 'm', founder)
    call('SET', home, 'F' .. target .. reply .. value)
    call('ZREM', argv[at + 5], founder)
    call('ZREM', argv[at + 6], founder)
    call('ZADD', argv[at + 7], argv[at + 8], founder)
  end
  replies[#replies + 1] = reply
end
return replies
