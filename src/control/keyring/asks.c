/* Questions under way to a resolver, each asked once. */
#include "control/keyring/asks.h"

#include "base/buf.h"
#include "base/map.h"
#include "io/loop.h"
#include "io/resolver.h"

struct ask {
	struct asks *all;
	struct resolver_query *query;
	const struct dns_answer *answer;
};

struct asks {
	struct dns dns; /* first */
	struct arena *arena;
	struct loop *loop;
	struct resolver *resolver;
	uint64_t deadline;
	struct map *asked; /* of struct ask */
	struct loop_timer *timer;
	asks_fn *again;
	void *arg;
};

static void run_again(void *arg)
{
	struct asks *q = arg;

	q->timer = NULL;
	q->again(q->arg);
}

static void came(void *arg, const struct dns_answer *x)
{
	struct ask *k = arg;

	k->query = NULL;
	k->answer = x;
	if (!k->all->timer)
		k->all->timer = loop_after(k->all->loop, 0, run_again, k->all);
}

static const struct dns_answer *ask(struct dns *dns, const char *name, int type)
{
	struct asks *q = (struct asks *)dns;
	struct str key = arena_printf(q->arena, "%d %s", type, name);
	struct ask *k = map_get(q->asked, key);

	if (k)
		return k->answer;
	k = ARENA_NEW(q->arena, struct ask);
	k->all = q;
	map_put(q->asked, key, k);
	k->answer = resolver_ask(q->resolver, name, type, q->deadline, came, k, &k->query);
	return k->answer;
}

struct asks *asks_new(struct loop *l, struct resolver *r, uint64_t deadline, asks_fn *again,
		      void *arg)
{
	struct arena *a = arena_new(0);
	struct asks *q = ARENA_NEW(a, struct asks);

	*q = (struct asks){ .dns = { ask },
			    .arena = a,
			    .loop = l,
			    .resolver = r,
			    .deadline = deadline,
			    .asked = map_new(a, true),
			    .again = again,
			    .arg = arg };
	return q;
}

void asks_free(struct asks *q)
{
	if (!q)
		return;
	loop_cancel(q->timer);
	for (size_t i = 0; i < map_len(q->asked); i++) {
		struct ask *k = map_at(q->asked, i);

		resolver_cancel(k->query);
		resolver_put(k->answer);
	}
	arena_free(q->arena);
}

struct dns *asks_dns(struct asks *q)
{
	return &q->dns;
}
