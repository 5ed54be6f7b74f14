-- Home values. ARGV: home keys; replies with the value of each or false, in order.
return redis.call('MGET', unpack(ARGV))
