/* Exchanges of a scan over byte streams, and the replies. */
#include "scan/ask.h"
#include "scan/priv.h"

static const struct stream_reply off = { .outcome = STREAM_OFF };

struct stream_ask {
	struct stream_ask *next;
	struct scan *scan;
	struct str key;
	struct board_cell *cell;
	struct stream_call *call; /* under way */
	struct stream_reply reply;
	bool answered;
	uint64_t waiting;
};

static void count(struct board_cell *cell, const struct stream_reply *r)
{
	if (r->outcome == STREAM_OK)
		board_good(cell);
	else
		scan_asks_failed(cell, stream_word(r->outcome));
	board_add(cell, BOARD_MS, r->ms);
}

static void settle(struct stream_ask *q, const struct stream_reply *r)
{
	q->call = NULL;
	q->answered = true;
	q->reply = *r;
	q->reply.octets = arena_dup(q->scan->arena, r->octets);
	scan_asks_wake(q->scan, q->waiting);
}

static void came(void *arg, const struct stream_reply *r)
{
	struct stream_ask *q = arg;

	count(q->cell, r);
	settle(q, r);
	scan_kick(q->scan);
}

static struct stream_ask *find(const struct scan_priv *p, struct str key)
{
	for (struct stream_ask *q = p->streams; q; q = q->next)
		if (str_eq(q->key, key))
			return q;
	return NULL;
}

const struct stream_reply *scan_stream(struct scan *s, struct board_cell *cell, struct str key,
				       const struct stream_request *r)
{
	struct scan_priv *p = s->priv;
	struct stream_ask *q = find(p, key);

	if (!q) {
		if (s->flags & SCAN_F_LOCAL || p->closed || p->nstreams == SCAN_MAX_STREAMS)
			return &off;
		q = ARENA_NEW(s->arena, struct stream_ask);
		*q = (struct stream_ask){
			.next = p->streams, .scan = s, .key = arena_dup(s->arena, key), .cell = cell
		};
		p->streams = q;
		p->nstreams++;
		if (board_ask(cell))
			q->call = stream_send(s->env->loop, r, came, q);
		else
			settle(q, &off);
	}
	if (!q->answered && p->running < SCAN_MAX_CHECKS)
		q->waiting |= UINT64_C(1) << p->running;
	return q->answered ? &q->reply : NULL;
}

/* Who let the message's time run out has failed. */
void scan_streams_close(struct scan *s)
{
	static const struct stream_reply late = { .outcome = STREAM_TIMEOUT };

	for (struct stream_ask *q = s->priv->streams; q; q = q->next) {
		if (q->answered)
			continue;
		stream_cancel(q->call);
		if (s->flags & SCAN_F_DEADLINE)
			count(q->cell, &late);
		settle(q, &late);
	}
}

void scan_streams_names(const struct scan *s, struct buf *out)
{
	for (const struct stream_ask *q = s->priv->streams; q; q = q->next)
		if (!q->answered && out->n < 512)
			buf_addf(out, "%sstream/%s", out->n ? " " : "",
				 q->cell ? board_name(q->cell) : "-");
}
