-- Some components of one server: the first that a walk comes by, which is in no order of theirs. ARGV: keys to look
-- at, and what pattern their home keys have. Replies: keys there are, keys looked at, components.
local keys = redis.call('SCAN', '0', 'COUNT', ARGV[1])[2]
local pattern = '^' .. ARGV[2]:gsub('%*', '.*') .. '$'
local found = {}
for _, key in ipairs(keys) do
  if key:find(pattern) then found[#found + 1] = key:sub(-12) end
end
return { redis.call('DBSIZE'), #keys, found }
