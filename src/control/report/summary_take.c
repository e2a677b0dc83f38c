/* Reports that came in by mail, on their way from the spool into the store. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/report/logread.h"
#include "control/report/summary.h"

#define BATCH 16u /* reports of one call of the store: 48 kB each at most */

struct summaries {
	struct logread *io;
	struct arena *arena;
	struct tally tally;
	/* what is under way */
	const struct spool_record *record;
	size_t n, at;
	collect_taken_fn *taken;
	void *token;
};

struct summaries *summaries_new(struct loop *l, struct store *s)
{
	struct summaries *t = calloc(1, sizeof *t);

	if (!t)
		bug("no memory");
	t->io = logread_new(l, s);
	t->arena = arena_new(0);
	t->tally.arena = arena_new(0);
	return t;
}

void summaries_free(struct summaries *t)
{
	if (!t)
		return;
	logread_free(t->io);
	arena_free(t->arena);
	arena_free(t->tally.arena);
	free(t);
}

static void count(struct summaries *t)
{
	struct report_sum s;

	for (size_t i = 0; i < t->n; i++) {
		arena_reset(t->arena);
		if (report_sum_parse(t->arena, t->record[i].octets, &s))
			tally_add(&t->tally, &s);
	}
}

static void end(struct summaries *t, bool good)
{
	collect_taken_fn *taken = t->taken;

	if (good)
		count(t);

	t->taken = NULL;
	arena_reset(t->arena);
	taken(t->token, good);
}

static void send_next(struct summaries *t);

static void sent(void *arg, bool good)
{
	if (good)
		send_next(arg);
	else
		end(arg, false);
}

static void send_next(struct summaries *t)
{
	struct store_op op[BATCH * SUMMARY_OPS];
	int64_t now = clock_wall();
	size_t n = 0;

	arena_reset(t->arena);
	while (n < BATCH * SUMMARY_OPS && t->at < t->n)
		n += summary_add(t->arena, t->record[t->at++].octets, now, op + n);
	if (n)
		logread_send(t->io, op, n, NULL, sent, t);
	else
		end(t, true);
}

static void take(void *arg, const struct spool_record *r, size_t n, collect_taken_fn *taken,
		 void *token)
{
	struct summaries *t = arg;

	t->record = r;
	t->n = n;
	t->at = 0;
	t->taken = taken;
	t->token = token;
	send_next(t);
}

const struct tally *summaries_tally(const struct summaries *t)
{
	return &t->tally;
}

struct collect_taker summaries_taker(struct summaries *t)
{
	return (struct collect_taker){ .type = SPOOL_REPORT_IN, .take = take, .arg = t };
}
