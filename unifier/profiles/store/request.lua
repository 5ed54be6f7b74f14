-- Write down what is known of a privacy request. ARGV: its key; seconds it is kept; 1: what was said first counts;
-- the key of those that wait for the dead letters; its id there, or ""; names and values by turns.
-- Replies with what the first name has now.
local key, set = ARGV[1], ARGV[3] == '1' and 'HSETNX' or 'HSET'
for at = 6, #ARGV, 2 do redis.call(set, key, ARGV[at], ARGV[at + 1]) end
redis.call('EXPIRE', key, ARGV[2])
if ARGV[5] ~= '' then redis.call('SADD', ARGV[4], ARGV[5]) end
return { redis.call('HGET', key, ARGV[6]) }
