-- Index entries of fragments that are stored already. ARGV: of each, what `enter` in index.lua takes, in order; the
-- key that tells up to when the fragment was erased; the time of the newest event of it that the caller knows.
-- Replies with the entry where others are in it, or it is shared, with a 3 in front where it did not take the
-- holder, else with false; in order.
local found = {}
for at = 1, #argv, 8 do
  -- Component and index are not written at once: the fragment may have been erased in between.
  local gone = call('GET', argv[at + 6])
  if gone and tonumber(argv[at + 7]) <= tonumber(gone) then
    found[#found + 1] = '\3' .. gone
  else
    found[#found + 1] = enter(argv[at], argv[at + 1], argv[at + 2], argv[at + 3], argv[at + 4], argv[at + 5]) or false
  end
end
return found
