-- One step of a walk over all components. ARGV: cursor, keys to look at, form (or seal), and what pattern their
-- home keys have; where in a value it stands, from and to, counted from 1. Replies: next cursor ("0": the walk is
-- over), components of another form. Frozen ones are of none.
local from, to = tonumber(ARGV[5]), tonumber(ARGV[6])
local found = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2], 'MATCH', ARGV[4])
local behind = {}
for _, home in ipairs(found[2]) do
  local start = redis.call('GETRANGE', home, 0, to - 1)
  local kind = start:sub(1, 1)
  if kind == 'F' or (kind == 'L' and start:sub(from, to) ~= ARGV[3]) then behind[#behind + 1] = home:sub(-12) end
end
return { found[1], behind }
