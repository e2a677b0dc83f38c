/* The lists' own test points: what must be listed is, and what must not be is not. */
#include "base/log.h"
#include "checks/dnslist/desk.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "scan/setup.h"

struct point {
	const struct tests *tests;
	const struct dnslist_zone *zone;
	struct board_cell *cell;
	const char *name;
	bool listed; /* it has to be */
};

struct tests {
	const struct scan_env *env;
	struct point *point;
	size_t n;
};

static void say(const struct point *p, const char *event, const char *found)
{
	LOG(LOG_LVL_WARN, event, F_STR("list", p->zone->name),
	    F_CSTR("expected", p->listed ? "listed" : "not listed"), F_CSTR("found", found));
}

static bool refuses(const struct dnslist_zone *z, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (dnslist_codes_fit(STR(DNSLIST_REFUSED), DNS_A, &a->rr[i]) ||
		    dnslist_codes_fit(z->refused, DNS_A, &a->rr[i]))
			return true;
	return false;
}

static void judge_point(const struct point *p, const struct dns_answer *a)
{
	if (a->status == DNS_TEMPFAIL || a->status == DNS_BOGUS) {
		board_failed(p->cell, "no answer");
		say(p, "dnslist_selftest", "no answer");
	} else if (a->status == DNS_OK && refuses(p->zone, a)) {
		board_add(p->cell, BOARD_REFUSED, 1);
		if (board_off(p->cell, DNSLIST_OFF_MS, "refused"))
			say(p, "dnslist_refused", "refused");
	} else if (a->status == DNS_OK && !p->listed) {
		board_add(p->cell, BOARD_REFUSED, 1);
		if (board_off(p->cell, DNSLIST_WILD_MS, "lists everything"))
			say(p, "dnslist_wild", "listed");
	} else if (a->status != DNS_OK && p->listed) {
		board_add(p->cell, BOARD_FAILED, 1);
		say(p, "dnslist_selftest", "not listed");
	} else {
		board_add(p->cell, BOARD_GOOD, 1);
	}
}

static void answered(void *arg, const struct dns_answer *a)
{
	judge_point(arg, a);
	resolver_put(a);
}

static void test_all(void *arg)
{
	const struct tests *t = arg;

	for (size_t i = 0; i < t->n; i++) {
		struct point *p = &t->point[i];
		const struct dns_answer *a;
		struct resolver_query *q;
		/* One worker tests a list: it is the one that asks for its first point. */
		bool mine = i && p[-1].cell == p->cell
				    ? p[-1].tests != NULL
				    : board_once(p->cell, DNSLIST_TEST_MS - 1000);
		p->tests = mine ? t : NULL;
		if (!mine)
			continue;
		board_add(p->cell, BOARD_ASKED, 1);
		a = resolver_ask(t->env->resolver, p->name, DNS_A, 0, answered, p, &q);
		if (a)
			answered(p, a);
	}
	loop_after(t->env->loop, DNSLIST_TEST_MS, test_all, arg);
}

static void add(struct arena *a, struct tests *t, const struct dnslist_zone *z, struct str name,
		bool listed)
{
	struct point *p = &t->point[t->n];

	if (!name.n)
		return;
	p->zone = z;
	p->cell = board_cell(t->env->board, z->cell);
	p->name = arena_printf(a, "%.*s.%.*s", STR_ARG(name), STR_ARG(z->suffix)).p;
	p->listed = listed;
	t->n++;
}

void dnslist_selftest(struct arena *a, const struct scan_env *env)
{
	const struct dnslist_config *k = NULL;
	struct tests *t;

	for (size_t i = 0; i < env->setup->n; i++)
		if (env->setup->check[i] == &check_dnslist)
			k = env->setup->config[i];
	if (!k || !k->use || !k->max_queries || !env->board)
		return;
	t = ARENA_NEW(a, struct tests);
	t->env = env;
	t->point = ARENA_ARRAY(a, struct point, 2 * k->n + 1);
	for (size_t i = 0; i < k->n; i++) {
		const struct dnslist_zone *z = k->zone[i];
		if (!z->use || !z->wanted || z->type != DNS_A)
			continue;
		add(a, t, z, z->listed, true);
		add(a, t, z, z->unlisted, false);
	}
	test_all(t);
}
