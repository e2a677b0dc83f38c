/* Reports that came in, made small: rows that are alike as one, the many small ones as their sum.
 */
#include "report/condense.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/octets.h"
#include "mail/date.h"
#include "mail/domain.h"

#define NAME_KEPT 253u
#define WORD_KEPT 64u
#define TEXT_KEPT 128u

const char *report_trust_word(enum report_trust t)
{
	static const char *const words[] = { "unverified", "by hand", "verified" };

	return words[t];
}

static struct str cut(struct str s, size_t max)
{
	return s.n > max ? str_sub(s, 0, max) : s;
}

/* ---- who reports ---- */

static struct str domain_of(struct arena *a, struct str address)
{
	size_t at = str_rchr(address, '@');
	struct str d = at == SIZE_MAX ? STR_NULL : str_skip(address, at + 1);

	while (d.n && (d.p[d.n - 1] == '>' || ch_fws(d.p[d.n - 1])))
		d.n--;
	return domain_read(a, cut(d, NAME_KEPT), DOMAIN_UNDERSCORE);
}

/* Who speaks for one of them speaks for the other. */
static bool related(struct str a, struct str b)
{
	return a.n && b.n && domain_labels(a) > 1 && domain_labels(b) > 1 &&
	       (domain_within(a, b) || domain_within(b, a));
}

static void identify(struct report_sum *s)
{
	uint8_t all[SHA256_DIGEST_LENGTH];
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };

	octets_u(&b, s->kind, 1);
	octets_str(&b, s->reporter_domain.n ? s->reporter_domain : s->reporter);
	octets_str(&b, s->id);
	octets_str(&b, s->domain);
	octets_str(&b, s->policy);
	if (!s->id.n) { /* it has no name of its own */
		octets_u(&b, (uint64_t)s->begin, 8);
		octets_u(&b, (uint64_t)s->end, 8);
		octets_u(&b, s->good, 8);
		octets_u(&b, s->bad, 8);
	}
	SHA256((const uint8_t *)buf_str(&b).p, b.n, all);
	memcpy(s->identity, all, sizeof s->identity);
	arena_free(a);
}

static void reporter(struct arena *a, struct report_sum *s, const struct report_by *by,
		     struct str org, struct str contact, struct str id)
{
	s->reporter_domain = domain_of(a, contact);
	if (!s->reporter_domain.n)
		s->reporter_domain = by->domain;
	s->reporter = cut(org.n ? org : s->reporter_domain, TEXT_KEPT);
	s->id = cut(id, NAME_KEPT);
	s->trust = by->trust;
	if (s->trust == TRUST_VERIFIED && !related(s->reporter_domain, by->domain))
		s->trust = TRUST_NONE;
}

/* ---- DMARC ---- */

/* Better evidence of what is wrong: a signature of the author's domain, then one that passes. */
static int worth(const struct report_dkim *d, struct str from)
{
	return 2 * related(d->domain, from) + str_eq(d->result, STR("pass"));
}

static void add_dkim(struct sum_group *g, const struct report_dkim *d)
{
	struct report_dkim kept = { cut(d->domain, NAME_KEPT), cut(d->selector, WORD_KEPT),
				    cut(d->result, WORD_KEPT) };
	size_t at = 0;

	while (at < g->ndkim && worth(&g->dkim[at], g->header_from) >= worth(d, g->header_from))
		at++;
	if (at == SUM_DKIM)
		return;
	g->ndkim += g->ndkim < SUM_DKIM;
	for (size_t i = g->ndkim - 1; i > at; i--)
		g->dkim[i] = g->dkim[i - 1];
	g->dkim[at] = kept;
}

static struct sum_group group_of(const struct report_row *r)
{
	struct sum_group g = { .source = r->source,
			       .count = r->count,
			       .header_from = cut(r->header_from, NAME_KEPT),
			       .dkim_aligned = r->dkim_aligned,
			       .spf_aligned = r->spf_aligned };

	if (g.dkim_aligned || g.spf_aligned)
		return g;
	g.disposition = r->disposition;
	g.override = cut(r->override_type, WORD_KEPT);
	g.spf_domain = cut(r->spf_domain, NAME_KEPT);
	g.spf_result = cut(r->spf_result, WORD_KEPT);
	for (size_t i = 0; i < r->ndkim; i++)
		add_dkim(&g, &r->dkim[i]);
	return g;
}

struct str sum_group_key(struct buf *b, const struct sum_group *g)
{
	b->n = 0;
	octets_u(b, g->source.family, 1);
	buf_add(b, str_of((const char *)g->source.b, sizeof g->source.b));
	octets_u(b, (unsigned)g->disposition << 2 | (unsigned)g->dkim_aligned << 1 | g->spf_aligned,
		 1);
	octets_u(b, g->rest, 1);
	octets_str(b, g->what);
	octets_str(b, g->mx);
	octets_str(b, g->header_from);
	octets_str(b, g->override);
	octets_str(b, g->spf_domain);
	octets_str(b, g->spf_result);
	for (size_t i = 0; i < g->ndkim; i++) {
		octets_str(b, g->dkim[i].domain);
		octets_str(b, g->dkim[i].selector);
		octets_str(b, g->dkim[i].result);
	}
	return buf_str(b);
}

static void condense_dmarc(struct arena *a, const struct report *r, struct report_sum *s)
{
	struct arena *scratch = arena_new(0);
	struct map *at = map_new(scratch, false);
	struct buf key = { .arena = a };

	/* At most one a row: an array that doubles would cost as much again. */
	s->group.p = arena_alloc(a, arena_mul(r->nrows, sizeof *s->group.p));
	s->group.cap = r->nrows;
	for (size_t i = 0; i < r->nrows; i++) {
		struct sum_group g = group_of(&r->row[i]);
		struct str k = sum_group_key(&key, &g);
		uintptr_t known = (uintptr_t)map_get(at, k);

		*(g.dkim_aligned || g.spf_aligned ? &s->good : &s->bad) += g.count;
		if (known) {
			s->group.p[known - 1].count += g.count;
			continue;
		}
		VEC_PUSH(a, s->group) = g;
		map_put(at, arena_dup(scratch, k), (void *)(uintptr_t)s->group.n);
	}
	arena_free(scratch);
}

static size_t dmarc_sum(struct arena *a, const struct report *r, const struct report_by *by,
			struct report_sum *out)
{
	if (!by->ours(by->arg, r->domain))
		return 0;
	*out = (struct report_sum){ .kind = REPORT_DMARC,
				    .domain = cut(r->domain, NAME_KEPT),
				    .policy = cut(r->p, WORD_KEPT),
				    .begin = r->begin,
				    .end = r->end };
	reporter(a, out, by, r->org, r->email, r->id);
	condense_dmarc(a, r, out);
	identify(out);
	return 1;
}

/* ---- TLS ---- */

static void tls_sum(struct arena *a, const struct report_read *r, const struct report_tls *t,
		    const struct report_by *by, struct report_sum *out)
{
	*out = (struct report_sum){ .kind = REPORT_TLS,
				    .domain = cut(t->domain, NAME_KEPT),
				    .policy = cut(t->type, WORD_KEPT),
				    .begin = r->tls_begin,
				    .end = r->tls_end,
				    .good = t->good,
				    .bad = t->bad };
	reporter(a, out, by, r->tls_org, r->tls_contact, r->tls_id);
	for (size_t i = 0; i < t->failures.n; i++) {
		const struct report_tls_failure *f = &t->failures.p[i];
		struct sum_group g = { .count = f->count,
				       .what = cut(f->type, WORD_KEPT),
				       .mx = cut(f->mx, NAME_KEPT) };

		ip_parse(f->source, &g.source);
		VEC_PUSH(a, out->group) = g;
	}
	identify(out);
}

static size_t tls_sums(struct arena *a, const struct report_read *r, const struct report_by *by,
		       struct report_sum *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->tls.n && n < SUM_MAX_SUMS; i++)
		if (by->ours(by->arg, r->tls.p[i].domain))
			tls_sum(a, r, &r->tls.p[i], by, &out[n++]);
	return n;
}

/* ---- complaints ---- */

/* The domain that it is about: the author's, else the one that is told, else the sender's. */
static struct str complained(struct arena *a, const struct report_abuse *r,
			     const struct report_by *by)
{
	struct str all[] = { domain_of(a, report_original(a, r, "From")),
			     domain_read(a, cut(r->reported_domain, NAME_KEPT), DOMAIN_UNDERSCORE),
			     domain_of(a, r->from) };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].n && by->ours(by->arg, all[i]))
			return all[i];
	return STR_NULL;
}

/* When the message came there, if that is told and not to come. */
static int64_t moment(const struct report_abuse *r, int64_t now)
{
	int64_t t;

	return date_parse(r->arrival, &t) && t > 0 && t < now ? t : now;
}

static size_t abuse_sum(struct arena *a, const struct report_read *r, const struct report_by *by,
			struct report_sum *out)
{
	struct str domain = complained(a, &r->abuse, by);
	struct sum_group g = { .count = 1, .what = cut(r->abuse.feedback_type, WORD_KEPT) };
	struct str id = report_original(a, &r->abuse, "Message-ID");

	if (!domain.n && !by->user.n)
		return 0;
	if (!domain.n)
		domain = domain_of(a, by->user);
	*out = (struct report_sum){ .kind = r->kind,
				    .domain = domain,
				    .user = cut(by->user, NAME_KEPT),
				    .begin = moment(&r->abuse, by->now),
				    .end = moment(&r->abuse, by->now),
				    .bad = 1 };
	if (r->kind == REPORT_FAILURE && r->abuse.auth_failure.n)
		g.what = arena_lower(a, cut(r->abuse.auth_failure, WORD_KEPT));
	ip_parse(str_trim(r->abuse.source_ip), &g.source);
	g.header_from = domain;
	reporter(a, out, by, STR_NULL, STR_NULL, id.n ? id : r->abuse.arrival);
	if (r->abuse.rcpt.n) /* one message may annoy several */
		out->id = arena_printf(a, "%.*s %.*s", STR_ARG(cut(out->id, 150)),
				       STR_ARG(cut(r->abuse.rcpt, 100)));
	VEC_PUSH(a, out->group) = g;
	identify(out);
	return 1;
}

size_t report_condense(struct arena *a, const struct report_read *r, const struct report_by *by,
		       struct report_sum out[SUM_MAX_SUMS])
{
	switch (r->kind) {
	case REPORT_DMARC:
		return dmarc_sum(a, &r->dmarc, by, out);
	case REPORT_TLS:
		return tls_sums(a, r, by, out);
	case REPORT_ABUSE:
	case REPORT_FAILURE:
		return abuse_sum(a, r, by, out);
	case REPORT_NOTHING:
		break;
	}
	return 0;
}
