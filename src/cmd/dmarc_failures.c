/* merlon dmarc report --dry-run: failure reports that wait to be sent, and messages that failed and
 * wait in the spool, each with what becomes of it. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "cmd/dmarc.h"
#include "cmd/show.h"
#include "control/report/failures.h"
#include "report/failure.h"
#include "scan/report.h"
#include "store/spool.h"

#define DAY_S 86400

struct look {
	struct dmarc_run *run;
	struct map *seen;  /* ids that were shown */
	struct map *taken; /* places of a domain's day, and of a day, that those before take: size_t
			    */
	bool failed;	   /* said why */
};

/* ---- shown ---- */

struct one {
	struct str id, domain, ruf, why; /* why: nothing is sent; absent: it is */
	int64_t arrival;
	size_t size;
	const char *waits; /* where it is */
};

static void json_one(struct dmarc_run *run, const struct one *o)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_string("failure"));
	json_object_set_new(j, "domain", report_str(o->domain));
	json_object_set_new(j, "arrival", json_integer(o->arrival));
	json_object_set_new(j, "ruf", report_str(o->ruf));
	json_object_set_new(j, "size", json_integer((json_int_t)o->size));
	json_object_set_new(j, "waits", json_string(o->waits));
	json_object_set_new(j, "why", o->why.n ? report_str(o->why) : json_null());
	dmarc_json_goals(run, j);
}

static void text_one(struct dmarc_run *run, const struct one *o)
{
	show_text(stdout, o->domain, NULL);
	printf(": failure report about a message of %.*s, %zu octets\n",
	       STR_ARG(remembered_time(run->r.arena, o->arrival * 1000)), o->size);
	if (o->why.n)
		printf("  %-14s %.*s\n", "not made", STR_ARG(o->why));
	dmarc_text_goals(run);
}

static void show(struct look *l, const struct one *o)
{
	struct dmarc_run *run = l->run;

	map_put(l->seen, o->id, run);
	run->reports++;
	run->nobody += o->why.n || !dmarc_goes_anywhere(run);
	if (run->json)
		json_one(run, o);
	else
		text_one(run, o);
}

static bool is_asked_for(const struct look *l, struct str domain)
{
	return !l->run->domain.n || str_eq(domain, l->run->domain);
}

static bool ask(struct look *l, const struct store_op *op, struct store_answer *answer)
{
	if (!l->failed && !remembered_do(&l->run->r, op, answer))
		l->failed = true;
	return !l->failed;
}

/* ---- in the spool ---- */

static size_t *taken(struct look *l, struct str name)
{
	size_t *n = map_get(l->taken, name);

	if (!n) {
		n = ARENA_NEW(l->run->r.arena, size_t);
		*n = 0;
		map_put(l->taken, name, n);
	}
	return n;
}

/* Whether the domain has a place left that day, as control/report/failures.c takes them. */
static bool has_place(struct look *l, const struct failure *f, struct str id)
{
	struct arena *a = l->run->r.arena;
	size_t *before = taken(l, failure_slot(a, f->policy_domain, f->what.arrival, 0)), left = 0;

	for (unsigned i = 0; i < l->run->settings.failures_per_day; i++) {
		struct store_op op = { .kind = STORE_GET,
				       .key = failure_slot(a, f->policy_domain, f->what.arrival,
							   i) };
		struct store_answer answer;

		if (!ask(l, &op, &answer))
			return false;
		if (answer.status == STORE_OK && str_eq(answer.value, id))
			return true; /* it is his already */
		left += answer.status == STORE_NONE;
	}
	if (left <= *before)
		return false;
	++*before;
	return true;
}

/* And all domains together. */
static bool day_has_place(struct look *l, const struct failure *f, struct str id)
{
	struct store_op op = { .kind = STORE_JOIN,
			       .flags = STORE_F_LOOK,
			       .key = failure_day(l->run->r.arena, f->what.arrival),
			       .member = id };
	size_t *before = taken(l, op.key);
	struct store_answer answer;

	if (!ask(l, &op, &answer))
		return false;
	if (answer.admitted)
		return true;
	return answer.sum[0] + (double)++*before <= FAILURE_DAY_MAX;
}

/* Why no report is made of it; absent: one is. */
static struct str why_not(struct look *l, const struct failure *f, struct str id)
{
	const struct report_settings *s = &l->run->settings;
	int64_t now = clock_wall();

	if (!s->failures)
		return STR("report.failure.use is off");
	if (report_excluded(s, f->policy_domain))
		return STR("the domain is in report.dmarc.exclude");
	if (f->what.arrival + FAILURES_OLD_S < now || f->what.arrival > now + DAY_S)
		return STR("the message is too old");
	if (!has_place(l, f, id))
		return STR("the domain had its reports of that day");
	if (!day_has_place(l, f, id))
		return STR("all domains together had their reports of that day");
	return STR_NULL;
}

/* Whether it is in the outbox, sent or not. */
static bool is_made(struct look *l, struct str id)
{
	struct store_op op = { .kind = STORE_GET, .key = job_key(l->run->r.arena, id) };
	struct store_answer answer;

	return ask(l, &op, &answer) && answer.status == STORE_OK;
}

static size_t size_of(struct look *l, struct failure *f, struct str id)
{
	struct afrf what = f->what;
	struct arena *a = arena_new(0);
	size_t n;

	what.id = id;
	what.auth_results = arena_printf(a, "%.*s; %.*s", STR_ARG(l->run->settings.submitter),
					 STR_ARG(f->what.auth_results));
	n = afrf_content(a, l->run->r.crypto, &what, STR("")).n;
	arena_free(a);
	return n;
}

static void look_at_record(struct look *l, struct str record)
{
	struct dmarc_run *run = l->run;
	struct buf id = { .arena = run->r.arena };
	struct failure f;
	struct one o;
	struct job j;

	if (!failure_parse(record, &f) || !is_asked_for(l, f.policy_domain))
		return;
	buf_hex(&id, f.id, FAILURE_ID_SIZE);
	if (map_get(l->seen, buf_str(&id)) || is_made(l, buf_str(&id)))
		return;
	o = (struct one){ .id = buf_str(&id),
			  .domain = f.policy_domain,
			  .ruf = f.ruf,
			  .arrival = f.what.arrival,
			  .size = size_of(l, &f, buf_str(&id)),
			  .waits = "spool" };
	j = (struct job){ .kind = JOB_FAILURE,
			  .domain = f.policy_domain,
			  .rua = f.ruf,
			  .size = (uint32_t)o.size };
	run->ngoals = 0;
	run->unknown = false;
	o.why = why_not(l, &f, o.id);
	if (!o.why.n)
		dmarc_find_goals(run, &j);
	if (!l->failed)
		show(l, &o);
}

/* Nothing is marked as read, and no directory made. */
static void look_at_spool(struct look *l)
{
	struct spool_record *record =
		ARENA_ARRAY(l->run->r.arena, struct spool_record, COLLECT_RECORDS);
	const char *state = dmarc_state(l->run);
	struct spool_reader *reader;
	struct arena *a;
	struct stat st;
	struct err e;
	size_t n;

	if (stat(arena_printf(l->run->r.arena, "%s/spool", state).p, &st) < 0)
		return;
	reader = spool_reader_new(state, &e);
	if (!reader) {
		fprintf(stderr, "merlon: %s\n", e.text);
		l->failed = true;
		return;
	}
	a = arena_new(0);
	while (!l->failed && (n = spool_read(reader, a, record, COLLECT_RECORDS)) > 0) {
		for (size_t i = 0; i < n && !l->failed; i++)
			if (record[i].type == SPOOL_FAILURE)
				look_at_record(l, record[i].octets);
		arena_reset(a);
	}
	arena_free(a);
	spool_reader_free(reader);
}

/* ---- in the outbox ---- */

static void look_at_job(struct look *l, struct str id)
{
	struct dmarc_run *run = l->run;
	struct store_op op = { .kind = STORE_GET, .key = job_key(run->r.arena, id) };
	struct store_answer answer;
	struct job j;

	if (map_get(l->seen, id) || !ask(l, &op, &answer) || answer.status != STORE_OK ||
	    !job_parse(answer.value, &j) || j.kind != JOB_FAILURE || job_over(&j) ||
	    !is_asked_for(l, j.domain))
		return;
	run->unknown = false;
	run->ngoals = j.ngoals;
	memcpy(run->goal, j.goal, sizeof run->goal);
	if (!j.asked)
		dmarc_find_goals(run, &j);
	show(l, &(struct one){ .id = id,
			       .domain = j.domain,
			       .ruf = j.rua,
			       .arrival = j.begin,
			       .size = j.size,
			       .waits = "outbox" });
}

static void look_at_outbox(struct look *l)
{
	struct store_op op = { .kind = STORE_GET, .key = OUTBOX_HEAD };
	struct store_answer answer;
	uint64_t after = 0;

	if (!ask(l, &op, &answer))
		return;
	if (answer.status == STORE_OK)
		(void)str_u64(answer.value, UINT64_MAX, &after);
	do {
		op = (struct store_op){ .kind = STORE_READ, .key = OUTBOX_LOG, .id = after };
		if (!ask(l, &op, &answer))
			return;
		for (size_t i = 0; i < answer.nentry && !l->failed; i++) {
			after = answer.entry[i].id;
			look_at_job(l, answer.entry[i].value);
		}
	} while (answer.nentry && !l->failed);
}

/* The spool first: what is turned into a report meanwhile is then found in the outbox. */
bool dmarc_show_failures(struct dmarc_run *run)
{
	struct look l = { .run = run,
			  .seen = map_new(run->r.arena, false),
			  .taken = map_new(run->r.arena, false) };

	look_at_spool(&l);
	if (!l.failed)
		look_at_outbox(&l);
	return !l.failed;
}
