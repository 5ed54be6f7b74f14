-- The words of a call, taken one after another.

local argv, call = ARGV, redis.call

local position = 1
local function take()
  local value = argv[position]
  position = position + 1
  return value
end

