-- Component writes on a cluster; each is done whole or not at all. What they take in is frozen.
--
-- ARGV: of each write, in this order:
--   what component.lua takes
--   n barriers, each: outbox entry that tells what has to be published elsewhere before what follows here
-- Replies 1, or 0 = lost the race.
local replies = {}
while position <= #argv do
  local own = position
  position = own + OWN_WORDS
  local barriers = position + 1
  position = barriers + tonumber(argv[position])
  local valid = unchanged(argv[own], argv[own + 2])
  if valid then
    call('SET', argv[own], argv[own + 3])
    for at = barriers, position - 1 do call('XADD', argv[own + 4], '*', 'b', argv[at]) end
    tell(own)
  end
  replies[#replies + 1] = valid and 1 or 0
end
return replies
