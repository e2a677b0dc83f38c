/* Big-endian numbers in octets. */
#include "base/octets.h"

void octets_u(struct buf *b, uint64_t v, unsigned size)
{
	char *p = buf_room(b, size);

	for (unsigned i = 0; i < size; i++)
		p[i] = (char)(v >> (8 * (size - 1 - i)) & 255);
	b->n += size;
}

void octets_f64(struct buf *b, double v)
{
	uint64_t u;

	memcpy(&u, &v, sizeof u);
	octets_u(b, u, 8);
}

void octets_str(struct buf *b, struct str s)
{
	octets_u(b, s.n, 4);
	buf_add(b, s);
}

struct str octets_get_run(struct octets *o, size_t n)
{
	struct str s;

	if (o->bad || n > o->left.n) {
		o->bad = true;
		return STR_NULL;
	}
	s = str_sub(o->left, 0, n);
	o->left = str_skip(o->left, n);
	return s;
}

uint64_t octets_get_u(struct octets *o, unsigned size)
{
	struct str s = octets_get_run(o, size);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

double octets_get_f64(struct octets *o)
{
	uint64_t u = octets_get_u(o, 8);
	double v;

	memcpy(&v, &u, sizeof v);
	return v;
}

struct str octets_get_text(struct octets *o, size_t max)
{
	size_t n = octets_get_u(o, 4);

	if (n > max)
		o->bad = true;
	return octets_get_run(o, n);
}
