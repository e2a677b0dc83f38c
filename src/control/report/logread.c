/* Logs read page by page, with patience of our own: the store has none of its own for us. */
#include "control/report/logread.h"

#include <stdlib.h>

#include "io/loop.h"

struct logread {
	struct loop *loop;
	struct store *store;
	struct store_call *call;
	struct loop_timer *timer;
	struct logread_range range;
	logread_entry_fn *entry;
	logread_answers_fn *seen;
	logread_end_fn *end;
	void *arg;
};

struct logread *logread_new(struct loop *l, struct store *s)
{
	struct logread *r = calloc(1, sizeof *r);

	if (!r)
		bug("no memory");
	r->loop = l;
	r->store = s;
	return r;
}

static void hold(struct logread *r)
{
	store_cancel(r->call);
	loop_cancel(r->timer);
	r->call = NULL;
	r->timer = NULL;
}

void logread_free(struct logread *r)
{
	if (!r)
		return;
	hold(r);
	free(r);
}

static void finish(struct logread *r, bool good)
{
	logread_end_fn *end = r->end;

	hold(r);
	r->end = NULL;
	end(r->arg, good);
}

static void too_late(void *arg)
{
	struct logread *r = arg;

	r->timer = NULL;
	finish(r, false);
}

static bool answered(struct logread *r, const struct store_answer *a, size_t n)
{
	r->call = NULL;
	loop_cancel(r->timer);
	r->timer = NULL;
	for (size_t i = 0; i < n; i++)
		if (a[i].local || a[i].status == STORE_FAILED || a[i].status == STORE_FULL)
			return false;
	return true;
}

static void begin(struct logread *r, logread_end_fn *end, void *arg)
{
	if (r->end)
		bug("a log is read twice at once");
	r->end = end;
	r->arg = arg;
}

static void next_page(struct logread *r);

static void page_came(void *arg, const struct store_answer *a, size_t n)
{
	struct logread *r = arg;

	if (!answered(r, a, n)) {
		finish(r, false);
		return;
	}
	for (size_t i = 0; i < a->nentry; i++) {
		uint64_t id = a->entry[i].id;

		if ((r->range.upto && id > r->range.upto) ||
		    !r->entry(r->arg, id, a->entry[i].value)) {
			finish(r, true);
			return;
		}
		r->range.after = id;
	}
	if (a->nentry && !r->range.once)
		next_page(r);
	else
		finish(r, true);
}

static void next_page(struct logread *r)
{
	struct store_op op = { .kind = STORE_READ,
			       .key = r->range.key,
			       .id = r->range.after,
			       .limit = r->range.limit };

	r->timer = loop_after(r->loop, LOGREAD_ANSWER_MS, too_late, r);
	r->call = store_send(r->store, &op, 1, STORE_SLOW, page_came, r);
}

void logread_start(struct logread *r, const struct logread_range *range, logread_entry_fn *entry,
		   logread_end_fn *end, void *arg)
{
	begin(r, end, arg);
	r->range = *range;
	r->entry = entry;
	next_page(r);
}

static void ops_done(void *arg, const struct store_answer *a, size_t n)
{
	struct logread *r = arg;
	bool good = answered(r, a, n);

	if (good && r->seen)
		r->seen(r->arg, a, n);
	finish(r, good);
}

void logread_send(struct logread *r, const struct store_op *op, size_t n, logread_answers_fn *seen,
		  logread_end_fn *end, void *arg)
{
	begin(r, end, arg);
	r->seen = seen;
	r->timer = loop_after(r->loop, LOGREAD_ANSWER_MS, too_late, r);
	r->call = store_send(r->store, op, n, STORE_SLOW | STORE_DURABLE, ops_done, r);
}
