/*
 * What Redis does for us atomically, in its own language (Lua 5.1 with its struct library). Records
 * are the octets of store/record.h; what the embedded back-ends do with them in table.c and
 * record.c is done here with the same results.
 */
#include "store/redis/script.h"

/*
 * KEYS[i] and ARGV[i] are one operation: a letter, then its fields, big-endian. Its result is one
 * string: 'o' done, 'n' none, 'x' not possible, '!' and Redis's own error; after 'o' and 'n' comes
 * '1' or '0' (admitted), then what the operation answers.
 */
static const char ops[] =
	"if redis.replicate_commands then redis.replicate_commands() end\n"
	"local call, pack, take = redis.pcall, struct.pack, struct.unpack\n"
	"local byte, sub, inf = string.byte, string.sub, math.huge\n"
	"local t = call('TIME')\n"
	"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	"local function bad(r) return type(r) == 'table' and r.err and '!' .. r.err end\n"
	/* The record of key, false if there is none; nil and the result if that cannot be. */
	"local function get(key, kind)\n"
	"  local v = call('GET', key)\n"
	"  local e = bad(v)\n"
	"  if e then return nil, sub(e, 1, 10) == '!WRONGTYPE' and 'x' or e end\n"
	"  if v and byte(v) ~= kind then return nil, 'x' end\n"
	"  return v\n"
	"end\n"
	"local function put(key, v, ttl)\n"
	"  if ttl > 0 then return bad(call('SET', key, v, 'PX', ttl)) end\n"
	"  return bad(call('SET', key, v))\n"
	"end\n"
	"local layout = {[0] = '>BBi8i8', '>BBi8i8d', '>BBi8i8dd', '>BBi8i8ddd', '>BBi8i8dddd'}\n"
	"local op = {}\n"
	"function op.A(key, arg)\n"
	"  local window, m, at = take('>BB', arg, 2)\n"
	"  local v, e = get(key, 65)\n"
	"  local n, created, updated, a, b, c, d, _ = 0, 0, 0\n"
	"  if e then return e end\n"
	"  if v then\n"
	"    n = byte(v, 2)\n"
	"    if not n or n > 4 or #v ~= 18 + 8 * n then return 'x' end\n"
	"    _, _, created, updated, a, b, c, d = take(layout[n], v)\n"
	"  end\n"
	"  local ttl = sub(arg, at + 16 * m)\n"
	"  if window == 1 and v and ttl ~= '0' and now - created >= tonumber(ttl) then\n"
	"    n, created, updated = 0, 0, 0\n"
	"  end\n"
	"  local s, since = {a, b, c, d}, now > updated and now - updated or 0\n"
	"  for i = n + 1, 4 do s[i] = 0 end\n" /* struct.unpack ends with a position */
	"  for i = 1, m do\n"
	"    local delta, half\n"
	"    delta, half, at = take('>di8', arg, at)\n"
	"    local x = s[i]\n"
	"    if half > 0 and x ~= 0 then x = x * 2 ^ (-since / half) end\n"
	"    if delta ~= 0 then\n"
	"      x = x + delta\n"
	"      if n < i then n = i end\n"
	"    end\n"
	"    if not (x < inf and x > -inf) then return 'x' end\n"
	"    s[i] = x\n"
	"  end\n"
	"  if created == 0 then created = now end\n"
	"  v = pack(layout[n], 65, n, created, now, s[1], s[2], s[3], s[4])\n"
	"  if ttl == '0' then return bad(call('SET', key, v)) or 'o0' .. v end\n"
	"  if window == 1 then ttl = math.max(created + ttl - now, 1) end\n"
	"  return bad(call('SET', key, v, 'PX', ttl)) or 'o0' .. v\n"
	"end\n"
	"function op.T(key, arg)\n"
	"  local cost, burst, rate, at = take('>ddd', arg, 2)\n"
	"  local v, e = get(key, 84)\n"
	"  local level = 0\n"
	"  if e then return e end\n"
	"  if v then\n"
	"    if #v ~= 17 then return 'x' end\n"
	"    local updated, last = take('>i8d', v, 2)\n"
	"    level = last - rate * (now > updated and now - updated or 0) / 1000\n"
	"    if not (level < inf and level > -inf) then return 'x' end\n"
	"    if level < 0 then level = 0 end\n"
	"  end\n"
	"  if not (level + cost <= burst) then return 'o0' .. pack('>d', level) end\n"
	"  level = level + cost\n"
	"  local ttl = sub(arg, at)\n"
	"  v = pack('>Bi8d', 84, now, level)\n"
	"  if ttl == '0' then return bad(call('SET', key, v)) or 'o1' .. pack('>d', level) end\n"
	"  return bad(call('SET', key, v, 'PX', ttl)) or 'o1' .. pack('>d', level)\n"
	"end\n"
	"function op.L(key, arg)\n"
	"  local release, ttl = take('>Bi8', arg, 2)\n"
	"  local me, v, e = sub(arg, 11), get(key, 76)\n"
	"  if e then return e end\n"
	"  if v and #v < 9 then return 'x' end\n"
	"  local mine = v and sub(v, 10) == me\n"
	"  if release == 1 then\n"
	"    if not v then return 'n0' end\n"
	"    if not mine then return 'o0' .. v end\n"
	"    return bad(call('DEL', key)) or 'o1' .. v\n"
	"  end\n"
	"  if v and not mine then return 'o0' .. v end\n"
	"  v = v or pack('>Bi8', 76, now) .. me\n"
	"  return put(key, v, ttl) or 'o1' .. v\n"
	"end\n"
	"function op.N(key, arg)\n"
	"  local v, e = get(key, 86)\n"
	"  if e then return e end\n"
	"  if v then return 'o0' .. v end\n"
	"  return put(key, sub(arg, 10), (take('>i8', arg, 2))) or 'n0'\n"
	"end\n"
	"local function join(key, member, ends, limit)\n"
	"  local r = call('ZREMRANGEBYSCORE', key, '-inf', now)\n"
	"  if bad(r) then return bad(r) end\n"
	"  local new = call('ZADD', key, ends > 0 and ends or '+inf', member)\n"
	"  if bad(new) then return bad(new) end\n"
	"  local n = call('ZCARD', key)\n"
	"  if n > limit then\n"
	"    call('ZREMRANGEBYRANK', key, 0, n - limit - 1)\n"
	"    n = limit\n"
	"  end\n"
	"  if ends == 0 then\n"
	"    call('PERSIST', key)\n"
	"  elseif n == 1 or bad(call('PEXPIREAT', key, ends, 'GT')) then\n" /* GT: Redis 7 */
	"    local last = call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]\n"
	"    if tonumber(last) < inf then call('PEXPIREAT', key, last) end\n"
	"  end\n"
	"  return (new == 1 and 'o1' or 'o0') .. pack('>d', n)\n"
	"end\n"
	"function op.J(key, arg)\n"
	"  local look, ttl, limit = take('>Bi8i8', arg, 2)\n"
	"  local member = sub(arg, 19)\n"
	"  if look == 0 then return join(key, member, ttl > 0 and now + ttl or 0, limit) end\n"
	"  local ends = call('ZSCORE', key, member)\n"
	"  if bad(ends) then return bad(ends) end\n"
	"  return (ends and tonumber(ends) > now and 'o1' or 'o0') ..\n"
	"    pack('>d', call('ZCOUNT', key, '(' .. now, '+inf'))\n"
	"end\n"
	/* Raw records put back: a set member, a record, a log entry. */
	"function op.S(key, arg)\n"
	"  local ends = take('>i8', arg, 2)\n"
	"  return ends > 0 and ends <= now and 'o0' or join(key, sub(arg, 10), ends, 100000)\n"
	"end\n"
	"function op.R(key, arg)\n"
	"  local ends = take('>i8', arg, 2)\n"
	"  if ends > 0 and ends <= now then return 'o0' end\n"
	"  local r = put(key, sub(arg, 10), 0)\n"
	"  if not r and ends > 0 then call('PEXPIREAT', key, ends) end\n" /* PX would be 1 ms off */
	"  return r or 'o0'\n"
	"end\n"
	/* Entries of a stream only go to its end: those after this one are put behind it again. */
	"function op.E(key, arg)\n"
	"  local at = string.find(arg, ' ', 2, true)\n"
	"  local id, value = sub(arg, 2, at - 1), sub(arg, at + 1)\n"
	"  local r = call('XADD', key, id, 'v', value)\n"
	"  if not bad(r) then return 'o0' end\n"
	"  if not string.find(r.err, 'equal or smaller', 1, true) then return bad(r) end\n"
	"  local there = call('XRANGE', key, id, id)\n"
	"  if bad(there) then return bad(there) end\n"
	"  if there[1] then return there[1][2][2] == value and 'o0' or 'x' end\n"
	"  local later = call('XRANGE', key, id, '+')\n"
	"  for _, e in ipairs(later) do call('XDEL', key, e[1]) end\n"
	"  local low = call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]\n"
	"  r = call('XSETID', key, low and low[1] or '0-0')\n"
	"  r = bad(r) or bad(call('XADD', key, id, 'v', value))\n"
	"  for _, e in ipairs(later) do call('XADD', key, e[1], 'v', e[2][2]) end\n"
	"  return r or 'o0'\n"
	"end\n"
	"local out = {}\n"
	"for i = 1, #KEYS do out[i] = op[sub(ARGV[i], 1, 1)](KEYS[i], ARGV[i]) end\n"
	"return out\n";

/*
 * KEYS[1] a log; ARGV first id, entries at most, octets after which it is enough. Answers id,
 * value, id, value, ...; nil where there is no log.
 */
static const char read_log[] =
	"local out, octets, from, left = {}, 0, ARGV[1], tonumber(ARGV[2])\n"
	"while left > 0 do\n"
	"  local want = math.min(left, 32)\n"
	"  local page = redis.pcall('XRANGE', KEYS[1], from, '+', 'COUNT', want)\n"
	"  if page.err then return page end\n"
	"  for _, e in ipairs(page) do\n"
	"    local v = e[2][2]\n"
	"    if #out > 0 and octets + #v > tonumber(ARGV[3]) then return out end\n"
	"    octets = octets + #v\n"
	"    out[#out + 1] = e[1]\n"
	"    out[#out + 1] = v\n"
	"  end\n"
	"  if #page < want then break end\n"
	"  left = left - #page\n"
	"  local ms, seq = string.match(page[#page][1], '^(%d+)-(%d+)$')\n"
	"  from = ms .. '-' .. string.format('%.0f', seq + 1)\n"
	"end\n"
	"if #out == 0 and redis.call('EXISTS', KEYS[1]) == 0 then return false end\n"
	"return out\n";

/*
 * KEYS[1] any key; ARGV where to go on ('' first), items at most, octets after which it is enough.
 * Answers its shape ('R', 'S', 'E', '' for nothing of ours), where to go on ('' at the end), then
 * (octets, end) of a record, (member, end) of a set, (value, id) of a log.
 */
static const char dump[] =
	"local key, from, max, room = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	"local t = redis.call('TIME')\n"
	"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	"local kind = redis.call('TYPE', key).ok\n"
	"if kind == 'string' then\n"
	"  local ends = redis.pcall('PEXPIRETIME', key)\n"
	"  if type(ends) == 'table' then\n"
	"    ends = redis.call('PTTL', key)\n"
	"    if ends >= 0 then ends = now + ends end\n"
	"  end\n"
	"  if ends == -2 then return {'', ''} end\n"
	"  return {'R', '', redis.call('GET', key), string.format('%.0f', math.max(ends, 0))}\n"
	"end\n"
	"if kind == 'zset' then\n"
	"  local at = tonumber(from) or 0\n"
	"  local m = redis.call('ZRANGE', key, at, at + max - 1, 'WITHSCORES')\n"
	"  local out = {'S', ''}\n"
	"  for i = 1, #m, 2 do\n"
	"    room = room - #m[i]\n"
	"    if room < 0 and i > 1 then\n"
	"      out[2] = tostring(at + (i - 1) / 2)\n"
	"      return out\n"
	"    end\n"
	"    local ends = tonumber(m[i + 1])\n"
	"    if ends == math.huge then ends = 0 end\n"
	"    if ends == 0 or ends > now then\n"
	"      out[#out + 1] = m[i]\n"
	"      out[#out + 1] = string.format('%.0f', ends)\n"
	"    end\n"
	"  end\n"
	"  if #m == 2 * max then out[2] = tostring(at + max) end\n"
	"  return out\n"
	"end\n"
	"if kind == 'stream' then\n"
	"  local out, n = {'E', ''}, 0\n"
	"  if from == '' then from = '-' end\n"
	"  while true do\n"
	"    local page = redis.call('XRANGE', key, from, '+', 'COUNT', 32)\n"
	"    for _, e in ipairs(page) do\n"
	"      local v = e[2][2]\n"
	"      room = room - #v\n"
	"      if n == max or (room < 0 and n > 0) then\n"
	"        out[2] = e[1]\n"
	"        return out\n"
	"      end\n"
	"      n = n + 1\n"
	"      out[#out + 1] = v\n"
	"      out[#out + 1] = e[1]\n"
	"    end\n"
	"    if #page < 32 then return out end\n"
	"    local ms, seq = string.match(page[#page][1], '^(%d+)-(%d+)$')\n"
	"    from = ms .. '-' .. string.format('%.0f', seq + 1)\n"
	"  end\n"
	"end\n"
	"return {'', ''}\n";

struct str script_text(enum script_id id)
{
	static const struct str text[SCRIPT_COUNT] = {
		[SCRIPT_OPS] = { ops, sizeof ops - 1 },
		[SCRIPT_READ] = { read_log, sizeof read_log - 1 },
		[SCRIPT_DUMP] = { dump, sizeof dump - 1 },
	};

	return text[id];
}

bool script_named(struct scripts *s, enum script_id id, struct str sha)
{
	if (sha.n != 40)
		return false;
	for (size_t i = 0; i < 40; i++)
		if (ch_hex(sha.p[i]) < 0)
			return false;
	memcpy(s->sha[id], sha.p, 40);
	s->sha[id][40] = '\0';
	return true;
}
