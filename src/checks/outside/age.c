/*
 * How long domains have been known here. Each registrable domain of a sender or a link has a record
 * ("first:SITE"), made when it is seen first, whoever wrote and whatever became of the message; one
 * more ("first:") tells since when that is remembered at all: before then nothing can be called
 * new.
 */
#include "checks/outside/age.h"

#include "checks/checks.h"
#include "checks/memory/identity.h"
#include "checks/words.h"
#include "mail/domain.h"

#define DAY (INT64_C(86400) * 1000)

/* ---- names ---- */

static void add(struct scan *s, struct age_facts *f, enum age_where where, struct str domain)
{
	struct str site = domain.n ? identity_org(s, domain) : STR_NULL;

	if (!site.n || domain_labels(site) < 2 || memory_is_local(s, site))
		return;
	for (size_t i = 0; i < f->n; i++)
		if (f->name[i].where == where && str_eq(f->name[i].site, site))
			return;
	f->name[f->n++] = (struct age_name){ .where = where, .site = site };
}

static void collect(struct scan *s, struct age_facts *f)
{
	const url_vec *u = s->content && !scan_over(s) ? content_urls(s->content) : NULL;
	size_t links;

	add(s, f, AGE_FROM, s->from.domain);
	if (s->mail.domain.n)
		add(s, f, AGE_ENVELOPE, domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE));
	links = f->n;
	for (size_t i = 0; u && i < u->n && f->n - links < AGE_LINKS; i++)
		add(s, f, AGE_LINK, u->p[i].registrable);
}

/* ---- the store ---- */

static struct store_op record(struct scan *s, struct str site)
{
	return (struct store_op){ .kind = STORE_ADD,
				  .key = memory_key(s, "first", &site, 1),
				  .ttl_ms = site.n ? AGE_TTL_MS : 0 };
}

static bool ask_since(struct scan *s, struct age_facts *f)
{
	struct store_answer a;
	bool here = memory_look(s, record(s, STR("")), &a);

	f->since = -1;
	if (here && a.status == STORE_OK && a.created_ms > 0)
		f->since = (s->now * 1000 - a.created_ms) / DAY;
	return here;
}

static bool ask_name(struct scan *s, struct age_name *n)
{
	int64_t now = s->now * 1000;
	struct store_answer a;

	if (!memory_look(s, record(s, n->site), &a))
		return false;
	n->asked = a.status == STORE_OK;
	n->seen = n->asked && a.created_ms > 0;
	n->days = n->seen && now > a.created_ms ? (now - a.created_ms) / DAY : 0;
	n->today = n->seen && now - a.updated_ms < DAY && a.updated_ms <= now + DAY;
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct age_facts *f = state;
	bool here;

	(void)config;
	if (scan_passive(s) || scan_outbound(s) || s->flags & SCAN_F_AUTH_ONLY)
		return CHECK_DONE;
	if (!f->n)
		collect(s, f);
	here = ask_since(s, f);
	for (size_t i = 0; i < f->n; i++)
		here &= ask_name(s, &f->name[i]);
	if (!here)
		return CHECK_WAIT;
	scan_publish(s, &check_age, f);
	return CHECK_DONE;
}

static void note(struct scan *s, struct str site)
{
	struct store_op op = record(s, site);

	op.delta[0] = 1;
	scan_store_note(s, &op);
}

/* Once a day for each name, so that what is in every message is not written with every message. */
static void after(struct scan *s, const void *config)
{
	const struct age_facts *f = scan_result(s, &check_age);

	(void)config;
	if (!f)
		return;
	if (f->since < 0)
		note(s, STR(""));
	for (size_t i = 0; i < f->n; i++)
		if (!f->name[i].today)
			note(s, f->name[i].site);
}

/* ---- predicates ---- */

static const char *const where_word[] = {
	[AGE_FROM] = "from", [AGE_ENVELOPE] = "envelope", [AGE_LINK] = "links"
};

/* As long as all that is known is younger, nothing can be told apart. */
static bool young(const struct age_facts *f, const struct age_name *n, double days)
{
	return n->asked && (double)f->since > days && (double)n->days <= days;
}

static bool domain_age(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct age_facts *f = scan_result(s, &check_age);

	(void)n;
	for (size_t i = 0; f && i < f->n; i++) {
		const struct age_name *k = &f->name[i];
		if (!words_has(arg[0].text, where_word[k->where]) || !young(f, k, arg[1].number))
			continue;
		*evidence = k->seen ? arena_printf(s->arena, "%.*s: first seen %lld days ago",
						   STR_ARG(k->site), (long long)k->days)
				    : arena_printf(s->arena, "%.*s: never seen", STR_ARG(k->site));
		return true;
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "domain_age", "sn", domain_age,
	  "the site of one of these (from, envelope, links) was seen here first at most so many "
	  "days ago, 119 at most, or never; not before sites have been remembered for longer" },
	{ 0 },
};

/* Days as far as rules ask for them. */
static uint64_t mark(const struct scan *s)
{
	const struct age_facts *f = scan_result(s, &check_age);
	uint64_t m = 0;

	for (size_t i = 0; f && i < f->n; i++) {
		int64_t days = f->name[i].days > AGE_DAYS ? AGE_DAYS : f->name[i].days;
		m = m * 131 + (uint64_t)days + (f->name[i].asked ? 1 : 0);
	}
	/* nothing known yet, and known since today, are the same */
	return f && f->since > 0 ? m * 131 + (uint64_t)(f->since > AGE_DAYS ? AGE_DAYS : f->since)
				 : m;
}

const struct check check_age = {
	.abi = CHECK_ABI,
	.name = "age",
	.help = "how long the domains of senders and links have been known here",
	.stage = SCAN_EOM,
	.flags = CHECK_MEMORY | CHECK_FACTS,
	.state_size = sizeof(struct age_facts),
	.run = run,
	.predicates = predicates,
	.mark = mark,
	.after = after,
};
