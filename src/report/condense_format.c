/* A condensed report as octets, and read again. */
#include <stdlib.h>

#include "base/octets.h"
#include "report/condense.h"

#define FORM 1u
#define TEXT_MAX 600u

/* ---- less of it ---- */

struct ranked {
	const struct sum_group *g;
	size_t at;
};

static bool passes(const struct sum_group *g)
{
	return g->dkim_aligned || g->spf_aligned;
}

/* What fails before what passes, many before few, then as they came. */
static int rank(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (passes(a->g) != passes(b->g))
		return passes(a->g) ? 1 : -1;
	if (a->g->count != b->g->count)
		return a->g->count < b->g->count ? 1 : -1;
	return a->at < b->at ? -1 : 1;
}

static void add_rest(struct arena *a, struct report_sum *s, const struct sum_group *g)
{
	for (size_t i = 0; i < s->group.n; i++) {
		struct sum_group *r = &s->group.p[i];

		if (r->rest && r->dkim_aligned == g->dkim_aligned &&
		    r->spf_aligned == g->spf_aligned && r->disposition == g->disposition) {
			r->count += g->count;
			return;
		}
	}
	VEC_PUSH(a, s->group) = (struct sum_group){ .count = g->count,
						    .rest = true,
						    .dkim_aligned = g->dkim_aligned,
						    .spf_aligned = g->spf_aligned,
						    .disposition = g->disposition };
}

static size_t size_of(const struct sum_group *g)
{
	size_t n = 64 + g->what.n + g->mx.n + g->header_from.n + g->override.n + g->spf_domain.n +
		   g->spf_result.n;

	for (size_t i = 0; i < g->ndkim; i++)
		n += 12 + g->dkim[i].domain.n + g->dkim[i].selector.n + g->dkim[i].result.n;
	return n;
}

/* The groups in the order of their weight, the least of them added up. */
static void shrink(struct arena *a, struct report_sum *s)
{
	struct sum_group *all = s->group.p;
	size_t n = s->group.n, used = 4096, kept = 0;
	struct ranked *r = ARENA_ARRAY(a, struct ranked, n);

	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){ &all[i], i };
	if (n)
		qsort(r, n, sizeof *r, rank);
	s->group.p = NULL;
	s->group.n = s->group.cap = 0;
	while (kept < n && kept < SUM_MAX_GROUPS && used + size_of(r[kept].g) <= SUM_MAX_OCTETS) {
		used += size_of(r[kept].g);
		VEC_PUSH(a, s->group) = *r[kept++].g;
	}
	for (size_t i = kept; i < n; i++)
		add_rest(a, s, r[i].g);
}

/* ---- writing ---- */

static void put_group(struct buf *b, const struct sum_group *g)
{
	octets_u(b, g->source.family, 1);
	buf_add(b, str_of((const char *)g->source.b, sizeof g->source.b));
	octets_u(b, g->count, 8);
	octets_u(b,
		 (unsigned)g->disposition << 3 | (unsigned)g->rest << 2 |
			 (unsigned)g->dkim_aligned << 1 | g->spf_aligned,
		 1);
	octets_str(b, g->what);
	octets_str(b, g->mx);
	octets_str(b, g->header_from);
	octets_str(b, g->override);
	octets_str(b, g->spf_domain);
	octets_str(b, g->spf_result);
	octets_u(b, g->ndkim, 1);
	for (size_t i = 0; i < g->ndkim; i++) {
		octets_str(b, g->dkim[i].domain);
		octets_str(b, g->dkim[i].selector);
		octets_str(b, g->dkim[i].result);
	}
}

struct str report_sum_format(struct arena *a, struct report_sum *s)
{
	struct buf b = { .arena = a };

	shrink(a, s);
	octets_u(&b, FORM, 1);
	octets_u(&b, s->kind, 1);
	octets_u(&b, s->trust, 1);
	buf_add(&b, str_of((const char *)s->identity, sizeof s->identity));
	octets_str(&b, s->reporter);
	octets_str(&b, s->reporter_domain);
	octets_str(&b, s->id);
	octets_str(&b, s->domain);
	octets_str(&b, s->policy);
	octets_str(&b, s->user);
	octets_u(&b, (uint64_t)s->begin, 8);
	octets_u(&b, (uint64_t)s->end, 8);
	octets_u(&b, s->good, 8);
	octets_u(&b, s->bad, 8);
	octets_u(&b, s->group.n, 2);
	for (size_t i = 0; i < s->group.n; i++)
		put_group(&b, &s->group.p[i]);
	return buf_str(&b);
}

/* ---- reading ---- */

static struct str get_text(struct octets *o)
{
	struct str s = octets_get_text(o, TEXT_MAX);

	return s.n ? s : STR_NULL;
}

static struct sum_group get_group(struct octets *o)
{
	struct sum_group g = { .source.family = (uint8_t)octets_get_u(o, 1) };
	struct str ip = octets_get_run(o, sizeof g.source.b);
	unsigned flags;

	if (ip.n == sizeof g.source.b)
		memcpy(g.source.b, ip.p, ip.n);
	o->bad |= g.source.family != 0 && g.source.family != 4 && g.source.family != 6;
	g.count = octets_get_u(o, 8);
	flags = (unsigned)octets_get_u(o, 1);
	g.spf_aligned = flags & 1;
	g.dkim_aligned = flags & 2;
	g.rest = flags & 4;
	o->bad |= flags >> 3 > DMARC_P_REJECT;
	g.disposition = (enum dmarc_policy)(flags >> 3);
	g.what = get_text(o);
	g.mx = get_text(o);
	g.header_from = get_text(o);
	g.override = get_text(o);
	g.spf_domain = get_text(o);
	g.spf_result = get_text(o);
	g.ndkim = octets_get_u(o, 1);
	o->bad |= g.ndkim > SUM_DKIM;
	for (size_t i = 0; !o->bad && i < g.ndkim; i++) {
		g.dkim[i].domain = get_text(o);
		g.dkim[i].selector = get_text(o);
		g.dkim[i].result = get_text(o);
	}
	return g;
}

static void get_head(struct octets *o, struct report_sum *s)
{
	struct str identity;

	o->bad |= octets_get_u(o, 1) != FORM;
	s->kind = (enum report_kind)octets_get_u(o, 1);
	s->trust = (enum report_trust)octets_get_u(o, 1);
	o->bad |= s->kind < REPORT_DMARC || s->kind > REPORT_FAILURE || s->trust > TRUST_VERIFIED;
	identity = octets_get_run(o, sizeof s->identity);
	if (identity.n == sizeof s->identity)
		memcpy(s->identity, identity.p, identity.n);
	s->reporter = get_text(o);
	s->reporter_domain = get_text(o);
	s->id = get_text(o);
	s->domain = get_text(o);
	s->policy = get_text(o);
	s->user = get_text(o);
	s->begin = (int64_t)octets_get_u(o, 8);
	s->end = (int64_t)octets_get_u(o, 8);
	s->good = octets_get_u(o, 8);
	s->bad = octets_get_u(o, 8);
}

bool report_sum_parse(struct arena *a, struct str octets, struct report_sum *s)
{
	struct octets o = { .left = octets };
	size_t n;

	*s = (struct report_sum){ 0 };
	get_head(&o, s);
	n = octets_get_u(&o, 2);
	for (size_t i = 0; !o.bad && i < n; i++)
		VEC_PUSH(a, s->group) = get_group(&o);
	return octets_done(&o);
}

struct str report_sum_key(struct arena *a, const struct report_sum *s, enum report_trust t)
{
	struct buf b = { .arena = a };

	buf_add(&b, STR("rptin:"));
	buf_hex(&b, s->identity, sizeof s->identity);
	buf_addf(&b, ":%u", (unsigned)t);
	return buf_str(&b);
}
