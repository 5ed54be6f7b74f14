-- Values in another form, of components that are still of the same version. ARGV: of each home key, head, value.
-- Replies 1 where it was.
local replies = {}
for at = 1, #ARGV, 3 do
  local home, head = ARGV[at], ARGV[at + 1]
  local same = redis.call('GETRANGE', home, 0, #head - 1) == head
  if same then redis.call('SET', home, ARGV[at + 2]) end
  replies[#replies + 1] = same and 1 or 0
end
return replies
