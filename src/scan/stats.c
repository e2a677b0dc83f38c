/* The counts of judged messages. */
#include "scan/stats.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "scan/priv.h"

_Static_assert(STATS_ACTIONS == ACT_DISCARD + 1, "a count for each action");

const double stats_step_ms[STATS_STEPS] = { 1,	 2.5, 5,    10,	  25,	50,    100,
					    250, 500, 1000, 2500, 5000, 10000, 25000 };

static void count_time(struct scan_stats *t, uint64_t us)
{
	size_t i = 0;

	while (i < STATS_STEPS && (double)us > stats_step_ms[i] * 1000)
		i++;
	t->step[i]++;
	t->took_us += us;
}

/* A slot for it, taken now if it is new; NULL: there are too many. */
static struct stats_result *result_of(struct scan_stats *t, const char *check, const char *word)
{
	const struct hash_key key = { 0x7374617473u, 1 };
	struct stats_result want = { .n = 0 };
	size_t at;

	snprintf(want.check, STATS_WORD, "%s", check);
	snprintf(want.word, STATS_WORD, "%s", word);
	at = (size_t)hash_sip24(key, str_of(want.check, 2 * STATS_WORD));
	for (size_t i = 0; i < STATS_RESULTS; i++) {
		struct stats_result *r = &t->result[(at + i) % STATS_RESULTS];
		if (!r->check[0])
			memcpy(r, &want, sizeof want);
		if (!memcmp(r->check, want.check, 2 * STATS_WORD))
			return r;
	}
	return NULL;
}

static void count_result(struct scan_stats *t, const char *check, const char *word, uint64_t n)
{
	struct stats_result *r = result_of(t, check, word);

	if (r) /* who reads it while we write sees the words that belong to it */
		__atomic_store_n(&r->n, r->n + n, __ATOMIC_RELEASE);
}

void stats_message(struct scan_stats *t, const struct scan *s)
{
	const struct scan_setup *c = s->env->setup;
	static const struct {
		unsigned flag;
		enum scan_count what;
	} flags[] = {
		{ SCAN_F_DEGRADED_STORE, COUNT_DEGRADED_STORE },
		{ SCAN_F_DEGRADED_DNS, COUNT_DEGRADED_DNS },
		{ SCAN_F_DEADLINE, COUNT_DEADLINE },
		{ SCAN_F_CPU, COUNT_CPU },
		{ SCAN_F_PATTERNS, COUNT_PATTERNS },
		{ SCAN_F_TRUNCATED, COUNT_TRUNCATED },
		{ SCAN_F_POISONED, COUNT_POISONED },
	};

	t->n[COUNT_MESSAGES]++;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		t->n[flags[i].what] += (s->flags & flags[i].flag) != 0;
	t->n[COUNT_DEGRADED_OTHER] += s->priv->degraded.n > 0;
	t->action[s->verdict.action]++;
	count_time(t, s->priv->eom_us ? clock_mono_us() - s->priv->eom_us : 0);
	for (size_t i = 0; i < c->n; i++) {
		const char *word = c->check[i]->word ? c->check[i]->word(s) : NULL;
		if (word)
			count_result(t, c->check[i]->name, word, 1);
	}
}

static void add(uint64_t *sum, const uint64_t *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += __atomic_load_n(&part[i], __ATOMIC_RELAXED);
}

void stats_add(struct scan_stats *sum, const struct scan_stats *part)
{
	add(sum->n, part->n, SCAN_COUNTS);
	add(sum->action, part->action, STATS_ACTIONS);
	add(sum->step, part->step, STATS_STEPS + 1);
	add(&sum->took_us, &part->took_us, 1);
	for (size_t i = 0; i < STATS_RESULTS; i++) {
		const struct stats_result *r = &part->result[i];
		uint64_t n = __atomic_load_n(&r->n, __ATOMIC_ACQUIRE);
		if (n)
			count_result(sum, r->check, r->word, n);
	}
}
