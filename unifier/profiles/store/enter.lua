-- Index entries of fragments that are stored already. ARGV: of each, what `enter` in index.lua takes, in order.
-- Replies with the entry where others are in it, or it is shared, else with false; in order.
local found = {}
for at = 1, #argv, 6 do
  found[#found + 1] = enter(argv[at], argv[at + 1], argv[at + 2], argv[at + 3], argv[at + 4], argv[at + 5]) or false
end
return found
