-- A worker says by which rules it works. KEYS[1]: the forms; ARGV[1]: its own. Redis's clock counts, since those of
-- the workers differ. Replies: now in ms, then form and time in ms by turns.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
local told = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
table.insert(told, 1, string.format('%.0f', now))
return told
