/*
 * Reputation: what came from a network, under a domain, or with links to one before. Marks are
 * given on evidence that is independent of this score and of the classifier, so that nothing
 * confirms itself.
 */
#include "checks/memory/reputation.h"

#include <math.h>

#include "checks/outside/geo.h"

#define DAY UINT64_C(86400000)

const uint64_t reputation_half_life_ms[STORE_SUMS] = { DAY, DAY, 30 * DAY, 30 * DAY };

/* ---- who is judged ---- */

static void add(struct reputation *r, enum reputation_kind kind, struct str value)
{
	if (!value.n || r->n == REPUTATION_ASKS)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (r->entity[i].kind == kind && str_eq(r->entity[i].value, value))
			return;
	r->entity[r->n++] = (struct reputation_entity){ .kind = kind, .value = value };
}

/* An authenticated author who links to his own site is judged as author: anybody's spam can link
 * there. */
static void add_urls(struct scan *s, struct reputation *r, struct str author)
{
	struct str site = author.n ? identity_org(s, author) : STR_NULL;
	const url_vec *u;
	size_t before = r->n;

	if (!s->content || scan_over(s))
		return;
	u = content_urls(s->content);
	for (size_t i = 0; i < u->n && r->n - before < REPUTATION_URLS; i++)
		if (!memory_is_local(s, u->p[i].registrable) &&
		    !(site.n && str_ieq(u->p[i].registrable, site)))
			add(r, REPUTATION_URL, u->p[i].registrable);
}

static void collect(struct scan *s, struct reputation *r)
{
	struct str dkim[REPUTATION_DKIM], author = identity_genuine(s);
	size_t n = identity_dkim(s, dkim, REPUTATION_DKIM);

	if (!ip_is_loopback(&s->client.ip))
		add(r, REPUTATION_NET, memory_net(s));
	add(r, REPUTATION_ASN, geo_asn_text(s));
	for (size_t i = 0; i < n; i++)
		add(r, REPUTATION_DKIM_DOMAIN, dkim[i]);
	add(r, REPUTATION_SPF_DOMAIN, identity_spf(s));
	add(r, author.n ? REPUTATION_FROM : REPUTATION_CLAIM, author.n ? author : s->from.domain);
	add_urls(s, r, author);
}

/* e NULL: every message that was marked. */
static struct store_op question(struct scan *s, const struct reputation_entity *e)
{
	struct str part[2] = { STR("all"), STR("") };
	struct store_op op = { .kind = STORE_ADD, .ttl_ms = REPUTATION_TTL_MS };

	if (e) {
		part[0] = str_c(reputation_word(e->kind));
		part[1] = e->value;
	}
	op.key = memory_key(s, "rep", part, 2);
	memcpy(op.half_life_ms, reputation_half_life_ms, sizeof op.half_life_ms);
	return op;
}

static bool ask(struct scan *s, const struct reputation_entity *e, double sum[STORE_SUMS])
{
	struct store_op op = question(s, e);
	const struct store_answer *a = scan_store(s, &op);

	if (a && a->status == STORE_OK)
		memcpy(sum, a->sum, sizeof a->sum);
	return a != NULL;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct reputation *r = state;
	bool here;

	(void)config;
	if (scan_passive(s) || scan_outbound(s) || s->flags & SCAN_F_AUTH_ONLY)
		return CHECK_DONE;
	if (!r->n)
		collect(s, r);
	here = ask(s, NULL, r->all);
	for (size_t i = 0; i < r->n; i++)
		here &= ask(s, &r->entity[i], r->entity[i].sum);
	if (!here)
		return CHECK_WAIT;
	reputation_combine(s, r);
	scan_publish(s, &check_reputation, r);
	return CHECK_DONE;
}

/* ---- marks ---- */

/* Somebody may send the one message of others that he has again and again, its signature still
 * good: the network is his. */
static bool copied(const struct scan *s, const struct reputation_entity *e)
{
	const struct digest_facts *f = scan_result(s, &check_digest);

	return f && f->near.has_text && f->seen >= REPUTATION_COPIES - 0.5 &&
	       e->kind != REPUTATION_NET &&
	       e->sum[REPUTATION_SPAM_MONTH] + e->sum[REPUTATION_HAM_MONTH] >=
		       REPUTATION_COPIES - 0.5;
}

/* What is forged is not held against whom it names; what is only claimed earns nothing. */
static bool may_mark(const struct scan *s, const struct reputation_entity *e, unsigned evidence,
		     bool spam)
{
	if (copied(s, e))
		return false;
	if (e->kind == REPUTATION_CLAIM)
		return spam && !(evidence & (EVIDENCE_FORGED | EVIDENCE_LOOKALIKE));
	return true;
}

static void note(struct scan *s, const struct reputation_entity *e, bool spam)
{
	struct store_op op = question(s, e);

	op.delta[spam ? REPUTATION_SPAM_DAY : REPUTATION_HAM_DAY] = 1;
	op.delta[spam ? REPUTATION_SPAM_MONTH : REPUTATION_HAM_MONTH] = 1;
	scan_store_note(s, &op);
}

static void after(struct scan *s, const void *config)
{
	const struct reputation *r = scan_result(s, &check_reputation);
	unsigned evidence = r ? memory_evidence(s) : 0;
	bool spam = (evidence & EVIDENCE_SPAM) != 0, ham = (evidence & ~EVIDENCE_SPAM) != 0;

	(void)config;
	if (spam == ham) /* none, or evidence against evidence */
		return;
	note(s, NULL, spam);
	for (size_t i = 0; i < r->n; i++)
		if (may_mark(s, &r->entity[i], evidence, spam))
			note(s, &r->entity[i], spam);
}

static uint64_t whole(double score)
{
	return (uint64_t)(trunc(score) + 2 * REPUTATION_MAX);
}

/* In whole points, which is what rules ask for, and of each kind by itself in pairs of them. */
static uint64_t mark(const struct scan *s)
{
	const struct reputation *r = scan_result(s, &check_reputation);
	uint64_t m = r ? whole(r->facts.score) : 0;

	for (size_t i = 0; r && i < r->n; i++)
		m = m * 31 + whole(r->entity[i].score / 2);
	return m;
}

static const char *const needs[] = { "spf", "dkim", "dmarc", NULL };

const struct check check_reputation = {
	.abi = CHECK_ABI,
	.name = "reputation",
	.help = "what came from this network and these domains before",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.state_size = sizeof(struct reputation),
	.run = run,
	.predicates = reputation_predicates,
	.report = reputation_report,
	.mark = mark,
	.after = after,
};
