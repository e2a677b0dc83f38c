/* A cached verdict as octets: 'V', mark, then each symbol with lengths in front of its texts. */
#include "base/octets.h"
#include "scan/cache.h"

static void put_text(struct buf *b, struct str s)
{
	s = str_sub(s, 0, UINT16_MAX);
	octets_u(b, s.p ? 1 : 0, 1);
	octets_u(b, s.n, 2);
	buf_add(b, s);
}

struct str cache_format(struct arena *a, uint64_t mark, const struct symbol *v, size_t n)
{
	struct buf b = { .arena = a };

	buf_addc(&b, 'V');
	octets_u(&b, mark, 8);
	octets_u(&b, n, 2);
	for (size_t i = 0; i < n; i++) {
		octets_f64(&b, v[i].score);
		put_text(&b, v[i].name);
		put_text(&b, v[i].evidence);
		put_text(&b, v[i].group);
	}
	return buf_str(&b);
}

static struct str get_text(struct octets *o)
{
	uint64_t there = octets_get_u(o, 1);
	struct str s = octets_get_run(o, octets_get_u(o, 2));

	if (there > 1 || (!there && s.n))
		o->bad = true;
	return there ? s : STR_NULL;
}

bool cache_parse(struct arena *a, struct str s, struct cached *out)
{
	struct octets o = { .left = s };
	uint64_t n;

	*out = (struct cached){ 0 };
	if (s.n > CACHE_RECORD_MAX || octets_get_u(&o, 1) != 'V')
		return false;
	out->mark = octets_get_u(&o, 8);
	n = octets_get_u(&o, 2);
	if (n > CACHE_SYMBOLS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct symbol y = { .score = octets_get_f64(&o) };
		y.name = get_text(&o);
		y.evidence = get_text(&o);
		y.group = get_text(&o);
		if (o.bad || !y.name.n || !(y.score >= -1e6 && y.score <= 1e6))
			return false;
		VEC_PUSH(a, out->symbols) = y;
	}
	return octets_done(&o);
}
