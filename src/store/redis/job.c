/* The life of a batch: its pieces out, their replies in, what must be asked again, the end. */
#include <stdio.h>

#include "io/loop.h"
#include "store/redis/redis.h"

/* ---- jobs ---- */

static void job_end(struct job *j)
{
	struct store_batch *b = j->batch;
	struct redis *r = j->r;
	bool failed = j->faults && !j->good;

	if (r)
		LIST_REMOVE(j, link);
	j->batch = NULL;
	if (b) {
		b->backend = NULL;
		store_batch_end(r->store, b, failed ? NULL : j->answer, failed,
				failed ? j->why : NULL);
	}
	arena_free(j->arena);
}

void job_close(struct job *j)
{
	if (--j->open == 0)
		job_end(j);
}

void job_fault(struct job *j, const char *why)
{
	if (j->faults++ == 0)
		snprintf(j->why, sizeof j->why, "%s", why);
}

void job_trip(struct job *j)
{
	if (j->r && j->batch)
		store_counters(j->r->store)->round_trips++;
}

bool job_room(struct job *j, size_t n)
{
	if (n > REDIS_BATCH_OCTETS - j->octets)
		return false;
	j->octets += n;
	return true;
}

struct str job_keep(struct job *j, struct str s)
{
	return s.n ? arena_dup(j->batch->arena, s) : STR_NULL;
}

/* ---- pieces ---- */

static void on_reply(struct conn_cmd *cmd, const redisReply *r);

static void on_asking(struct conn_cmd *cmd, const redisReply *r)
{
	(void)cmd;
	(void)r; /* what matters is what the next command is answered */
}

struct piece *piece_new(struct job *j, const uint16_t *op, unsigned n)
{
	struct piece *p = ARENA_NEW(j->arena, struct piece);

	p->op = ARENA_ARRAY(j->arena, uint16_t, n);
	memcpy(p->op, op, n * sizeof *op);
	p->n = n;
	p->job = j;
	p->cmd.fn = on_reply;
	p->walks = j->batch->op[op[0]].kind == STORE_WALK;
	p->cmd.slow = (j->batch->flags & STORE_SLOW) != 0;
	p->asking_cmd.fn = on_asking;
	p->asking_cmd.alone = true;
	*(j->last ? &j->last->next : &j->first) = p;
	j->last = p;
	j->open++;
	return p;
}

void piece_wait(struct piece *p, struct pieces *queue)
{
	TAILQ_INSERT_TAIL(queue, p, link);
	p->queue = queue;
}

void piece_unwait(struct piece *p)
{
	if (p->queue)
		TAILQ_REMOVE(p->queue, p, link);
	p->queue = NULL;
}

void piece_route(struct piece *p)
{
	struct redis *r = p->job->r;

	if (r->cluster)
		cluster_route(r->cluster, p, command_key(&p->job->batch->op[p->op[0]]));
	else
		node_take(r->node, p);
}

/* One that was answered and that which was not known; nothing is left of the piece. */
void piece_fault(struct piece *p, const char *why)
{
	struct job *j = p->job;

	for (unsigned i = 0; j->batch && i < p->n; i++) {
		j->answer[p->op[i]] =
			(struct store_answer){ .status = STORE_FAILED, .local = true };
		job_fault(j, why);
	}
	job_close(j);
}

void piece_send(struct piece *p)
{
	static const char *const asking[] = { "ASKING" };
	static const size_t asking_n[] = { 6 };
	struct redis *r = p->job->r;
	struct conn *c = p->node->conn;
	struct words *w = &r->words;

	if (p->walks) {
		walk_go(p);
		return;
	}
	command_build(w, r, p);
	p->tries++;
	if (p->asking &&
	    !conn_send(c, &p->asking_cmd, 1, (const char **)(uintptr_t)asking, asking_n)) {
		piece_fault(p, "too much is waiting");
		return;
	}
	p->asking = false;
	if (!conn_send(c, &p->cmd, w->n, w->p, w->len))
		piece_fault(p, "too much is waiting");
}

/* ---- again ---- */

static bool may_retry(struct piece *p)
{
	struct job *j = p->job;

	if (p->tries >= REDIS_TRIES_MAX)
		return false;
	if (!j->retried)
		job_trip(j);
	j->retried = true;
	return true;
}

/* The connection broke: once more, where the data is then. */
static void lost(struct piece *p)
{
	if (p->tries > 1 || !may_retry(p))
		piece_fault(p, p->node->why);
	else
		piece_route(p);
}

static void redirected(struct piece *p, struct str text, bool moved)
{
	struct redis *r = p->job->r;
	struct redis_addr a;
	struct node *n = NULL;
	unsigned slot;

	if (r->cluster && redis_error_where(text, p->node->addr.host, &slot, &a))
		n = cluster_node(r->cluster, &a);
	if (!n || !may_retry(p)) {
		piece_fault(p, "a redirection that leads nowhere");
		return;
	}
	if (moved)
		cluster_moved(r->cluster, slot, n);
	p->asking = !moved;
	node_take(n, p);
}

static void answer_all(struct piece *p, enum store_status st)
{
	struct job *j = p->job;

	for (unsigned i = 0; i < p->n; i++)
		j->answer[p->op[i]] = (struct store_answer){ .status = st };
	j->good += p->n;
	job_close(j);
}

/* text is an error of the whole piece, and lives until the connection reads on. */
static void erred(struct piece *p, struct str text)
{
	enum redis_action action = redis_error_action(text);
	char why[128];

	snprintf(why, sizeof why, "%.*s", STR_ARG(text));
	switch (action) {
	case REDIS_DATA:
		answer_all(p, STORE_FAILED);
		return;
	case REDIS_FULL:
		answer_all(p, STORE_FULL);
		return;
	case REDIS_MOVED:
	case REDIS_ASK:
		redirected(p, text, action == REDIS_MOVED);
		return;
	case REDIS_NOMAP:
		if (p->job->r->cluster)
			cluster_refresh(p->job->r->cluster);
		piece_fault(p, why);
		return;
	case REDIS_FAULT:
		piece_fault(p, why);
		return;
	default:
		break;
	}
	if ((action == REDIS_SCRIPT && p->whole) || !may_retry(p)) {
		piece_fault(p, why);
		return;
	}
	p->whole = action == REDIS_SCRIPT;
	if (action == REDIS_MASTER || action == REDIS_CLOSE)
		node_leave(p->node, why);
	piece_route(p);
}

/* ---- replies ---- */

/* Operations of a script that met an error each for itself go again as a piece of their own, which
 * meets the same error as a whole. */
static void split_off(struct piece *p, const uint16_t *op, unsigned n, struct str text)
{
	struct piece *q;

	if (n == 0)
		return;
	q = piece_new(p->job, op, n);
	q->node = p->node;
	q->tries = p->tries;
	erred(q, text);
}

static void answered(struct piece *p, const redisReply *r)
{
	struct job *j = p->job;
	uint16_t again[STORE_BATCH_MAX];
	unsigned n = 0;
	struct str error, first = STR_NULL;

	for (unsigned i = 0; i < p->n; i++) {
		if (!command_read(p, i, r, &error)) {
			conn_close(p->node->conn, "a reply that is none to what was asked");
			piece_fault(p, "a reply that is none to what was asked");
			return;
		}
		if (!error.p || redis_error_action(error) == REDIS_DATA)
			j->good++;
		else if (redis_error_action(error) == REDIS_FULL)
			j->answer[p->op[i]].status = STORE_FULL, j->good++;
		else {
			again[n++] = p->op[i];
			first = error;
		}
	}
	split_off(p, again, n, first);
	job_close(j);
}

static void on_reply(struct conn_cmd *cmd, const redisReply *r)
{
	struct piece *p = (struct piece *)cmd;

	if (!p->job->r || !p->job->batch)
		job_close(p->job);
	else if (!r)
		lost(p);
	else if (r->type == REDIS_REPLY_ERROR)
		erred(p, reply_str(r));
	else
		answered(p, r);
}
