-- One batch of component writes, all of them in one Redis; each is done whole or not at all.
--
-- ARGV: of each write, in this order:
--   what component.lua takes
--   n absorbed components, each: home key, founder, expected head, shard, outbox key, dirty key, timers key,
--     reviews key
--   n new fragments, each: home key (nothing may be there: it becomes a signpost)
--   n index entries, each: bucket key, field, holder, time of its event, most people, most holders
-- Replies, for each write: 0 = lost the race, else a list of
--   number of the index entry, entry: those with other holders, or shared, or that did not take the holder.

local function take_rows(width)
  local rows = {}
  for row = 1, tonumber(take()) do
    local fields = {}
    for column = 1, width do fields[column] = take() end
    rows[row] = fields
  end
  return rows
end

local replies = {}
while position <= #argv do
  local own = position
  local home, founder, out = argv[own], argv[own + 1], argv[own + 4]
  position = own + OWN_WORDS
  local absorbed, founded, entries = take_rows(8), take_rows(1), tonumber(take())
  local first = position
  position = first + 6 * entries
  local valid = unchanged(home, argv[own + 2])
  for _, other in ipairs(absorbed) do valid = valid and unchanged(other[1], other[3]) end
  for _, new in ipairs(founded) do valid = valid and unchanged(new[1], '') end
  if not valid then
    replies[#replies + 1] = 0
  else
    call('SET', home, argv[own + 3])
    for _, new in ipairs(founded) do call('SET', new[1], 'P' .. founder) end
    for _, other in ipairs(absorbed) do
      call('SET', other[1], 'P' .. founder)
      call('ZREM', other[7], other[2])
      call('ZREM', other[8], other[2])
      -- What the other shard still has to publish of these profiles comes before what follows here.
      -- A snapshot may be on its way: its mark goes only when the other relay comes to the entry "m".
      if other[5] ~= out then
        if call('SISMEMBER', other[6], other[2]) == 1 then
          call('XADD', other[5], '*', 'm', other[2])
        end
        local last = call('XREVRANGE', other[5], '+', '-', 'COUNT', 1)
        if last[1] then call('XADD', out, '*', 'b', other[4] .. ' ' .. last[1][1]) end
      end
    end
    tell(own)
    local found = {}
    for number = 1, entries do
      local at = first + 6 * (number - 1)
      local holders = enter(argv[at], argv[at + 1], argv[at + 2], argv[at + 3], argv[at + 4], argv[at + 5])
      if holders then
        found[#found + 1] = number
        found[#found + 1] = holders
      end
    end
    replies[#replies + 1] = found
  end
end
return replies
