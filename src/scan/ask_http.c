/* HTTP requests of a scan, and the replies. */
#include "scan/ask.h"
#include "scan/priv.h"

static const struct http_reply off = { .outcome = HTTP_OFF };

struct http_ask {
	struct http_ask *next;
	struct scan *scan;
	struct str key;
	struct board_cell *cell;
	struct http_call *call; /* under way */
	struct http_reply reply;
	bool answered;
	uint64_t waiting;
};

/* Our own refusals say nothing about who was to be asked. */
static void count(struct board_cell *cell, const struct http_reply *r)
{
	if (r->outcome == HTTP_BUSY || r->outcome == HTTP_FORBIDDEN)
		board_add(cell, BOARD_SKIPPED, 1);
	else if (r->outcome != HTTP_OK)
		scan_asks_failed(cell, http_word(r->outcome));
	else if (r->status >= 500 && r->status != 501) /* 501: the method is not known */
		scan_asks_failed(cell, "server error");
	else
		board_good(cell);
	board_add(cell, BOARD_MS, r->ms);
}

static void settle(struct http_ask *q, const struct http_reply *r)
{
	q->call = NULL;
	q->answered = true;
	q->reply = http_reply_keep(q->scan->arena, r);
	scan_asks_wake(q->scan, q->waiting);
}

static void came(void *arg, const struct http_reply *r)
{
	struct http_ask *q = arg;

	count(q->cell, r);
	settle(q, r);
	scan_kick(q->scan);
}

static struct http_ask *find(const struct scan_priv *p, struct str key)
{
	for (struct http_ask *q = p->https; q; q = q->next)
		if (str_eq(q->key, key))
			return q;
	return NULL;
}

const struct http_reply *scan_http(struct scan *s, struct board_cell *cell, struct str key,
				   const struct http_request *r)
{
	struct scan_priv *p = s->priv;
	struct http_ask *q = find(p, key);

	if (!q) {
		if (s->flags & SCAN_F_LOCAL || p->closed || !s->env->http ||
		    p->nhttps == SCAN_MAX_HTTP)
			return &off;
		q = ARENA_NEW(s->arena, struct http_ask);
		*q = (struct http_ask){
			.next = p->https, .scan = s, .key = arena_dup(s->arena, key), .cell = cell
		};
		p->https = q;
		p->nhttps++;
		if (board_ask(cell))
			q->call = http_send(s->env->http, r, came, q);
		else
			settle(q, &off);
	}
	if (!q->answered && p->running < SCAN_MAX_CHECKS)
		q->waiting |= UINT64_C(1) << p->running;
	return q->answered ? &q->reply : NULL;
}

/* Who let the message's time run out has failed. */
void scan_https_close(struct scan *s)
{
	static const struct http_reply late = { .outcome = HTTP_TIMEOUT, .sent = true };

	for (struct http_ask *q = s->priv->https; q; q = q->next) {
		if (q->answered)
			continue;
		http_cancel(q->call);
		if (s->flags & SCAN_F_DEADLINE)
			count(q->cell, &late);
		settle(q, &late);
	}
}

void scan_https_names(const struct scan *s, struct buf *out)
{
	for (const struct http_ask *q = s->priv->https; q; q = q->next)
		if (!q->answered && out->n < 512)
			buf_addf(out, "%shttp/%s", out->n ? " " : "",
				 q->cell ? board_name(q->cell) : "-");
}
