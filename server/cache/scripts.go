package cache

import "github.com/redis/go-redis/v9"

// scripts are what Redis does in one step. They use commands of Redis 7.0.
type scripts struct{ lead, release, allow, giveBack *redis.Script }

func newScripts() scripts {
	return scripts{redis.NewScript(leadScript), redis.NewScript(releaseScript), redis.NewScript(allowScript), redis.NewScript(giveBackScript)}
}

// leadScript takes the lock of a block that is not there: 2 it is there, 1 the
// lock is ours, 0 it is another's. KEYS block, lock; ARGV token, milliseconds.
const leadScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 2 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`

// releaseScript deletes a lock unless it has become another's. KEYS lock; ARGV
// token.
const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

// allowScript counts in a sliding window, made of the counts of the present and
// the previous fixed one, the latter weighed by how much of it the window still
// covers. Redis' clock is the only one. It answers 0, or after how many
// milliseconds to ask again. KEYS counter; ARGV max, window in milliseconds.
const allowScript = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local max, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local window = math.floor(now / per)
local into = now - window * per
local h = redis.call('HMGET', KEYS[1], 'w', 'n', 'p')
local seen, n, p = tonumber(h[1]) or window, tonumber(h[2]) or 0, tonumber(h[3]) or 0
if seen ~= window then
  p = (seen == window - 1) and n or 0
  n = 0
end
if p * (per - into) / per + n + 1 <= max then
  redis.call('HSET', KEYS[1], 'w', string.format('%.0f', window), 'n', n + 1, 'p', p)
  redis.call('PEXPIRE', KEYS[1], 2 * per)
  return 0
end
local wait
if n + 1 <= max then
  wait = per * (1 - (max - 1 - n) / p) - into
else
  wait = per - into + math.max(0, per * (1 - (max - 1) / n))
end
return math.max(1, math.ceil(wait))`

// giveBackScript takes one event out of the present window. KEYS counter; ARGV
// window in milliseconds.
const giveBackScript = `
local t = redis.call('TIME')
local window = math.floor((t[1] * 1000 + math.floor(t[2] / 1000)) / tonumber(ARGV[1]))
local h = redis.call('HMGET', KEYS[1], 'w', 'n')
if tonumber(h[1]) ~= window or (tonumber(h[2]) or 0) < 1 then return 0 end
redis.call('HSET', KEYS[1], 'n', tonumber(h[2]) - 1)
return 1`
