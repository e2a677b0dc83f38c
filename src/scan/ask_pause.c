/* Pauses of a check before it looks again. */
#include "scan/ask.h"
#include "scan/priv.h"

struct pause {
	struct pause *next;
	struct scan *scan;
	size_t check; /* that asked */
	struct str key;
	struct loop_timer *timer; /* NULL: it is over */
};

static void over(void *arg)
{
	struct pause *p = arg;
	struct scan *s = p->scan;

	p->timer = NULL;
	scan_asks_wake(s, UINT64_C(1) << p->check);
	scan_kick(s);
}

bool scan_pause(struct scan *s, struct str key, uint64_t ms)
{
	struct scan_priv *priv = s->priv;
	struct pause *p = priv->pauses;

	if (priv->running >= SCAN_MAX_CHECKS)
		return true;
	while (p && !(p->check == priv->running && str_eq(p->key, key)))
		p = p->next;
	if (p)
		return !p->timer;
	if (priv->closed || priv->npauses == SCAN_MAX_PAUSES || s->flags & SCAN_F_LOCAL)
		return true;
	p = ARENA_NEW(s->arena, struct pause);
	*p = (struct pause){ .next = priv->pauses,
			     .scan = s,
			     .check = priv->running,
			     .key = arena_dup(s->arena, key) };
	p->timer = loop_after(s->env->loop, ms, over, p);
	priv->pauses = p;
	priv->npauses++;
	return false;
}

void scan_pauses_close(struct scan *s)
{
	for (struct pause *p = s->priv->pauses; p; p = p->next) {
		loop_cancel(p->timer);
		p->timer = NULL;
	}
}
