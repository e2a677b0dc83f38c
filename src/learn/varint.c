/* Numbers to octets and back, where each number has one form only. */
#include "learn/varint.h"

void varint_put(struct buf *b, uint64_t v)
{
	char *p = buf_room(b, 10);
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		p[n++] = (char)(v | 0x80);
	p[n++] = (char)v;
	b->n += n;
}

static uint64_t bad(struct varint *o)
{
	o->bad = true;
	o->s = STR("");
	return 0;
}

uint64_t varint_get(struct varint *o, uint64_t max)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10 && i < o->s.n; i++) {
		uint64_t c = (unsigned char)o->s.p[i];
		if ((i == 9 && c > 1) || (i && c == 0))
			break;
		v |= (c & 0x7f) << (7 * i);
		if (c & 0x80)
			continue;
		if (v > max)
			break;
		o->s = str_skip(o->s, i + 1);
		return v;
	}
	return bad(o);
}

static void put_fixed(struct buf *b, uint64_t v, unsigned n)
{
	char *p = buf_room(b, n);

	for (unsigned i = 0; i < n; i++)
		p[i] = (char)(v >> (8 * i));
	b->n += n;
}

static uint64_t get_fixed(struct varint *o, unsigned n)
{
	struct str s = varint_get_n(o, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
	return v;
}

void varint_put32(struct buf *b, uint32_t v)
{
	put_fixed(b, v, 4);
}

void varint_put64(struct buf *b, uint64_t v)
{
	put_fixed(b, v, 8);
}

uint32_t varint_get32(struct varint *o)
{
	return (uint32_t)get_fixed(o, 4);
}

uint64_t varint_get64(struct varint *o)
{
	return get_fixed(o, 8);
}

void varint_put_str(struct buf *b, struct str s)
{
	varint_put(b, s.n);
	buf_add(b, s);
}

struct str varint_get_str(struct varint *o, size_t max)
{
	return varint_get_n(o, (size_t)varint_get(o, max));
}

struct str varint_get_n(struct varint *o, size_t n)
{
	struct str s = str_sub(o->s, 0, n);

	if (s.n < n) {
		bad(o);
		return STR("");
	}
	o->s = str_skip(o->s, n);
	return s;
}

void varint_put_rising(struct buf *b, const uint32_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		varint_put(b, i ? v[i] - v[i - 1] - 1 : v[i]);
}

void varint_get_rising(struct varint *o, uint32_t *v, size_t n, uint32_t limit)
{
	uint64_t next = 0;

	for (size_t i = 0; i < n; i++) {
		next += varint_get(o, limit);
		if (next >= limit)
			bad(o);
		v[i] = (uint32_t)(o->bad ? 0 : next);
		next++;
	}
}
