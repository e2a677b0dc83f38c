/* One report on its way. */
#include "control/report/send.h"

#include "base/buf.h"
#include "base/log.h"
#include "control/report/signed.h"
#include "control/report/suppress.h"

#define DEFERRED_MAX 48u

struct send {
	const struct send_world *world;
	struct errand *errand;
	struct str id;
	int64_t now;
	bool force;
	send_fn *fn;
	void *arg;
	struct send_outcome outcome;
	bool changed;			/* of the job */
	bool settled[OUTBOX_ADDRESSES]; /* now */
	struct job job;
};

/* ---- the job ---- */

enum step { STEP_WAIT, STEP_ON, STEP_END };

static enum step no_store(struct send *s)
{
	s->outcome.no_store = true;
	return STEP_END;
}

static bool bad(const struct store_answer *a)
{
	return a->local || (a->status != STORE_OK && a->status != STORE_NONE);
}

static enum step read_job(struct errand *e, struct send *s)
{
	struct arena *a = errand_arena(e);
	struct store_op op = { .kind = STORE_GET, .key = job_key(a, s->id) };
	const struct store_answer *r = errand_store(e, STR("job"), &op, 1);

	if (!r)
		return STEP_WAIT;
	if (bad(r))
		return no_store(s);
	/* Gone with time, or not ours to read: nothing is left to be done. */
	if (r->status == STORE_NONE || !job_parse(r->value, &s->job) || job_over(&s->job)) {
		s->outcome.over = true;
		return STEP_END;
	}
	return STEP_ON;
}

static enum step read_content(struct errand *e, struct send *s, struct str *out)
{
	struct arena *a = errand_arena(e);
	struct buf b = { .arena = a };

	for (unsigned i = 0; i < s->job.pieces; i++) {
		struct store_op op = { .kind = STORE_GET, .key = job_piece_key(a, s->id, i) };
		const struct store_answer *r = errand_store(e, op.key, &op, 1);

		if (!r)
			return STEP_WAIT;
		if (bad(r))
			return no_store(s);
		buf_add(&b, r->value);
	}
	*out = buf_str(&b);
	s->outcome.over = out->n != s->job.size;
	return s->outcome.over ? STEP_END : STEP_ON;
}

/* ---- who may have it ---- */

static enum step ask_consent(struct errand *e, struct send *s)
{
	struct job *j = &s->job;
	bool unknown;

	if (j->asked)
		return STEP_ON;
	if (!send_goals(errand_arena(e), errand_dns(e), s->world->settings, j, j->goal, &j->ngoals,
			&unknown))
		return STEP_WAIT;
	s->changed = true;
	if (unknown && j->deferred < DEFERRED_MAX) {
		j->ngoals = 0; /* all of them are asked again */
		j->deferred++;
		j->due = s->now + SEND_DEFER_S;
		return STEP_END;
	}
	j->asked = true;
	for (size_t i = 0; i < j->ngoals; i++)
		j->goal[i].due = s->now;
	return STEP_ON;
}

/* ---- one address ---- */

static void settle(struct send *s, struct goal *g, enum goal_state state, struct str why)
{
	g->state = state;
	g->why = why;
	s->settled[g - s->job.goal] = true;
	s->changed = true;
}

/* Once, when it is over: what is run again is decided again. */
static void tell(const struct send *s)
{
	for (size_t i = 0; i < s->job.ngoals; i++) {
		const struct goal *g = &s->job.goal[i];

		if (s->settled[i] || (s->changed && g->state == GOAL_NO_CONSENT))
			LOG(g->state == GOAL_SENT ? LOG_LVL_INFO : LOG_LVL_WARN, "report_goal",
			    F_STR("domain", s->job.domain), F_STR("id", s->job.id),
			    F_STR("to", g->address), F_CSTR("state", goal_word(g->state)),
			    F_STR("reason", g->why.n ? g->why : STR_NULL));
	}
}

static enum step look_suppressed(struct errand *e, struct send *s, struct goal *g)
{
	struct arena *a = errand_arena(e);
	struct store_op op = { .kind = STORE_GET,
			       .key = suppress_key(a, s->world->crypto, g->address) };
	const struct store_answer *r = errand_store(e, op.key, &op, 1);

	if (!r)
		return STEP_WAIT;
	if (bad(r))
		return no_store(s);
	if (r->status == STORE_OK) {
		settle(s, g, GOAL_SUPPRESSED, r->value);
		return STEP_END;
	}
	return STEP_ON;
}

static int64_t next_try(const struct send *s, unsigned attempts)
{
	unsigned doublings = attempts < 6 ? 2 * (attempts - 1) : 10;

	return s->now + (int64_t)((s->world->settings->retry_ms << doublings) / 1000);
}

static void try_later(struct send *s, struct goal *g, struct str why)
{
	s->changed = true;
	g->why = why;
	if (++g->attempts > s->world->settings->retries)
		settle(s, g, GOAL_GIVEN_UP, why);
	else
		g->due = next_try(s, g->attempts);
}

/* An attempt is somebody's before it is made: a process that was overtaken makes none that another
 * one has made. After a kill before its moment was written down an attempt may be made again: the
 * same report under the same id, which who gets it counts once. */
static enum step claim(struct errand *e, struct send *s, size_t i, struct goal *g)
{
	struct arena *a = errand_arena(e);
	struct store_op op = { .kind = STORE_NEW,
			       .key = arena_printf(a, "rpt:a:%.*s:%zu:%u:%lld", STR_ARG(s->id), i,
						   g->attempts, (long long)g->due),
			       .value = STR("1"),
			       .ttl_ms = OUTBOX_KEEP_MS };
	const struct store_answer *r = errand_store(e, op.key, &op, 1);

	if (!r)
		return STEP_WAIT;
	if (bad(r))
		return no_store(s);
	if (r->status == STORE_OK) { /* whoever made it did not live to say how it went */
		try_later(s, g, STR("an attempt that was cut short"));
		return STEP_END;
	}
	return STEP_ON;
}

static enum step suppress(struct errand *e, struct send *s, const struct goal *g, struct str why)
{
	struct arena *a = errand_arena(e);
	struct store_op op = { .kind = STORE_PUT,
			       .key = suppress_key(a, s->world->crypto, g->address),
			       .value = why,
			       .ttl_ms = s->world->settings->suppress_ms };

	return errand_store(e, arena_printf(a, "put %.*s", STR_ARG(op.key)), &op, 1) ? STEP_ON
										     : STEP_WAIT;
}

/* The relay itself: the attempt is none of the address', and is made anew under another claim. */
static enum step relay_down(struct send *s, struct goal *g, struct str why)
{
	g->due = s->now + 60;
	g->why = why;
	s->changed = true;
	s->outcome.no_relay = true;
	return STEP_END;
}

/* Whether a refusal is about the address: RFC 3463 3.2 and 3.3 (5.1.x, 5.2.x), or no more is said.
 * A relay that does not relay, or takes no message of that size, says so of any. */
static bool about_address(const struct smtp_answer *r)
{
	struct str code = r->why, class, subject;

	if (str_starts(code, STR("5")) && str_chr(code, ' ') == 3)
		code = str_skip(code, 4);
	code = str_sub(code, 0, str_chr(code, ' '));
	class = str_cut(&code, '.');
	subject = str_cut(&code, '.');
	return !str_eq(class, STR("5")) || !code.n || str_eq(subject, STR("1")) ||
	       str_eq(subject, STR("2"));
}

/* The server's line, which begins with the status, or what else there is. */
static struct str reason_of(struct arena *a, const struct smtp_answer *r)
{
	struct str status = arena_printf(a, "%u", r->status);

	if (!r->status || str_starts(r->why, status))
		return r->why;
	return arena_printf(a, "%u %.*s", r->status, STR_ARG(r->why));
}

static enum step take_reply(struct errand *e, struct send *s, struct goal *g,
			    const struct smtp_answer *r)
{
	struct str why = reason_of(errand_arena(e), r);

	if (r->outcome == SMTP_SENT) {
		s->outcome.sent++;
		settle(s, g, GOAL_SENT, STR(""));
	} else if (r->outcome == SMTP_LATER && !r->given) {
		return relay_down(s, g, why);
	} else if (r->outcome == SMTP_LATER) {
		try_later(s, g, why);
	} else if (r->outcome == SMTP_NO_SUCH && about_address(r) &&
		   suppress(e, s, g, why) == STEP_WAIT) {
		return STEP_WAIT;
	} else {
		settle(s, g, GOAL_REFUSED, why);
	}
	return STEP_ON;
}

static enum step deliver(struct errand *e, struct send *s, size_t i, struct goal *g,
			 struct str content)
{
	const struct report_settings *k = s->world->settings;
	struct arena *a = errand_arena(e);
	const struct report_envelope env = { .org = k->org,
					     .email = k->email,
					     .submitter = k->submitter,
					     .to = g->address,
					     .date = s->job.made };
	struct smtp_message m = { .to = g->address };
	const struct smtp_answer *r;
	enum step step;

	switch (signed_message(e, s->world, report_mail(a, &env, s->id, content), s->job.made,
			       &m.octets)) {
	case SIGNED_WAIT:
		return STEP_WAIT;
	case SIGNED_FAILED:
		LOG(LOG_LVL_WARN, "report_not_signed", F_STR("domain", k->from_domain));
		return relay_down(s, g, STR("the signer does not sign"));
	case SIGNED_GOOD:
		break;
	}
	if (m.octets.n > g->max) {
		settle(s, g, GOAL_TOO_LARGE, STR("larger than the address takes"));
		return STEP_ON;
	}
	step = claim(e, s, i, g);
	if (step != STEP_ON)
		return step;
	m.from = suppress_sender(a, s->world->crypto, k->bounce, g->address, s->world->secret);
	r = errand_smtp(e, arena_printf(a, "%zu", i), &m);
	return r ? take_reply(e, s, g, r) : STEP_WAIT;
}

static enum step one_goal(struct errand *e, struct send *s, size_t i, struct str content)
{
	struct goal *g = &s->job.goal[i];
	enum step step;

	if (s->job.made + SEND_LIFE_S < s->now) {
		settle(s, g, GOAL_GIVEN_UP, g->why.n ? g->why : STR("too old"));
		return STEP_ON;
	}
	step = look_suppressed(e, s, g);
	return step == STEP_ON ? deliver(e, s, i, g, content) : step;
}

/* ---- all of it ---- */

static bool write_job(struct errand *e, struct send *s)
{
	struct arena *a = errand_arena(e);
	struct job *j = &s->job;
	struct store_op op = { .kind = STORE_PUT,
			       .key = job_key(a, s->id),
			       .ttl_ms = OUTBOX_KEEP_MS };
	const struct store_answer *r;

	if (j->asked && !job_over(j)) {
		j->due = INT64_MAX;
		for (size_t i = 0; i < j->ngoals; i++)
			if (j->goal[i].state == GOAL_WAITS && j->goal[i].due < j->due)
				j->due = j->goal[i].due;
	}
	s->outcome.over = job_over(j);
	s->outcome.due = j->due;
	op.value = job_format(a, j);
	r = s->changed ? errand_store(e, STR("written"), &op, 1) : NULL;
	if (s->changed && !r)
		return false;
	if (r && bad(r))
		s->outcome.no_store = true;
	return true;
}

static bool give_goals(struct errand *e, struct send *s, struct str content)
{
	for (size_t i = 0; i < s->job.ngoals; i++) {
		struct goal *g = &s->job.goal[i];

		if (g->state != GOAL_WAITS || (g->due > s->now && !s->force))
			continue;
		if (one_goal(e, s, i, content) == STEP_WAIT)
			return false;
		if (s->outcome.no_relay || s->outcome.no_store)
			break;
	}
	return true;
}

/* Its own moment after the end of the window, or when the DNS or an address is to be asked again.
 */
static bool too_early(const struct send *s)
{
	return s->job.due > s->now && !s->force;
}

static bool run(struct errand *e, void *arg)
{
	struct send *s = arg;
	struct str content;
	enum step step;

	s->outcome = (struct send_outcome){ 0 };
	s->changed = false;
	memset(s->settled, 0, sizeof s->settled);
	step = read_job(e, s); /* as it was: what follows is decided anew each time */
	if (step == STEP_ON && too_early(s))
		step = STEP_END;
	if (step == STEP_ON)
		step = ask_consent(e, s);
	if (step == STEP_ON)
		step = read_content(e, s, &content);
	if (step == STEP_WAIT || (step == STEP_ON && !give_goals(e, s, content)))
		return false;
	return s->outcome.over || s->outcome.no_store || write_job(e, s);
}

static void done(void *arg)
{
	struct send *s = arg;

	s->errand = NULL;
	if (!s->outcome.no_store)
		tell(s);
	s->fn(s->arg, s->id, &s->outcome);
}

struct send *send_new(const struct send_world *w, struct str id, int64_t now, bool force,
		      send_fn *fn, void *arg)
{
	struct errand *e;
	struct send *s;

	e = errand_new(&w->errand, run, done, NULL);
	s = ARENA_NEW(errand_arena(e), struct send);
	*s = (struct send){ .world = w,
			    .errand = e,
			    .id = arena_dup(errand_arena(e), id),
			    .now = now,
			    .force = force,
			    .fn = fn,
			    .arg = arg };
	errand_for(e, s);
	return s;
}

void send_free(struct send *s)
{
	if (s)
		errand_free(s->errand);
}
