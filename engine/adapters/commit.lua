-- One facility's part of a batch: all of it, or nothing.
-- KEYS: head, outbox, then one hash per table in the order the caller fixed.
-- ARGV: expected version, expected offset, new version, new offset, confirmed version, ledger offset,
--       n bed checks, (bed, present 0/1, bytes) x n, per table: n sets, (key, bytes) x n, n removals, key x n,
--       then the ledger records. KEYS[3] is the beds table.
local head, outbox = KEYS[1], KEYS[2]
local stored = redis.call('HMGET', head, 'version', 'offset', 'confirmed', 'ledger_offset')
local version, offset = stored[1] or '0', stored[2] or '-1'
if version ~= ARGV[1] or offset ~= ARGV[2] then
  return {0, 'version'}
end

local at = 7
local checks = tonumber(ARGV[at])
at = at + 1
for _ = 1, checks do
  local found = redis.call('HGET', KEYS[3], ARGV[at])
  local expected = false
  if ARGV[at + 1] == '1' then expected = ARGV[at + 2] end
  if found ~= expected then
    return {0, 'bed'}
  end
  at = at + 3
end

for table = 3, #KEYS do
  local sets = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, sets do
    redis.call('HSET', KEYS[table], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  local removals = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, removals do
    redis.call('HDEL', KEYS[table], ARGV[at])
    at = at + 1
  end
end

local confirmed = tonumber(stored[3] or '0')
local safe = math.max(confirmed, tonumber(ARGV[5]))
if safe > confirmed then
  redis.call('LTRIM', outbox, safe - confirmed, -1)
end
for record = at, #ARGV do
  redis.call('RPUSH', outbox, ARGV[record])
end
local position = math.max(tonumber(stored[4] or '-1'), tonumber(ARGV[6]))
redis.call('HSET', head, 'version', ARGV[3], 'offset', ARGV[4], 'confirmed', tostring(safe), 'ledger_offset', tostring(position))
return {1, 'committed'}
