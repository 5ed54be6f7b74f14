-- The index: who carries a value. What stands here comes before the scripts that write to it.

-- Locals: each look at a global costs, and a batch makes thousands.
local argv, call = ARGV, redis.call

-- An entry whose first byte is 2 is of a value of somebody who was erased: a time of 15 digits follows, and among
-- the holders are tombs, a mark each behind zeros.
local ERASED_FROM, TOMB = 17, string.rep('\0', 12)

-- People at least behind the marks: initials of first names (below 64) and accounts may be the same people.
local function people(marks)
  local named, numbered = 0, 0
  for mark in pairs(marks) do
    if mark < 64 then named = named + 1 else numbered = numbered + 1 end
  end
  return math.max(named, numbered)
end

-- Adds the holder (fragment and mark) to an entry, unless it is there, and returns the entry if others are in
-- it. Beyond the limits an entry becomes shared, also when other rules have narrowed them; it then takes no
-- more holders, and stays shared. A holder of a time up to an erasure is not taken: the entry comes back with a 3
-- in front.
local function enter(bucket, field, holder, at, most_people, most_holders)
  if call('HSETNX', bucket, field, '\0' .. holder) == 1 then return nil end
  local entry = call('HGET', bucket, field)
  local flag, first = entry:byte(1), 2
  if flag == 1 then return entry end
  if flag == 2 then first = ERASED_FROM end
  local fragment, holders, marks, known = holder:sub(1, 12), 0, {}, false
  if entry:find(fragment, first, true) then
    for start = first, #entry, 13 do known = known or entry:sub(start, start + 11) == fragment end
  end
  if not known then
    if flag == 2 and tonumber(at) <= tonumber(entry:sub(2, first - 1)) then return '\3' .. entry:sub(2) end
    entry = entry .. holder
  end
  for start = first, #entry, 13 do
    holders = holders + 1
    local mark = entry:byte(start + 12)
    if mark ~= 0 then marks[mark] = true end
  end
  local shared = people(marks) > tonumber(most_people) or holders > tonumber(most_holders)
  if shared then
    local living = {}
    for start = first, #entry, 13 do
      local row = entry:sub(start, start + 12)
      if row:sub(1, 12) ~= TOMB then living[#living + 1] = row end
    end
    entry = '\1' .. table.concat(living)
  end
  if shared or not known then call('HSET', bucket, field, entry) end
  if holders == 1 and not shared then return nil end
  return entry
end

