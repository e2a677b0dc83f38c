/* Reports that came in, added up for who looks at them. */
#include <stdlib.h>

#include "base/map.h"
#include "control/report/summary_key.h"
#include "mail/domain.h"

#define BATCH 32u	 /* reports asked for at once */
#define ENTRY_OCTETS 21u /* of a log's entry: day, trust, identity */

/* A report that is there. */
struct listed {
	unsigned trust;
	uint8_t identity[SUM_IDENTITY];
};

struct look {
	struct summary *out;
	struct store *store;
	struct str domain;
	struct map *known; /* identities: struct listed */
	VEC(struct listed *) list;
	struct err *e;
};

static bool failed(struct look *k)
{
	err_set(k->e, "the store cannot be asked");
	return false;
}

/* ---- which reports there are ---- */

static void note(struct look *k, int64_t day, struct str entry)
{
	struct octets o = { .left = entry };
	int64_t of = (int64_t)octets_get_u(&o, 4);
	unsigned trust = (unsigned)octets_get_u(&o, 1);
	struct str identity = octets_get_run(&o, SUM_IDENTITY);
	struct listed *l;

	if (!octets_done(&o) || of != day || trust > TRUST_VERIFIED)
		return;
	l = map_get(k->known, identity);
	if (!l && k->list.n == SUMMARY_MAX_REPORTS) {
		k->out->cut = true;
		return;
	}
	if (!l) {
		l = ARENA_NEW(k->out->arena, struct listed);
		memcpy(l->identity, identity.p, identity.n);
		map_put(k->known, str_of((const char *)l->identity, sizeof l->identity), l);
		VEC_PUSH(k->out->arena, k->list) = l;
	}
	l->trust = trust > l->trust ? trust : l->trust;
}

static bool read_day(struct look *k, int64_t day)
{
	struct store_op op = { .kind = STORE_READ, .key = summary_log_key(k->out->arena, day) };
	size_t n;

	do {
		struct arena *scratch = arena_new(0);
		const struct store_answer *a = store_wait(k->store, scratch, &op, 1, STORE_SLOW);
		enum store_status st = a->status;

		n = a->nentry;
		for (size_t i = 0; i < n; i++)
			note(k, day, a->entry[i].value);
		if (n)
			op.id = a->entry[n - 1].id;
		arena_free(scratch);
		if (st != STORE_OK && st != STORE_NONE)
			return failed(k);
	} while (n);
	return true;
}

/* ---- adding up ---- */

static struct summary_domain *domain_at(struct summary *out, const struct report_sum *s)
{
	struct str key = arena_printf(out->arena, "%u %.*s", (unsigned)s->kind, STR_ARG(s->domain));
	uintptr_t at = (uintptr_t)map_get(out->index, key);

	if (at)
		return &out->domain.p[at - 1];
	if (out->domain.n == SUMMARY_MAX_DOMAINS) {
		out->cut = true;
		return NULL;
	}
	VEC_PUSH(out->arena, out->domain) =
		(struct summary_domain){ .domain = arena_dup(out->arena, s->domain),
					 .kind = s->kind,
					 .index = map_new(out->arena, false),
					 .names = map_new(out->arena, true) };
	map_put(out->index, key, (void *)(uintptr_t)out->domain.n);
	return &out->domain.p[out->domain.n - 1];
}

static struct str keep(struct arena *a, struct str s)
{
	return s.p ? arena_dup(a, s) : s;
}

static struct sum_group copy(struct arena *a, struct sum_group g)
{
	g.what = keep(a, g.what);
	g.mx = keep(a, g.mx);
	g.header_from = keep(a, g.header_from);
	g.override = keep(a, g.override);
	g.spf_domain = keep(a, g.spf_domain);
	g.spf_result = keep(a, g.spf_result);
	for (size_t i = 0; i < g.ndkim; i++) {
		g.dkim[i].domain = keep(a, g.dkim[i].domain);
		g.dkim[i].selector = keep(a, g.dkim[i].selector);
		g.dkim[i].result = keep(a, g.dkim[i].result);
	}
	g.count = 0;
	return g;
}

static struct summary_line *line_at(struct arena *a, struct summary_domain *d,
				    const struct sum_group *g)
{
	struct buf b = { .arena = a };
	struct sum_group rest = { .rest = true,
				  .disposition = g->disposition,
				  .dkim_aligned = g->dkim_aligned,
				  .spf_aligned = g->spf_aligned };
	struct str key;
	uintptr_t at;

	if (d->line.n >= SUMMARY_MAX_LINES && !g->rest && !map_get(d->index, sum_group_key(&b, g)))
		g = &rest;
	key = sum_group_key(&b, g);
	at = (uintptr_t)map_get(d->index, key);
	if (at)
		return &d->line.p[at - 1];
	VEC_PUSH(a, d->line) = (struct summary_line){ .group = copy(a, *g) };
	map_put(d->index, key, (void *)(uintptr_t)d->line.n);
	return &d->line.p[d->line.n - 1];
}

/* One of "a, b, c". */
static bool named(struct str list, struct str name)
{
	while (list.p) {
		struct str one = str_cut(&list, ',');

		if (str_ieq(str_trim(one), name))
			return true;
	}
	return false;
}

static void add_line(struct arena *a, struct summary_domain *d, const struct report_sum *s,
		     const struct sum_group *g)
{
	struct str who = s->reporter_domain.n ? s->reporter_domain : s->reporter;
	struct summary_line *l = line_at(a, d, g);

	l->group.count += g->count;
	l->reports++;
	if (s->trust == TRUST_NONE)
		l->unverified += g->count;
	if (!who.n || l->nreporters == SUMMARY_REPORTERS || named(l->reporters, who))
		return;
	l->reporters = l->nreporters++
			       ? arena_printf(a, "%.*s, %.*s", STR_ARG(l->reporters), STR_ARG(who))
			       : arena_dup(a, who);
}

static void add_report(struct look *k, struct arena *scratch, struct str octets)
{
	struct arena *a = k->out->arena;
	struct summary_domain *d;
	struct report_sum s;
	struct str who;

	if (!report_sum_parse(scratch, octets, &s) ||
	    (k->domain.n && !domain_within(s.domain, k->domain)))
		return;
	d = domain_at(k->out, &s);
	if (!d)
		return;
	k->out->reports++;
	d->reports++;
	d->unverified += s.trust == TRUST_NONE;
	d->good += s.good;
	d->bad += s.bad;
	if (s.policy.n)
		d->policy = arena_dup(a, s.policy);
	who = s.reporter_domain.n ? s.reporter_domain : s.reporter;
	if (who.n && !map_get(d->names, who))
		map_put(d->names, arena_dup(a, who), d->names);
	d->nreporters = map_len(d->names);
	if (s.user.n && s.group.n && !s.group.p[0].mx.n) /* whose mail it was */
		s.group.p[0].mx = s.user;
	for (size_t i = 0; i < s.group.n; i++)
		add_line(a, d, &s, &s.group.p[i]);
}

static bool read_batch(struct look *k, size_t from, size_t n)
{
	struct arena *scratch = arena_new(0);
	struct store_op op[BATCH];
	const struct store_answer *a;
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		const struct listed *l = k->list.p[from + i];
		struct report_sum s;

		memcpy(s.identity, l->identity, sizeof s.identity);
		op[i] = (struct store_op){ .kind = STORE_GET,
					   .key = report_sum_key(scratch, &s,
								 (enum report_trust)l->trust) };
	}
	a = store_wait(k->store, scratch, op, n, STORE_SLOW);
	for (size_t i = 0; i < n; i++) {
		if (a[i].status == STORE_OK)
			add_report(k, scratch, a[i].value);
		good &= a[i].status == STORE_OK || a[i].status == STORE_NONE;
	}
	arena_free(scratch);
	return good || failed(k);
}

/* ---- in order ---- */

static int by_weight(const void *pa, const void *pb)
{
	const struct summary_line *a = pa, *b = pb;
	int source = memcmp(a->group.source.b, b->group.source.b, sizeof a->group.source.b);

	if (summary_passes(a) != summary_passes(b))
		return summary_passes(a) ? 1 : -1;
	if (a->group.count != b->group.count)
		return a->group.count < b->group.count ? 1 : -1;
	if (source)
		return source;
	source = str_icmp(a->group.header_from, b->group.header_from);
	if (source)
		return source;
	return str_icmp(a->group.what, b->group.what);
}

static int by_name(const void *pa, const void *pb)
{
	const struct summary_domain *a = pa, *b = pb;
	int name = str_icmp(a->domain, b->domain);

	return name ? name : (int)a->kind - (int)b->kind;
}

static void put_in_order(struct summary *out)
{
	for (size_t i = 0; i < out->domain.n; i++)
		if (out->domain.p[i].line.n)
			qsort(out->domain.p[i].line.p, out->domain.p[i].line.n,
			      sizeof *out->domain.p[i].line.p, by_weight);
	if (out->domain.n)
		qsort(out->domain.p, out->domain.n, sizeof *out->domain.p, by_name);
}

bool summary_look(struct arena *a, struct store *store, int64_t now, unsigned days,
		  struct str domain, struct summary *out, struct err *e)
{
	struct look k = { .out = out, .store = store, .domain = domain, .e = e };
	int64_t today = now / SUMMARY_DAY;

	days = days > SUMMARY_DAYS ? SUMMARY_DAYS : days;
	*out = (struct summary){ .arena = a,
				 .from = (today - (int64_t)days + 1) * SUMMARY_DAY,
				 .to = now,
				 .index = map_new(a, false) };
	k.known = map_new(a, false);
	for (int64_t day = today - (int64_t)days + 1; day <= today; day++)
		if (!read_day(&k, day))
			return false;
	for (size_t i = 0; i < k.list.n; i += BATCH)
		if (!read_batch(&k, i, k.list.n - i < BATCH ? k.list.n - i : BATCH))
			return false;
	put_in_order(out);
	return true;
}
