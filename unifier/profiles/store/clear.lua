-- Frozen components whose content is elsewhere become signposts. ARGV: of each: home key, founder, todo key.
-- Replies 1 where that was done.
local argv, call = ARGV, redis.call
local replies = {}
for at = 1, #argv, 3 do
  local start = call('GETRANGE', argv[at], 0, 12)
  local frozen = start:sub(1, 1) == 'F'
  if frozen then
    call('SET', argv[at], 'P' .. start:sub(2))
    call('ZREM', argv[at + 2], argv[at + 1])
  end
  replies[#replies + 1] = frozen and 1 or 0
end
return replies
