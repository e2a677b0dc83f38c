/* Fuzz: an aggregate report of any values is XML that is read again, with the same rows and sums.
 */
#include <stdlib.h>

#include "mail/domain.h"
#include "report/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX 64u

static uint64_t take(struct str *s, size_t n)
{
	uint64_t v = 0;

	for (; n && s->n; n--, *s = str_skip(*s, 1))
		v = v << 8 | (unsigned char)s->p[0];
	return v;
}

/* Absent, short, or (the rest of the input, so that limits are reached) long. */
static struct str text(struct str *s)
{
	uint64_t n = take(s, 1);
	struct str out = n == 255 ? *s : str_sub(*s, 0, n);

	if (n == 254)
		return STR_NULL;
	if (n != 255)
		*s = str_skip(*s, out.n);
	return out;
}

static struct report_row row(struct arena *a, struct str *s)
{
	unsigned flags = (unsigned)take(s, 1);
	struct report_row r = { .count = take(s, 4),
				.disposition = (enum dmarc_policy)(flags & 1) };

	r.source.family = flags & 2 ? 4 : flags & 4 ? 6 : 0;
	r.source.b[0] = (uint8_t)take(s, 1);
	r.pass_disposition = flags & 8;
	r.dkim_aligned = flags & 16;
	r.spf_aligned = flags & 32;
	r.spf_helo = flags & 64;
	r.override_type = text(s);
	r.override_comment = text(s);
	r.header_from = text(s);
	r.envelope_from = text(s);
	r.envelope_to = text(s);
	r.spf_domain = text(s);
	r.spf_result = text(s);
	r.ndkim = (size_t)take(s, 1) % 128;
	r.dkim = ARENA_ARRAY(a, struct report_dkim, r.ndkim + 1);
	for (size_t i = 0; i < r.ndkim && s->n; i++)
		r.dkim[i] = (struct report_dkim){ text(s), text(s), text(s) };
	return r;
}

static struct report report(struct arena *a, struct str s)
{
	struct report r = { .begin = 1 + (int64_t)take(&s, 4) };
	struct str *const values[] = { &r.org,	  &r.email, &r.contact, &r.id,	     &r.generator,
				       &r.domain, &r.p,	    &r.sp,	&r.np,	     &r.adkim,
				       &r.aspf,	  &r.fo,    &r.testing, &r.discovery };

	r.end = r.begin + (int64_t)take(&s, 2);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		*values[i] = text(&s);
	r.domain = domain_read(a, r.domain, DOMAIN_UNDERSCORE); /* as that of a policy is read */
	if (!r.domain.n)
		r.domain = STR("example.com");
	for (uint64_t n = take(&s, 1) % 4; n; n--)
		VEC_PUSH(a, r.errors) = text(&s);
	r.row = ARENA_ARRAY(a, struct report_row, ROWS_MAX);
	while (s.n && r.nrows < ROWS_MAX)
		r.row[r.nrows++] = row(a, &s);
	return r;
}

/* What an address that is none is written as is not compared. */
static bool same(const struct report_row *a, const struct report_row *b)
{
	if (a->source.family && !ip_eq(&a->source, &b->source))
		return false;
	return a->count == b->count && a->dkim_aligned == b->dkim_aligned &&
	       a->spf_aligned == b->spf_aligned && a->pass_disposition == b->pass_disposition &&
	       (a->pass_disposition || a->disposition == b->disposition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct report r = report(a, str_of((const char *)data, size));
	struct str xml = report_xml(a, &r);
	struct report_read back = { 0 };

	if (!str_eq(xml, report_xml(a, &r)) || !report_read_xml(a, xml, &back) ||
	    back.kind != REPORT_DMARC || back.old || back.dmarc.nrows != r.nrows)
		abort();
	for (size_t i = 0; i < r.nrows; i++)
		if (!same(&r.row[i], &back.dmarc.row[i]))
			abort();
	arena_free(a);
	return 0;
}
