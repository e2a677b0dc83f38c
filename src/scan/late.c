/*
 * Late checks: the message is judged without them first; what they find moves the score within
 * bounds that no rule can widen.
 */
#include <math.h>

#include "scan/priv.h"

#define HAIR 0.01 /* below a threshold that is not to be reached */

static void judge(struct scan *s)
{
	const struct judge *j = s->env->setup->judge;
	struct verdict *v = &s->verdict;

	v->score = 0;
	v->symbols.n = 0;
	v->subrules.n = 0;
	j->run(j, s);
}

static bool late(const struct scan *s, size_t i)
{
	return s->env->setup->check[i]->flags & CHECK_LATE && !s->env->setup->idle[i];
}

static bool ready(const struct scan *s)
{
	bool any = false;

	for (size_t i = 0; i < s->env->setup->n; i++) {
		if (late(s, i))
			any = true;
		else if (!s->priv->slot[i].done)
			return false;
	}
	return any;
}

bool scan_late_go(struct scan *s)
{
	struct scan_priv *p = s->priv;
	struct late *l = &p->late;

	if (l->open || !p->done || scan_cache_open(s) || !ready(s))
		return false;
	l->open = true;
	if (s->env->setup->judge && !(s->flags & (SCAN_F_AUTH_ONLY | SCAN_F_DEADLINE)) &&
	    !scan_passive(s) && p->cache.step != CACHE_HIT) {
		s->verdict.tag_at = s->env->setup->tag_at;
		s->verdict.reject_at = s->env->setup->reject_at;
		judge(s);
		l->pre = s->verdict;
		l->pre.action = scan_action_at(s->env->setup, l->pre.score);
		l->judged = true;
		l->lo = -INFINITY;
		l->hi = INFINITY;
		l->may_accept = true;
	}
	for (size_t i = 0; i < s->env->setup->n; i++)
		p->slot[i].dirty = true;
	return true;
}

const struct verdict *scan_preliminary(const struct scan *s)
{
	return s->priv->late.judged ? &s->priv->late.pre : NULL;
}

void scan_late(struct scan *s, double lo, double hi, bool may_accept)
{
	struct late *l = &s->priv->late;

	l->found = true;
	l->lo = fmax(l->lo, fmin(lo, 0));
	l->hi = fmin(l->hi, fmax(hi, 0));
	l->may_accept = l->may_accept && may_accept;
}

/* Where the score may be, from what it was without late checks and what it would be with them. */
static double bounded(const struct scan *s, double score)
{
	const struct late *l = &s->priv->late;
	const struct scan_setup *c = s->env->setup;
	double reject = fmin(c->reject_at, c->discard_at), pre = l->pre.score;

	score = fmin(fmax(score, pre + l->lo), pre + l->hi);
	if (pre < reject && score >= reject)
		score = fmax(pre, reject - HAIR);
	if (!l->may_accept && pre >= c->tag_at && score < c->tag_at)
		score = c->tag_at;
	return score;
}

bool scan_late_judged(struct scan *s)
{
	const struct late *l = &s->priv->late;
	double at;

	if (!l->judged)
		return false;
	if (!l->found)
		return true;
	judge(s);
	at = bounded(s, s->verdict.score);
	if (fabs(at - s->verdict.score) >= HAIR / 2)
		scan_symbol(s, STR("LATE_CAP"), at - s->verdict.score,
			    STR("what late checks found counts so far and no further"),
			    STR("late"));
	s->verdict.score = at;
	return true;
}
