/* Reports that came in, counted by domain. */
#include "control/report/tally.h"

/* Domains of ours are few. */
static struct tally_domain *domain_of(struct tally *t, struct str name)
{
	struct tally_domain *d = &t->domain[TALLY_DOMAINS];

	for (size_t i = 0; i < t->n; i++)
		if (str_ieq(t->domain[i].name, name))
			return &t->domain[i];
	if (t->n < TALLY_DOMAINS) {
		d = &t->domain[t->n++];
		d->name = arena_dup(t->arena, name);
	} else {
		d->name = STR("other");
		t->n = TALLY_DOMAINS + 1;
	}
	return d;
}

void tally_add(struct tally *t, const struct report_sum *s)
{
	struct tally_domain *d = domain_of(t, s->domain);

	t->reports[s->kind]++;
	d->good[s->kind] += s->good;
	d->bad[s->kind] += s->bad;
}
