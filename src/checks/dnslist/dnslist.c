/* The check of DNS lists: what a message has asked them, and what rules may ask of that. */
#include "checks/dnslist/predicates.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct dnslist_desk **d = ARENA_NEW(s->arena, struct dnslist_desk *);

	(void)state;
	*d = dnslist_desk_new(s, config);
	scan_publish(s, &check_dnslist, d);
	return CHECK_DONE;
}

/* A verdict that is kept for equal messages falls when a list says something else. */
static uint64_t mark(const struct scan *s)
{
	const struct dnslist_desk *d = dnslist_desk(s);
	uint64_t h = 0;

	for (size_t i = 0; d && i < d->hits.n; i++) {
		const struct dnslist_hit *hit = &d->hits.p[i];
		struct hash_key k = { h, hit->n };
		h ^= hash_sip24(k, hit->target->name) ^ hash_sip24(k, hit->seat->zone->name);
		for (size_t r = 0; r < hit->n; r++)
			h ^= hash_sip24(k, hit->rr[r].data);
	}
	return h;
}

static const char *const directives[] = { "dnslist", NULL };

const struct check check_dnslist = {
	.abi = CHECK_ABI,
	.name = "dnslist",
	.help = "lists of addresses, domains and digests that are asked by DNS",
	.stage = SCAN_CONNECT,
	.options = dnslist_options,
	.setup = dnslist_setup,
	.rules = dnslist_rules,
	.directives = directives,
	.run = run,
	.predicates = dnslist_predicates,
	.mark = mark,
};
