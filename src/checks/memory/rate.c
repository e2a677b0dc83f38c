/*
 * Rate limits: how much of what one user, client, domain or recipient sends or gets. The buckets
 * are in the store, so that they are exact over all who share it; without it those of this process
 * limit on.
 */
#include "checks/memory/rate.h"

#include "base/buf.h"
#include "base/log.h"

#define TOLD_AT "ratelog"    /* keys of what was told: from alert_at on */
#define TOLD_OVER "rateover" /* and over the limit */
#define ALERT_TTL_MS (UINT64_C(3600) * 1000)
#define SLACK_MS UINT64_C(60000) /* for which a bucket is kept when it must be empty */

struct level {
	struct rate_bucket b;
	double limit, level; /* after this message, if it was let in */
	bool known, over;
	bool alert, alert_over; /* to be told: from alert_at on, over the limit */
};

struct rate_found {
	size_t n;
	struct level *level;
	bool made;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct rate_config *k = ARENA_NEW(a, struct rate_config);

	*config = k;
	return rate_read(a, c, k, e);
}

/* ---- asking ---- */

static void make(struct scan *s, const struct rate_config *k, struct rate_found *f)
{
	struct rate_bucket b[RATE_BUCKETS_MAX];

	f->made = true;
	for (size_t i = 0; i < k->n; i++)
		f->n += rate_buckets(s, &k->rule[i], b + f->n, RATE_BUCKETS_MAX - f->n);
	f->level = ARENA_ARRAY(s->arena, struct level, f->n);
	for (size_t i = 0; i < f->n; i++)
		f->level[i] = (struct level){ .b = b[i], .limit = b[i].rule->limit };
}

/* Rejects are counted when it is known that there is one; until then their bucket is looked at. */
static bool looks(const struct scan *s, const struct rate_rule *r)
{
	return r->count == RATE_REJECTS || s->env->readonly;
}

static struct store_op take(struct scan *s, const struct level *l, double limit)
{
	const struct rate_rule *r = l->b.rule;

	return (struct store_op){ .kind = STORE_TAKE,
				  .flags = looks(s, r) ? STORE_F_LOOK : 0,
				  .key = rate_key(s, "rate", &l->b),
				  .cost = l->b.cost,
				  .burst = limit,
				  .rate = limit / r->period_s,
				  .ttl_ms = (uint64_t)(r->period_s * 1000) + SLACK_MS };
}

static void read_level(struct scan *s, struct level *l, const struct store_answer *a)
{
	l->known = a->status == STORE_OK;
	if (!l->known)
		return;
	l->level = a->sum[0];
	l->over = looks(s, l->b.rule) ? l->level + l->b.cost > l->limit : !a->admitted;
}

/* Somebody gave this key a higher limit (`merlon limits raise`): the second question of a bucket
 * that the first one found full. False: not yet. */
static bool ask_raised(struct scan *s, struct level *l, const struct store_answer *max)
{
	const struct store_answer *a;
	struct store_op op;
	double limit;

	if (max->status != STORE_OK || !str_f64(max->value, &limit) || limit <= l->limit)
		return true;
	op = take(s, l, limit);
	op.member = STR("raised");
	a = scan_store(s, &op);
	if (!a)
		return false;
	l->limit = limit;
	read_level(s, l, a);
	return true;
}

static const struct store_answer *look(struct scan *s, const struct level *l, const char *ns)
{
	return scan_store(s,
			  &(struct store_op){ .kind = STORE_GET, .key = rate_key(s, ns, &l->b) });
}

/* Whether it was told already is asked with the level, so that this costs one round trip. */
static bool ask_told(struct scan *s, const struct level *l)
{
	const struct rate_rule *r = l->b.rule;
	bool known = true;

	if (s->env->readonly)
		return true;
	if (r->alert_at > 0)
		known = look(s, l, TOLD_AT) != NULL;
	if (r->action == RATE_ALERT)
		known = look(s, l, TOLD_OVER) != NULL && known;
	return known;
}

static bool ask_level(struct scan *s, struct level *l)
{
	struct store_op op = take(s, l, l->b.rule->limit);
	const struct store_answer *a = scan_store(s, &op), *max = look(s, l, "ratemax");
	bool told = ask_told(s, l);

	l->limit = l->b.rule->limit;
	if (!a || !max || !told)
		return false;
	read_level(s, l, a);
	return !l->over || ask_raised(s, l, max);
}

/* The first one to say so in an hour tells it. */
static bool ask_alert(struct scan *s, const struct level *l, const char *ns, bool *alert)
{
	struct store_op op = { .kind = STORE_NEW,
			       .key = rate_key(s, ns, &l->b),
			       .value = STR("1"),
			       .ttl_ms = ALERT_TTL_MS };
	const struct store_answer *a = look(s, l, ns);

	if (a && a->status == STORE_OK)
		return true;
	a = scan_store(s, &op);
	if (a)
		*alert = a->status == STORE_NONE;
	return a != NULL;
}

static double percent(const struct level *l)
{
	return l->level / l->limit * 100;
}

static bool ask_alerts(struct scan *s, struct level *l)
{
	const struct rate_rule *r = l->b.rule;
	bool done = true;

	if (!l->known || s->env->readonly)
		return true;
	if (r->alert_at > 0 && (l->over || percent(l) >= r->alert_at))
		done = ask_alert(s, l, TOLD_AT, &l->alert);
	if (l->over && r->action == RATE_ALERT)
		done = ask_alert(s, l, TOLD_OVER, &l->alert_over) && done;
	return done;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct rate_found *f = state;
	bool wait = false;

	if (scan_passive(s))
		return CHECK_DONE;
	if (!f->made)
		make(s, config, f);
	for (size_t i = 0; i < f->n; i++)
		wait |= !ask_level(s, &f->level[i]);
	for (size_t i = 0; i < f->n && !wait; i++)
		wait |= !ask_alerts(s, &f->level[i]);
	if (wait)
		return CHECK_WAIT;
	scan_publish(s, &check_rate, f);
	return CHECK_DONE;
}

/* ---- what follows ---- */

static void settle(struct scan *s, const void *config)
{
	static const enum action action[] = { [RATE_ALERT] = ACT_ACCEPT,
					      [RATE_TEMPFAIL] = ACT_TEMPFAIL,
					      [RATE_HOLD] = ACT_QUARANTINE,
					      [RATE_REJECT] = ACT_REJECT };
	const struct rate_found *f = scan_result(s, &check_rate);

	(void)config;
	for (size_t i = 0; f && i < f->n; i++) {
		const struct rate_rule *r = f->level[i].b.rule;
		if (f->level[i].over)
			scan_require(s, action[r->action], NULL,
				     arena_printf(s->arena, "rate %.*s", STR_ARG(r->name)));
	}
}

static void tell(const struct scan *s, const struct level *l, const char *event)
{
	struct buf key = { .arena = s->arena };

	for (size_t i = 0; i < l->b.rule->nparts; i++)
		buf_addf(&key, "%s%.*s", i ? " " : "", STR_ARG(l->b.part[1 + i]));
	LOG(LOG_LVL_WARN, event, F_STR("rate", l->b.rule->name), F_STR("key", buf_str(&key)),
	    F_INT("level", l->level + 0.5), F_INT("limit", l->limit),
	    F_STR("qid", s->client.queue_id));
}

static bool refused(const struct scan *s)
{
	return s->verdict.action == ACT_REJECT && !str_starts(s->verdict.reason, STR("rate "));
}

/* It comes again, and counts then. */
static bool put_off(const struct scan *s)
{
	return s->verdict.action == ACT_GREYLIST || s->verdict.action == ACT_TEMPFAIL;
}

/* What is counted when the verdict is known: rejects; and what was counted too early is given back.
 */
static void settle_account(struct scan *s, const struct level *l)
{
	struct store_op op = take(s, l, l->limit);

	op.flags = 0;
	if (l->b.rule->count == RATE_REJECTS && refused(s)) {
		scan_store_note(s, &op);
	} else if (l->b.rule->count != RATE_REJECTS && put_off(s) && l->known && !l->over) {
		op.cost = -op.cost;
		scan_store_note(s, &op);
	}
}

static void after(struct scan *s, const void *config)
{
	const struct rate_found *f = scan_result(s, &check_rate);

	(void)config;
	for (size_t i = 0; f && i < f->n; i++) {
		const struct level *l = &f->level[i];
		if (l->alert_over)
			tell(s, l, "rate_over");
		else if (l->alert)
			tell(s, l, "rate_alert");
		settle_account(s, l);
	}
}

/* ---- what it tells ---- */

static bool is_named(const struct level *l, struct str name)
{
	return str_eq(name, STR("*")) || str_eq(name, l->b.rule->name);
}

static struct str shown(struct scan *s, const struct level *l)
{
	struct str first = l->b.part[1];

	return arena_printf(s->arena, "%.*s %.*s: %.0f of %.0f", STR_ARG(l->b.rule->name),
			    STR_ARG(first), l->level, l->limit);
}

static bool rate_over(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct rate_found *f = scan_result(s, &check_rate);

	(void)n;
	for (size_t i = 0; f && i < f->n; i++) {
		if (!f->level[i].over || !is_named(&f->level[i], arg[0].text))
			continue;
		*evidence = shown(s, &f->level[i]);
		return true;
	}
	return false;
}

static bool rate_above(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct rate_found *f = scan_result(s, &check_rate);

	(void)n;
	for (size_t i = 0; f && i < f->n; i++) {
		const struct level *l = &f->level[i];
		if (!l->known || !is_named(l, arg[0].text) ||
		    (!l->over && percent(l) < arg[1].number))
			continue;
		*evidence = shown(s, l);
		return true;
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "rate_over", "s", rate_over,
	  "the message is over the rate limit of that name (* for any)" },
	{ "rate_above", "sn", rate_above,
	  "the bucket of the rate limit of that name (* for any) is filled to so many percent" },
	{ 0 },
};

/* Which limits it is over, and the others in steps of five percent. */
static uint64_t mark(const struct scan *s)
{
	const struct rate_found *f = scan_result(s, &check_rate);
	uint64_t m = 0;

	for (size_t i = 0; f && i < f->n; i++) {
		const struct level *l = &f->level[i];
		uint64_t step = l->over			   ? 31
				: l->known && l->level > 0 ? (uint64_t)(percent(l) / 5)
							   : 0;
		m = (m ^ step ^ i << 8) * UINT64_C(1099511628211);
	}
	return m;
}

static const char *word(const struct scan *s)
{
	const struct rate_found *f = scan_result(s, &check_rate);

	for (size_t i = 0; f && i < f->n; i++)
		if (f->level[i].over)
			return "over";
	return NULL;
}

static const char *const needs[] = { "dmarc", NULL };

const struct check check_rate = {
	.abi = CHECK_ABI,
	.name = "rate",
	.help = "rate limits of users, clients, domains and recipients",
	.stage = SCAN_EOM,
	.needs = needs,
	.flags = CHECK_MEMORY,
	.options = rate_options,
	.state_size = sizeof(struct rate_found),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.mark = mark,
	.settle = settle,
	.after = after,
	.word = word,
};
