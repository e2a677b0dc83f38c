/* A cached verdict as octets: 'V', mark, then each symbol with lengths in front of its texts. */
#include "base/buf.h"
#include "scan/cache.h"

#define HEAD 11u /* 'V', mark, number of symbols */

static void add_number(struct buf *b, uint64_t v, unsigned octets)
{
	while (octets-- > 0)
		buf_addc(b, (char)(v >> (8 * octets)));
}

static void add_text(struct buf *b, struct str s)
{
	if (s.n > UINT16_MAX)
		s.n = UINT16_MAX;
	add_number(b, s.p ? 1 : 0, 1);
	add_number(b, s.n, 2);
	buf_add(b, s);
}

struct str cache_format(struct arena *a, uint64_t mark, const struct symbol *v, size_t n)
{
	struct buf b = { .arena = a };

	buf_addc(&b, 'V');
	add_number(&b, mark, 8);
	add_number(&b, n, 2);
	for (size_t i = 0; i < n; i++) {
		uint64_t score;
		memcpy(&score, &v[i].score, sizeof score);
		add_number(&b, score, 8);
		add_text(&b, v[i].name);
		add_text(&b, v[i].evidence);
		add_text(&b, v[i].group);
	}
	return buf_str(&b);
}

static bool take_number(struct str *s, unsigned octets, uint64_t *out)
{
	*out = 0;
	if (s->n < octets)
		return false;
	for (unsigned i = 0; i < octets; i++)
		*out = *out << 8 | (uint8_t)s->p[i];
	*s = str_skip(*s, octets);
	return true;
}

static bool take_text(struct str *s, struct str *out)
{
	uint64_t there, n;

	if (!take_number(s, 1, &there) || there > 1 || !take_number(s, 2, &n) || s->n < n)
		return false;
	*out = there ? str_sub(*s, 0, n) : STR_NULL;
	*s = str_skip(*s, n);
	return there || n == 0;
}

bool cache_parse(struct arena *a, struct str s, struct cached *out)
{
	uint64_t n, score;

	*out = (struct cached){ 0 };
	if (s.n < HEAD || s.n > CACHE_RECORD_MAX || s.p[0] != 'V')
		return false;
	s = str_skip(s, 1);
	if (!take_number(&s, 8, &out->mark) || !take_number(&s, 2, &n) || n > CACHE_SYMBOLS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct symbol y;
		if (!take_number(&s, 8, &score) || !take_text(&s, &y.name) ||
		    !take_text(&s, &y.evidence) || !take_text(&s, &y.group) || !y.name.n)
			return false;
		memcpy(&y.score, &score, sizeof score);
		if (!(y.score >= -1e6 && y.score <= 1e6))
			return false;
		VEC_PUSH(a, out->symbols) = y;
	}
	return s.n == 0;
}
