/* A judged corpus as a problem of fitting scores. */
#include "cmd/corpus_fit.h"

#include <math.h>

#define INFORMS 0.0101 /* rules with a score up to this, either way, only inform and keep it */

const struct corpus_limits corpus_limits_default = { .cap = 3, .nice_cap = 1 };

static bool in_list(struct str list, struct str word)
{
	while (list.n)
		if (str_eq(str_cut(&list, ','), word))
			return true;
	return false;
}

bool corpus_keeps(const struct corpus_limits *o, const struct corpus_rule *r)
{
	return fabs(r->score) <= INFORMS || r->score > o->cap || r->score < -o->nice_cap ||
	       in_list(o->keep, r->group);
}

struct fit_problem corpus_problem(const struct corpus *c, const struct corpus_limits *o)
{
	size_t n = c->rules.n;
	struct fit_row *row = ARENA_ARRAY(c->arena, struct fit_row, c->mails.n);
	double *low = ARENA_ARRAY(c->arena, double, n), *high = ARENA_ARRAY(c->arena, double, n);
	double *prior = ARENA_ARRAY(c->arena, double, n);

	for (size_t i = 0; i < c->mails.n; i++) {
		const struct corpus_mail *m = &c->mails.p[i];
		row[i] = (struct fit_row){ m->spam, m->nhits, m->hit };
	}
	for (size_t f = 0; f < n; f++) {
		double now = c->rules.p[f].score;
		prior[f] = now;
		low[f] = corpus_keeps(o, &c->rules.p[f]) ? now : now > 0 ? 0 : -o->nice_cap;
		high[f] = corpus_keeps(o, &c->rules.p[f]) ? now : now < 0 ? 0 : o->cap;
	}
	return (struct fit_problem){ row, c->mails.n, n, low, high, prior };
}

void corpus_mix(struct corpus *c)
{
	struct corpus_mail *mixed = ARENA_ARRAY(c->arena, struct corpus_mail, c->mails.n);
	size_t ham = 0, spam = 0, ham_at = 0, spam_at = 0;

	for (size_t i = 0; i < c->mails.n; i++) {
		bool want_spam = ham == c->ham ||
				 (spam < c->spam &&
				  (double)spam / (double)c->spam <= (double)ham / (double)c->ham);
		size_t *at = want_spam ? &spam_at : &ham_at;
		while (c->mails.p[*at].spam != want_spam)
			++*at;
		mixed[i] = c->mails.p[(*at)++];
		*(want_spam ? &spam : &ham) += 1;
	}
	c->mails.p = mixed;
}
