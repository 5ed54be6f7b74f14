-- Index entries of fragments that are stored already. ARGV: of each, what `enter` in index.lua takes.
-- Replies with the entry where others are in it, or it is shared, else with false; in order.
local found = {}
for position = 1, #ARGV, 5 do
  local most_people, most_holders = tonumber(ARGV[position + 3]), tonumber(ARGV[position + 4])
  local entry = enter(ARGV[position], ARGV[position + 1], ARGV[position + 2], most_people, most_holders)
  found[#found + 1] = entry or false
end
return found
