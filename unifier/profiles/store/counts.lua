-- Add up what the outbox entries of some shards said of the counts of journeys; each entry counts once.
--
-- ARGV: key of what was counted; n shards, each: shard, last entry that was counted before ("" none), last one now;
--   most fields of a day; n days, each: key, when it may go in s ("" = never), n fields, each: field, change.
-- Replies: how many changes had no room; or -1, and nothing is done, when others have counted meanwhile.

local counted, last = take(), {}
for _ = 1, tonumber(take()) do
  local shard, before, now = take(), take(), take()
  if (call('HGET', counted, shard) or '') ~= before then return { -1 } end
  last[#last + 1] = shard
  last[#last + 1] = now
end
local most, dropped = tonumber(take()), 0
for _ = 1, tonumber(take()) do
  local day, ends = take(), take()
  local fields = call('HLEN', day)
  for _ = 1, tonumber(take()) do
    local field, change = take(), take()
    if fields >= most and call('HEXISTS', day, field) == 0 then
      dropped = dropped + 1
    elseif call('HINCRBY', day, field, change) == 0 then
      call('HDEL', day, field)
    else
      fields = fields + 1
    end
  end
  if ends ~= '' then call('EXPIREAT', day, ends) end
end
call('HSET', counted, unpack(last))
return { dropped }
