/* What a scan asks the world: start, join, cancel, deadline. */
#include "scan/ask.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "scan/priv.h"

static const struct dns_answer tempfail = { .status = DNS_TEMPFAIL };

struct dns *scan_dns(struct scan *s)
{
	return s->dns;
}

void scan_dns_allow(struct scan *s, unsigned more)
{
	struct scan_priv *p = s->priv;

	p->ask_limit = more < SCAN_MAX_QUERIES - p->nasks ? p->nasks + more : SCAN_MAX_QUERIES;
}

void scan_dns_reserve(struct scan *s, unsigned n)
{
	s->priv->reserved = n;
	s->priv->reserver = s->priv->running;
}

/* Whether the running check may ask one more. */
static bool may_ask(const struct scan *s)
{
	const struct scan_priv *p = s->priv;
	unsigned kept = p->reserved;

	if (p->reserver == p->running || p->reserver >= SCAN_MAX_CHECKS ||
	    p->slot[p->reserver].done)
		kept = 0;
	return p->nasks < p->ask_limit && p->nasks + kept < SCAN_MAX_QUERIES;
}

void scan_dns_within(struct scan *s, uint64_t ms)
{
	s->priv->dns_within_ms = ms;
}

unsigned scan_dns_count(const struct scan *s)
{
	return s->priv->nasks;
}

void scan_asks_wake(struct scan *s, uint64_t waiting)
{
	for (size_t i = 0; i < s->env->setup->n; i++)
		if (waiting >> i & 1)
			s->priv->slot[i].dirty = true;
}

void scan_asks_failed(struct board_cell *cell, const char *why)
{
	if (board_failed(cell, why))
		LOG(LOG_LVL_WARN, "left_alone", F_STR("name", str_c(board_name(cell))),
		    F_STR("why", str_c(why)), F_INT("ms", BOARD_OPEN_MS));
}

static const struct dns_answer *settled(struct ask *q, const struct dns_answer *answer, bool own)
{
	q->answer = answer;
	q->own = own;
	if (answer->status == DNS_TEMPFAIL && !q->optional)
		q->scan->flags |= SCAN_F_DEGRADED_DNS;
	return answer;
}

static void answered(void *arg, const struct dns_answer *answer)
{
	struct ask *q = arg;
	struct scan *s = q->scan;

	q->query = NULL;
	settled(q, answer, true);
	scan_asks_wake(s, q->waiting);
	scan_kick(s);
}

static struct ask *find(const struct scan_priv *p, struct str name, int type)
{
	for (struct ask *q = p->asks; q; q = q->next)
		if (q->type == type && str_ieq(q->name, name))
			return q;
	return NULL;
}

const struct dns_answer *scan_dns_known(const struct scan *s, struct str name, int type)
{
	const struct ask *q = find(s->priv, name, type);

	return q ? q->answer : NULL;
}

/* A question asked for the first time. */
static const struct dns_answer *ask_new(struct scan *s, struct str name, int type)
{
	struct scan_priv *p = s->priv;
	const struct dns_answer *answer;
	uint64_t deadline;
	struct ask *q;

	if (s->flags & SCAN_F_LOCAL)
		return &tempfail;
	if (!may_ask(s)) {
		if (!p->dns_within_ms)
			s->flags |= SCAN_F_DEGRADED_DNS;
		return &tempfail;
	}
	q = ARENA_NEW(s->arena, struct ask);
	*q = (struct ask){ .scan = s,
			   .next = p->asks,
			   .name = arena_dup(s->arena, name),
			   .type = type,
			   .optional = p->dns_within_ms > 0 };
	p->asks = q;
	p->nasks++;
	if (p->closed)
		return settled(q, &tempfail, false);
	deadline = p->dns_within_ms ? clock_mono_ms() + p->dns_within_ms : 0;
	answer = resolver_ask(s->env->resolver, q->name.p, type, deadline, answered, q, &q->query);
	return answer ? settled(q, answer, true) : NULL;
}

static const struct dns_answer *ask(struct dns *dns, const char *name, int type)
{
	struct scan *s = ((struct scan_face *)(void *)dns)->scan;
	struct scan_priv *p = s->priv;
	struct str key = str_c(name);
	struct ask *q;

	if (key.n && key.p[key.n - 1] == '.')
		key.n--;
	q = find(p, key, type);
	if (!q) {
		const struct dns_answer *answer = ask_new(s, key, type);
		if (answer)
			return answer;
		q = p->asks;
	}
	if (!q->answer && p->running < SCAN_MAX_CHECKS)
		q->waiting |= UINT64_C(1) << p->running;
	return q->answer;
}

void scan_asks_init(struct scan *s)
{
	s->priv->face = (struct scan_face){ .dns = { ask }, .scan = s };
	s->dns = &s->priv->face.dns;
}

void scan_asks_close(struct scan *s)
{
	s->priv->closed = true;
	for (struct ask *q = s->priv->asks; q; q = q->next) {
		if (q->query) {
			resolver_cancel(q->query);
			q->query = NULL;
		}
		if (!q->answer)
			settled(q, &tempfail, false);
	}
	scan_stores_close(s);
	scan_udps_close(s);
	scan_https_close(s);
	scan_streams_close(s);
	scan_signs_close(s);
	scan_pauses_close(s);
	scan_cache_close(s);
}

void scan_asks_free(struct scan *s)
{
	scan_asks_close(s);
	for (struct ask *q = s->priv->asks; q; q = q->next)
		if (q->own)
			resolver_put(q->answer);
	s->priv->asks = NULL;
}

bool scan_asks_waited(const struct scan *s)
{
	uint64_t open = 0;

	for (size_t i = 0; i < s->env->setup->n; i++)
		if (!s->priv->slot[i].done)
			open |= UINT64_C(1) << i;
	for (const struct ask *q = s->priv->asks; q; q = q->next)
		if (!q->answer && q->waiting & open)
			return true;
	return false;
}

void scan_asks_names(const struct scan *s, struct buf *out)
{
	for (const struct ask *q = s->priv->asks; q; q = q->next)
		if (!q->answer && out->n < 512) {
			buf_addf(out, "%s", out->n ? " " : "");
			buf_add_shown(out, q->name, '.'); /* customers of lists have keys */
			buf_addf(out, "/%d", q->type);
		}
	scan_stores_names(s, out);
	scan_https_names(s, out);
	scan_streams_names(s, out);
	scan_signs_names(s, out);
}
