-- Takes fragments that are being erased out of the index.
--
-- ARGV: time up to which they are erased, 15 digits; n fragments, each; then of every key of theirs:
--   bucket key, field; 1 if an exact key, most people, most holders; what the keys of `gone` begin with.
-- For a day the shard remembers the fragments: whoever has written the component and not the index yet comes late.
-- A tomb stays under an exact key, for the count of those seen with it, and the time: what is told of the time
-- before is not taken in any more. Not where the key is shared: there it would be the past of others.
-- Replies with the entry of each key of which others are left that it ties to them, else with false; in order.

local until_time, fids, at = argv[1], {}, 3 + tonumber(argv[2])
for number = 3, at - 1 do fids[argv[number]] = true end

local GONE_S = 86400

local found, told = {}, {}
while at <= #argv do
  local bucket, field, exact = argv[at], argv[at + 1], argv[at + 2] == '1'
  local most_people, most_holders = tonumber(argv[at + 3]), tonumber(argv[at + 4])
  local gone = argv[at + 5]
  at = at + 6
  for fragment in pairs(told[gone] and {} or fids) do
    local before = call('GET', gone .. fragment)
    call('SET', gone .. fragment, before and before > until_time and before or until_time, 'EX', GONE_S)
  end
  told[gone] = true
  local entry = call('HGET', bucket, field) or '\0'
  local flag, first, time = entry:byte(1), 2, until_time
  if flag == 2 then
    first = ERASED_FROM
    local before = entry:sub(2, first - 1)
    if tonumber(before) > tonumber(time) then time = before end
  end
  local rows, marks, tombs, living = {}, {}, {}, 0
  for start = first, #entry, 13 do
    local row, mark = entry:sub(start, start + 12), entry:byte(start + 12)
    local fragment = row:sub(1, 12)
    if fids[fragment] or fragment == TOMB then
      if not tombs[mark] then tombs[mark] = TOMB .. string.char(mark) end
    else
      rows[#rows + 1] = row
      living = living + 1
    end
    if mark ~= 0 then marks[mark] = true end
  end
  local left = table.concat(rows)
  local reply = false
  if flag == 1 then
    call('HSET', bucket, field, '\1' .. left)
  elseif not exact then
    if living == 0 then call('HDEL', bucket, field) else call('HSET', bucket, field, '\0' .. left) end
  else
    for _, tomb in pairs(tombs) do rows[#rows + 1] = tomb end
    if people(marks) > most_people or #rows > most_holders then
      call('HSET', bucket, field, '\1' .. left)
    else
      call('HSET', bucket, field, '\2' .. time .. table.concat(rows))
      if living > 0 then reply = '\0' .. left end
    end
  end
  found[#found + 1] = reply
end
return found
