-- What a relay does to its shards, each only while it holds the shard's fence.
--
-- First word "own": the token key of each shard. Replies with the new token of each; those before are void.
-- First word "read": most entries, most dirty, now in ms (0: no timers), most due; then per shard: token key, token,
--   outbox key, dirty key, timers key, prefix of its home keys, reviews key, most reviews, todo key. Replies per
--   shard: 0 = fence lost, else {entries, dirty: founder and home value by turns, due, reviews dropped over the
--   cap}. What was frozen a while ago is due: whoever froze it has died.
-- First word "clear": per shard: token key, token, outbox key, dirty key,
--   n outbox ids, each id; n snapshots, each: founder, home key, head that was published.
--   Replies per shard: 1, or 0 = fence lost.
-- First word "passed": barriers, each: outbox key, id. Replies 1 where nothing up to it is left.

local HALF_MOVE_MS = 2000

local asked, replies = take(), {}

if asked == 'own' then
  while position <= #argv do replies[#replies + 1] = call('INCR', take()) end
elseif asked == 'read' then
  local most_entries, most_dirty, now, most_due = take(), tonumber(take()), take(), take()
  while position <= #argv do
    local token_key, token, out, dirty, timers, home = take(), take(), take(), take(), take(), take()
    local reviews, most_reviews, todo = take(), tonumber(take()), take()
    if call('GET', token_key) ~= token then
      replies[#replies + 1] = 0
    else
      local entries = call('XRANGE', out, '-', '+', 'COUNT', most_entries)
      local marks = {}
      for _, founder in ipairs(most_dirty > 0 and call('SRANDMEMBER', dirty, most_dirty) or {}) do
        marks[#marks + 1] = founder
        marks[#marks + 1] = call('GET', home .. founder) or ''
      end
      local due = now ~= '0' and call('ZRANGEBYSCORE', timers, '-inf', now, 'LIMIT', 0, most_due) or {}
      if now ~= '0' then
        for _, frozen in ipairs(call('ZRANGEBYSCORE', todo, '-inf', now - HALF_MOVE_MS, 'LIMIT', 0, most_due)) do
          due[#due + 1] = frozen
        end
      end
      local dropped = now ~= '0' and call('ZREMRANGEBYRANK', reviews, 0, -most_reviews - 1) or 0
      -- A write that changes nothing, after all that was read: a replica that has it has that too.
      if #entries + #marks > 0 then call('SET', token_key, token) end
      replies[#replies + 1] = { entries, marks, due, dropped }
    end
  end
elseif asked == 'clear' then
  while position <= #argv do
    local token_key, token, out, dirty = take(), take(), take(), take()
    local held = call('GET', token_key) == token
    for _ = 1, tonumber(take()) do
      local id = take()
      if held then call('XDEL', out, id) end
    end
    for _ = 1, tonumber(take()) do
      local founder, home, head = take(), take(), take()
      if held then
        local now = call('GETRANGE', home, 0, 12)
        -- Changed since: it stays due. No longer live here: nothing to publish from here.
        if now == head or now:sub(1, 1) ~= 'L' then call('SREM', dirty, founder) end
      end
    end
    replies[#replies + 1] = held and 1 or 0
  end
elseif asked == 'passed' then
  while position <= #argv do
    local out, id = take(), take()
    replies[#replies + 1] = call('XRANGE', out, '-', id, 'COUNT', 1)[1] and 0 or 1
  end
end
return replies
