-- The index: who carries a value. What stands here comes before the scripts that write to it.

-- Locals: each look at a global costs, and a batch makes thousands.
local argv, call = ARGV, redis.call

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
-- more holders, and stays shared.
local function enter(bucket, field, holder, most_people, most_holders)
  if call('HSETNX', bucket, field, '\0' .. holder) == 1 then return nil end
  local entry = call('HGET', bucket, field)
  if entry:byte(1) == 1 then return entry end
  local fragment, holders, marks, known = holder:sub(1, 12), 0, {}, false
  if entry:find(fragment, 2, true) then
    for start = 2, #entry, 13 do known = known or entry:sub(start, start + 11) == fragment end
  end
  if not known then entry = entry .. holder end
  for start = 2, #entry, 13 do
    holders = holders + 1
    local mark = entry:byte(start + 12)
    if mark ~= 0 then marks[mark] = true end
  end
  local shared = people(marks) > tonumber(most_people) or holders > tonumber(most_holders)
  if shared then entry = '\1' .. entry:sub(2) end
  if shared or not known then call('HSET', bucket, field, entry) end
  if holders == 1 and not shared then return nil end
  return entry
end

