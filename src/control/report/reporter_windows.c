/* Windows that have ended become reports in the outbox: part by part, each summed, cut into what
 * fits, written down, and then marked. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/report/build.h"
#include "control/report/reporter.h"

static void next_part(struct reporter *r);
static void next_report(struct reporter *r);

static void drop_sums(struct reporter *r)
{
	arena_free(r->scratch);
	r->scratch = NULL;
	r->build = NULL;
	r->nbuild = r->built = r->report = 0;
	window_sums_free(r->sums);
	r->sums = NULL;
}

void reporter_windows_stop(struct reporter *r)
{
	drop_sums(r);
	free(r->part);
	r->part = NULL;
	r->nparts = r->at = 0;
}

static void end(struct reporter *r, bool good)
{
	reporter_windows_stop(r);
	if (r->outdated)
		reporter_give_back(r);
	r->outdated = false;
	r->windows_ms = clock_mono_ms() + REPORTER_WINDOWS_MS;
	r->look_ms = 0; /* what was written is found in the log */
	r->listed = true;
	r->sum.store = r->sum.store && good;
	r->busy = false;
	reporter_work(r);
}

/* Whoever has the lease now was there, or a machine whose clock was ahead. The former is seen when
 * the lease is asked for anew; because of the latter no other part waits, and this one no longer
 * than until the clock is there, when a new lease has a number above it. */
static void overtaken(struct reporter *r)
{
	const struct window_part *p = &r->part[r->at];
	uint64_t by = windows_overtaker(r->windows);

	LOG(LOG_LVL_WARN, "window_overtaken", F_INT("start", p->start), F_INT("part", p->part),
	    F_INT("fence", r->fence), F_INT("by", by));
	r->outdated |= by / 1000 < (uint64_t)clock_wall();
	r->renew_ms = 0;
	drop_sums(r);
	r->at++;
	next_part(r);
}

static bool stopped(struct reporter *r, enum windows_state state)
{
	if (state == WINDOWS_LOST)
		overtaken(r);
	else if (state != WINDOWS_GOOD)
		end(r, false);
	return state != WINDOWS_GOOD;
}

static void marked(void *arg, enum windows_state state)
{
	struct reporter *r = arg;

	if (stopped(r, state))
		return;
	drop_sums(r);
	r->at++;
	next_part(r);
}

/* ---- written down ---- */

static void write_next(struct reporter *r);

static void written(void *arg, const struct store_answer *a, size_t n)
{
	struct reporter *r = arg;

	r->call = NULL;
	for (size_t i = 0; i < n; i++)
		if (a[i].local || a[i].status == STORE_FAILED || a[i].status == STORE_FULL) {
			LOG(LOG_LVL_WARN, "reports_not_written");
			end(r, false);
			return;
		}
	r->built++;
	r->sum.reports++;
	write_next(r);
}

static void write_next(struct reporter *r)
{
	struct store_op op[OUTBOX_OPS];
	size_t n;

	if (r->built == r->nbuild) {
		r->report++;
		next_report(r);
		return;
	}
	if (r->force)
		r->build[r->built].job.due = 0;
	n = job_write(r->scratch, &r->build[r->built].job, r->build[r->built].content, op);
	r->call = store_send(r->args.store, op, n, STORE_DURABLE | STORE_SLOW, written, r);
}

static void next_report(struct reporter *r)
{
	const struct window_sums *s = r->sums;
	const struct window_report *w = &s->report[r->report];

	while (r->report < s->n &&
	       (!w->rua.n || report_excluded(r->args.settings, w->policy_domain)))
		w = &s->report[++r->report];
	if (r->report >= s->n) {
		windows_done(r->windows, s->part, s->upto, r->fence, marked, r);
		return;
	}
	arena_free(r->scratch);
	r->scratch = arena_new(0);
	r->built = 0;
	r->nbuild = build_parts(r->scratch, r->crypto, r->args.settings, w, s->from, clock_wall(),
				&r->build);
	if (!r->nbuild)
		LOG(LOG_LVL_WARN, "report_too_large", F_STR("domain", w->policy_domain),
		    F_INT("rows", w->report.nrows));
	write_next(r);
}

/* ---- parts ---- */

static void summed(void *arg, enum windows_state state, struct window_sums *sums)
{
	struct reporter *r = arg;

	if (stopped(r, state))
		return;
	r->sums = sums;
	LOG(LOG_LVL_INFO, "window_summed", F_INT("start", sums->part.start),
	    F_INT("part", sums->part.part), F_INT("reports", sums->n),
	    F_INT("messages", sums->messages), F_INT("repeated", sums->repeated),
	    F_INT("clipped", sums->clipped), F_INT("damaged", sums->damaged));
	if (sums->upto) {
		next_report(r);
		return;
	}
	drop_sums(r);
	r->at++;
	next_part(r);
}

static void next_part(struct reporter *r)
{
	if (r->at == r->nparts || !r->held)
		end(r, true);
	else
		windows_sum(r->windows, r->part[r->at], r->fence, summed, r);
}

static void listed(void *arg, bool good, const struct window_part *p, size_t n)
{
	struct reporter *r = arg;

	if (!good || n == 0) {
		end(r, good);
		return;
	}
	r->part = calloc(n, sizeof *r->part);
	if (!r->part)
		bug("no memory for %zu parts of windows", n);
	memcpy(r->part, p, n * sizeof *p);
	r->nparts = n;
	r->at = 0;
	next_part(r);
}

void reporter_windows(struct reporter *r)
{
	int64_t ended = r->args.ended, now = clock_wall();

	if (!r->args.told)
		ended = r->open ? now + REPORTER_AHEAD_S : now - (r->force ? 0 : REPORTER_GRACE_S);
	r->open = false;
	r->busy = true;
	windows_list(r->windows, ended, listed, r);
}
