/* Reports on their way, in the store. */
#include "control/report/outbox.h"

#include "base/octets.h"

#define JOB_VERSION 1u
#define TEXT_MAX 4096u

const char *goal_word(enum goal_state s)
{
	static const char *const word[GOAL_STATES] = { "waits",	    "sent",	  "no consent",
						       "too large", "suppressed", "refused",
						       "given up" };

	return word[s];
}

bool job_over(const struct job *j)
{
	for (size_t i = 0; i < j->ngoals; i++)
		if (j->goal[i].state == GOAL_WAITS)
			return false;
	return j->asked;
}

struct str job_key(struct arena *a, struct str id)
{
	return arena_printf(a, "rpt:j:%.*s", STR_ARG(id));
}

struct str job_piece_key(struct arena *a, struct str id, unsigned i)
{
	return arena_printf(a, "rpt:c:%.*s:%u", STR_ARG(id), i);
}

/* ---- as octets ---- */

static void put_goal(struct buf *b, const struct goal *g)
{
	octets_str(b, g->address);
	octets_u(b, g->max, 8);
	octets_u(b, g->state, 1);
	octets_u(b, g->attempts, 4);
	octets_u(b, (uint64_t)g->due, 8);
	octets_str(b, str_sub(g->why, 0, TEXT_MAX));
}

struct str job_format(struct arena *a, const struct job *j)
{
	struct buf b = { .arena = a };

	octets_u(&b, JOB_VERSION, 1);
	octets_u(&b, j->kind, 1);
	octets_str(&b, j->id);
	octets_str(&b, j->domain);
	octets_str(&b, str_sub(j->rua, 0, TEXT_MAX));
	octets_u(&b, (uint64_t)j->begin, 8);
	octets_u(&b, (uint64_t)j->end, 8);
	octets_u(&b, (uint64_t)j->made, 8);
	octets_u(&b, (uint64_t)j->due, 8);
	octets_u(&b, j->rows, 8);
	octets_u(&b, j->messages, 8);
	octets_u(&b, j->size, 4);
	octets_u(&b, j->pieces, 4);
	octets_u(&b, j->asked, 1);
	octets_u(&b, j->deferred, 4);
	octets_u(&b, j->ngoals, 1);
	for (size_t i = 0; i < j->ngoals; i++)
		put_goal(&b, &j->goal[i]);
	return buf_str(&b);
}

static void get_goal(struct octets *o, struct goal *g)
{
	unsigned state;

	g->address = octets_get_text(o, TEXT_MAX);
	g->max = octets_get_u(o, 8);
	state = (unsigned)octets_get_u(o, 1);
	o->bad |= state >= GOAL_STATES;
	g->state = (enum goal_state)state;
	g->attempts = (unsigned)octets_get_u(o, 4);
	g->due = (int64_t)octets_get_u(o, 8);
	g->why = octets_get_text(o, TEXT_MAX);
}

bool job_parse(struct str octets, struct job *j)
{
	struct octets o = { .left = octets };
	unsigned kind;

	*j = (struct job){ 0 };
	if (octets_get_u(&o, 1) != JOB_VERSION)
		return false;
	kind = (unsigned)octets_get_u(&o, 1);
	j->kind = (enum job_kind)kind;
	j->id = octets_get_text(&o, TEXT_MAX);
	j->domain = octets_get_text(&o, TEXT_MAX);
	j->rua = octets_get_text(&o, TEXT_MAX);
	j->begin = (int64_t)octets_get_u(&o, 8);
	j->end = (int64_t)octets_get_u(&o, 8);
	j->made = (int64_t)octets_get_u(&o, 8);
	j->due = (int64_t)octets_get_u(&o, 8);
	j->rows = octets_get_u(&o, 8);
	j->messages = octets_get_u(&o, 8);
	j->size = (uint32_t)octets_get_u(&o, 4);
	j->pieces = (uint32_t)octets_get_u(&o, 4);
	j->asked = octets_get_u(&o, 1) != 0;
	j->deferred = (unsigned)octets_get_u(&o, 4);
	j->ngoals = octets_get_u(&o, 1);
	if (kind > JOB_FAILURE || j->ngoals > OUTBOX_ADDRESSES || j->size > OUTBOX_MAX ||
	    j->pieces > OUTBOX_MAX / OUTBOX_PIECE + 1)
		return false;
	for (size_t i = 0; i < j->ngoals; i++)
		get_goal(&o, &j->goal[i]);
	return octets_done(&o);
}

/* ---- written ---- */

size_t job_write(struct arena *a, struct job *j, struct str content, struct store_op *out)
{
	size_t n = 0;

	j->size = (uint32_t)content.n;
	for (j->pieces = 0; content.n; content = str_skip(content, OUTBOX_PIECE))
		out[n++] = (struct store_op){ .kind = STORE_NEW,
					      .key = job_piece_key(a, j->id, j->pieces++),
					      .value = str_sub(content, 0, OUTBOX_PIECE),
					      .ttl_ms = OUTBOX_KEEP_MS };
	out[n++] = (struct store_op){ .kind = STORE_NEW,
				      .key = job_key(a, j->id),
				      .value = job_format(a, j),
				      .ttl_ms = OUTBOX_KEEP_MS };
	out[n++] = (struct store_op){
		.kind = STORE_APPEND, .key = OUTBOX_LOG, .value = j->id, .limit = OUTBOX_LOG_MAX
	};
	return n;
}
