-- Index entries. ARGV: bucket key and field of each; replies with the entry or false, in order.
local found = {}
for position = 1, #ARGV, 2 do
  found[#found + 1] = redis.call('HGET', ARGV[position], ARGV[position + 1])
end
return found
