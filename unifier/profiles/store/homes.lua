-- Home values. ARGV: home keys; replies with the value of each or false, in order. One by one: Lua's stack is small.
local found = {}
for number, home in ipairs(ARGV) do found[number] = redis.call('GET', home) end
return found
