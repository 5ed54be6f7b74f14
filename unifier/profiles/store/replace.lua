-- Values in another form, of components that are still of the same version. ARGV: of each home key, head, value.
for at = 1, #ARGV, 3 do
  local home, head = ARGV[at], ARGV[at + 1]
  if redis.call('GETRANGE', home, 0, #head - 1) == head then redis.call('SET', home, ARGV[at + 2]) end
end
