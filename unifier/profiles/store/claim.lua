-- What others are about to be built on. ARGV: of each: home key, head, value ("" = nothing is put there).
-- The value is put there if nothing is. Replies 1 where the head is there then.
local argv, call = ARGV, redis.call
local replies = {}
for at = 1, #argv, 3 do
  local home, head, value = argv[at], argv[at + 1], argv[at + 2]
  if value ~= '' then call('SETNX', home, value) end
  replies[#replies + 1] = call('GETRANGE', home, 0, #head - 1) == head and 1 or 0
end
return replies
