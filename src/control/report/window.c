/* Windows read back: which there are, their sums, what of them was reported. */
#include "control/report/window.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/report/keys.h"
#include "control/report/logread.h"
#include "control/report/sums.h"

#define LIST_PAGE 1u	       /* entries: is there any? */
#define PLANS_MAX 4u	       /* of others that come between ours */
#define GONE_MAX INDEX_LOG_MAX /* windows that are known to be removed: all of the index */

struct windows {
	struct logread *io;
	struct arena *arena; /* of what is under way */
	bool busy;
	struct window_part gone[GONE_MAX];
	size_t ngone;
	/* list */
	int64_t ended;
	VEC(struct window_part) window; /* of the index */
	VEC(struct window_part) found;
	size_t at; /* window, times WINDOW_PARTS and part */
	bool any;
	windows_list_fn *listed;
	/* sum and done */
	struct window_part part;
	uint64_t fence, upto;
	struct marks marks;
	struct mark range; /* that is summed; upto 0: not known yet */
	bool fixed;	   /* its ends are known */
	unsigned plans;
	struct sums *sums;
	windows_sum_fn *summed;
	windows_done_fn *done;
	void *arg;
};

uint32_t window_length(const struct conf *c)
{
	static const uint32_t hours[] = { 1, 2, 3, 4, 6, 8, 12, 24 }; /* as the option has them */

	return hours[conf_enum(c, "report.dmarc.window")] * 3600;
}

struct windows *windows_new(struct loop *l, struct store *s)
{
	struct windows *w = calloc(1, sizeof *w);

	if (!w)
		bug("no memory");
	w->io = logread_new(l, s);
	w->arena = arena_new(0);
	return w;
}

void windows_free(struct windows *w)
{
	if (!w)
		return;
	logread_free(w->io);
	sums_free(w->sums);
	arena_free(w->arena);
	free(w);
}

static void begin(struct windows *w, void *arg)
{
	if (w->busy)
		bug("windows are asked twice at once");
	w->busy = true;
	w->arg = arg;
	arena_reset(w->arena);
}

/* ---- which ---- */

static int by_start(const void *x, const void *y)
{
	const struct window_part *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

static bool same(const struct window_part *a, const struct window_part *b)
{
	return a->start == b->start && a->length == b->length;
}

static bool have(const struct window_part *v, size_t n, const struct window_part *p)
{
	for (size_t i = 0; i < n; i++)
		if (same(&v[i], p))
			return true;
	return false;
}

static bool over(const struct window_part *p, int64_t now)
{
	return p->start + (int64_t)p->length + WINDOW_KEEP_S <= now;
}

static bool list_indexed(void *arg, uint64_t id, struct str value)
{
	struct windows *w = arg;
	struct window_part p;

	(void)id;
	if (index_parse(value, &p) && p.start + (int64_t)p.length <= w->ended &&
	    !have(w->window.p, w->window.n, &p) && !have(w->gone, w->ngone, &p))
		VEC_PUSH(w->arena, w->window) = p;
	return true;
}

static void end_list(struct windows *w, bool good)
{
	w->busy = false;
	w->listed(w->arg, good, w->found.p, good ? w->found.n : 0);
}

static void list_next(struct windows *w);

static void removed(void *arg, bool good)
{
	struct windows *w = arg;

	if (!good) {
		end_list(w, false);
		return;
	}
	if (w->ngone == GONE_MAX)
		w->ngone = 0;
	w->gone[w->ngone++] = w->window.p[w->at / WINDOW_PARTS];
	w->at += WINDOW_PARTS;
	list_next(w);
}

static void remove_window(struct windows *w, struct window_part p)
{
	struct store_op op[2 * WINDOW_PARTS];

	for (p.part = 0; p.part < WINDOW_PARTS; p.part++) {
		op[2 * p.part] =
			(struct store_op){ .kind = STORE_DEL, .key = rows_key(w->arena, &p) };
		op[2 * p.part + 1] =
			(struct store_op){ .kind = STORE_DEL, .key = marks_key(w->arena, &p) };
	}
	logread_send(w->io, op, 2 * WINDOW_PARTS, NULL, removed, w);
}

static bool list_row(void *arg, uint64_t id, struct str value)
{
	struct windows *w = arg;

	(void)id;
	(void)value;
	w->any = true;
	return false;
}

static void list_looked(void *arg, bool good)
{
	struct windows *w = arg;

	if (!good) {
		end_list(w, false);
		return;
	}
	if (w->any)
		VEC_PUSH(w->arena, w->found) = w->part;
	w->at++;
	list_next(w);
}

static bool add_mark(void *arg, uint64_t id, struct str value)
{
	struct windows *w = arg;
	struct mark m;

	(void)id;
	if (mark_parse(value, &m))
		marks_add(&w->marks, &m);
	return true;
}

static void list_marked(void *arg, bool good)
{
	struct windows *w = arg;
	struct logread_range r = { .key = rows_key(w->arena, &w->part),
				   .after = w->marks.done,
				   .limit = LIST_PAGE,
				   .once = true };

	w->any = w->marks.planned;
	if (!good || w->any)
		list_looked(w, good);
	else
		logread_start(w->io, &r, list_row, list_looked, w);
}

static void read_marks(struct windows *w, logread_end_fn *end)
{
	struct logread_range r = { .key = marks_key(w->arena, &w->part) };

	w->marks = (struct marks){ 0 };
	logread_start(w->io, &r, add_mark, end, w);
}

static void list_next(struct windows *w)
{
	size_t i = w->at / WINDOW_PARTS;

	if (i == w->window.n) {
		end_list(w, true);
		return;
	}
	w->part = w->window.p[i];
	w->part.part = (unsigned)(w->at % WINDOW_PARTS);
	if (over(&w->part, clock_wall()))
		remove_window(w, w->part);
	else
		read_marks(w, list_marked);
}

static void list_read(void *arg, bool good)
{
	struct windows *w = arg;

	if (!good) {
		end_list(w, false);
		return;
	}
	if (w->window.n)
		qsort(w->window.p, w->window.n, sizeof *w->window.p, by_start);
	list_next(w);
}

void windows_list(struct windows *w, int64_t ended, windows_list_fn *fn, void *arg)
{
	begin(w, arg);
	w->listed = fn;
	w->ended = ended;
	w->at = 0;
	memset(&w->window, 0, sizeof w->window);
	memset(&w->found, 0, sizeof w->found);
	logread_start(w->io, &(struct logread_range){ .key = STR(INDEX_KEY) }, list_indexed,
		      list_read, w);
}

/* ---- sums ---- */

static void end_sum(struct windows *w, enum windows_state state)
{
	struct window_sums *out = NULL;

	if (state == WINDOWS_GOOD) {
		out = sums_result(w->sums);
		out->from = w->range.from;
		out->upto = w->range.upto > w->range.from ? w->range.upto : 0;
	}
	sums_free(w->sums);
	w->sums = NULL;
	w->busy = false;
	w->summed(w->arg, state, out);
}

static void start_sum(struct windows *w);

static void planned(void *arg, bool good)
{
	struct windows *w = arg;
	const struct marks *m = &w->marks;

	if (!good)
		end_sum(w, WINDOWS_FAILED);
	else if (m->fence > w->fence)
		end_sum(w, WINDOWS_LOST);
	else if (m->planned && m->plan.from == w->range.from && m->plan.upto == w->range.upto &&
		 m->plan.before == w->range.before)
		end_sum(w, WINDOWS_GOOD);
	else if (++w->plans < PLANS_MAX)
		start_sum(w);
	else
		end_sum(w, WINDOWS_FAILED);
}

static void plan_sent(void *arg, bool good)
{
	struct windows *w = arg;

	if (good)
		read_marks(w, planned);
	else
		end_sum(w, WINDOWS_FAILED);
}

static void append_mark(struct windows *w, struct mark m, logread_end_fn *end)
{
	struct store_op op = { .kind = STORE_APPEND,
			       .key = marks_key(w->arena, &w->part),
			       .value = mark_format(w->arena, &m),
			       .limit = MARKS_LOG_MAX };

	logread_send(w->io, &op, 1, NULL, end, w);
}

static void sum_round(struct windows *w);

/* The plan is written down although it may be there: who reads it from now on sees our number. */
static void sum_read(void *arg, bool good)
{
	struct windows *w = arg;

	w->fixed = true;
	if (!good)
		end_sum(w, WINDOWS_FAILED);
	else if (sums_again(w->sums))
		sum_round(w);
	else if (w->fence && w->range.upto > w->range.from)
		append_mark(w,
			    (struct mark){ .kind = 'P',
					   .fence = w->fence,
					   .from = w->range.from,
					   .upto = w->range.upto,
					   .before = w->range.before },
			    plan_sent);
	else
		end_sum(w, WINDOWS_GOOD);
}

static bool sum_entry(void *arg, uint64_t id, struct str value)
{
	struct windows *w = arg;

	if (!w->fixed)
		w->range.upto = id;
	sums_entry(w->sums, id > w->range.from ? SUMS_COUNT : SUMS_SEEN, value);
	return true;
}

static bool sum_entry_before(void *arg, uint64_t id, struct str value)
{
	struct windows *w = arg;

	if (!w->fixed)
		w->range.before = id;
	sums_entry(w->sums, SUMS_BEFORE, value);
	return true;
}

static void sum_rows(void *arg, bool good)
{
	struct windows *w = arg;
	struct logread_range r = { .key = rows_key(w->arena, &w->part), .upto = w->range.upto };

	if (!good)
		end_sum(w, WINDOWS_FAILED);
	else
		logread_start(w->io, &r, sum_entry, sum_read, w);
}

/* The window before first. With fixed ends an empty one is not read: 0 would mean all of it. */
static void sum_round(struct windows *w)
{
	struct window_part before = w->part;
	struct logread_range r = { .upto = w->range.before };

	before.start -= before.length;
	r.key = rows_key(w->arena, &before);
	if (before.start < 0 || (w->fixed && !w->range.before))
		sum_rows(w, true);
	else
		logread_start(w->io, &r, sum_entry_before, sum_rows, w);
}

static void start_sum(struct windows *w)
{
	const struct marks *m = &w->marks;

	sums_free(w->sums);
	w->sums = sums_new(&w->part, &(struct sums_limits){ 0 });
	w->range = (struct mark){ .from = m->done };
	w->fixed = m->planned;
	if (m->planned)
		w->range = m->plan;
	sum_round(w);
}

static void sum_marked(void *arg, bool good)
{
	struct windows *w = arg;

	if (!good)
		end_sum(w, WINDOWS_FAILED);
	else if (w->fence && w->marks.fence > w->fence)
		end_sum(w, WINDOWS_LOST);
	else
		start_sum(w);
}

void windows_sum(struct windows *w, struct window_part p, uint64_t fence, windows_sum_fn *fn,
		 void *arg)
{
	begin(w, arg);
	w->summed = fn;
	w->part = p;
	w->fence = fence;
	w->plans = 0;
	read_marks(w, sum_marked);
}

void window_sums_free(struct window_sums *s)
{
	if (s)
		arena_free(s->arena);
}

uint64_t windows_overtaker(const struct windows *w)
{
	return w->marks.fence;
}

/* ---- done ---- */

static void end_done(struct windows *w, enum windows_state state)
{
	w->busy = false;
	w->done(w->arg, state);
}

static void done_read(void *arg, bool good)
{
	struct windows *w = arg;

	if (!good)
		end_done(w, WINDOWS_FAILED);
	else
		end_done(w, w->marks.done >= w->upto && w->marks.done_by <= w->fence
				    ? WINDOWS_GOOD
				    : WINDOWS_LOST);
}

static void done_sent(void *arg, bool good)
{
	struct windows *w = arg;

	if (good)
		read_marks(w, done_read);
	else
		end_done(w, WINDOWS_FAILED);
}

void windows_done(struct windows *w, struct window_part p, uint64_t upto, uint64_t fence,
		  windows_done_fn *fn, void *arg)
{
	begin(w, arg);
	w->done = fn;
	w->part = p;
	w->fence = fence;
	w->upto = upto;
	append_mark(w, (struct mark){ .kind = 'D', .fence = fence, .upto = upto }, done_sent);
}
