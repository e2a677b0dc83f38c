/* The face of every resolver: calls go through its table. */
#include "io/resolver.h"

const struct dns_answer *resolver_ask(struct resolver *r, const char *name, int type,
				      uint64_t deadline, resolver_fn *fn, void *arg,
				      struct resolver_query **q)
{
	return r->ops->ask(r, name, type, deadline, fn, arg, q);
}

void resolver_cancel(struct resolver_query *q)
{
	if (q)
		q->ops->cancel(q);
}

void resolver_put(const struct dns_answer *ans)
{
	if (ans)
		((const struct resolver_answer *)ans)->ops->put(ans);
}

const struct resolver_stats *resolver_stats(const struct resolver *r)
{
	return r->ops->stats(r);
}

void resolver_free(struct resolver *r)
{
	if (r)
		r->ops->free(r);
}
