/*
 * Asks lists for what the rules want to know, each thing as soon as it is there: the client at
 * connect, names at HELO and MAIL, fields at the end of the headers, links at the end.
 */
#include "checks/dnslist/targets.h"

/* What is asked for from which stage on. */
static const struct step {
	enum scan_stage stage;
	void (*find)(struct scan *s, dnslist_targets *out);
	unsigned scopes; /* that it may find something of */
	bool content;	 /* needs what the message holds */
} steps[] = {
	{ SCAN_CONNECT, dnslist_client, 1u << SCOPE_CLIENT, false },
	{ SCAN_HELO, dnslist_helo, 1u << SCOPE_HELO, false },
	{ SCAN_MAIL, dnslist_mailfrom, 1u << SCOPE_MAILFROM, false },
	{ SCAN_HEADERS, dnslist_relays, 1u << SCOPE_CLIENT | 1u << SCOPE_RECEIVED, false },
	{ SCAN_HEADERS, dnslist_people,
	  1u << SCOPE_FROM | 1u << SCOPE_REPLYTO | 1u << SCOPE_FROMADDR | 1u << SCOPE_REPLYADDR,
	  false },
	{ SCAN_HEADERS, dnslist_signers, 1u << SCOPE_DKIM, false },
	{ SCAN_EOM, dnslist_links,
	  1u << SCOPE_URL | 1u << SCOPE_URLHOST | 1u << SCOPE_URLIP | 1u << SCOPE_URLHASH, true },
	{ SCAN_EOM, dnslist_addresses, 1u << SCOPE_BODYADDR, true },
};
#define STEPS (sizeof steps / sizeof *steps)

struct pending {
	struct dnslist_seat *seat;
	struct dnslist_target *target;
	struct str what;
};

struct asker {
	size_t step; /* steps taken */
	bool rdns_done;
	unsigned wanted; /* scopes of any list */
	dnslist_targets targets;
	VEC(struct pending) pending;
	size_t next; /* the first of them that is not answered */
};

/* ---- what a list is asked ---- */

static struct str address_name(struct scan *s, const struct dnslist_zone *z, const struct ip *ip)
{
	if (ip->family == 4)
		return z->v4 ? dnslist_ip_name(s->arena, ip, 0) : STR_NULL;
	return z->v6 == V6_NO ? STR_NULL : dnslist_ip_name(s->arena, ip, z->v6 == V6_64 ? 64 : 0);
}

/* Absent: the list has no such names. */
static struct str name_for(struct scan *s, const struct dnslist_zone *z,
			   const struct dnslist_target *t)
{
	if (t->ip.family)
		return address_name(s, z, &t->ip);
	if (t->scope == SCOPE_URLHASH && !dnslist_host_asked(s, z, t->whole))
		return STR_NULL;
	switch (t->scope) {
	case SCOPE_URLHASH:
	case SCOPE_FROMADDR:
	case SCOPE_REPLYADDR:
	case SCOPE_BODYADDR:
		if (z->digest == DNSLIST_RAW)
			return STR_NULL;
		return dnslist_hash(s->arena, z->digest, z->coding, z->digits, t->name);
	case SCOPE_URLHOST:
		return t->whole;
	default:
		return z->full ? t->whole : t->name;
	}
}

static void ask_for(struct dnslist_desk *d, struct asker *k, struct dnslist_zone *z,
		    struct dnslist_target *t)
{
	struct pending p = { .target = t };

	p.what = name_for(d->scan, z, t);
	if (!p.what.n)
		return;
	p.seat = dnslist_seat(d, z->suffix);
	VEC_PUSH(d->scan->arena, k->pending) = p;
	dnslist_put(d, p.seat, p.what, z->type, 0);
}

/* Every list for what is new, the most important list first. */
static void ask_all(struct dnslist_desk *d, struct asker *k, size_t from)
{
	for (size_t i = 0; i < d->config->n; i++) {
		struct dnslist_zone *z = d->config->zone[i];
		for (size_t t = from; t < k->targets.n && z->use; t++)
			if (z->scopes & z->wanted & 1u << k->targets.p[t]->scope)
				ask_for(d, k, z, k->targets.p[t]);
	}
}

/* ---- the way of a message ---- */

static bool welcome(const struct scan *s, const struct asker *k, const struct step *p)
{
	unsigned scopes = p->scopes & k->wanted;

	if (scan_outbound(s))
		scopes &= ~SCOPES_CLIENT;
	return scopes && (!p->content || s->content);
}

static void take_steps(struct dnslist_desk *d, struct asker *k)
{
	struct scan *s = d->scan;
	size_t from = k->targets.n;

	for (; k->step < STEPS && steps[k->step].stage <= s->stage; k->step++)
		if (welcome(s, k, &steps[k->step]))
			steps[k->step].find(s, &k->targets);
	if (!k->rdns_done && s->stage >= SCAN_HELO) {
		bool asks = (k->wanted & 1u << SCOPE_RDNS) && !scan_outbound(s);
		k->rdns_done = !asks || dnslist_rdns(s, &k->targets);
	}
	ask_all(d, k, from);
}

static void note(struct dnslist_desk *d, const struct pending *p, const struct dnslist_question *q)
{
	if (q->reply.state == DNSLIST_LISTED || q->refusal)
		VEC_PUSH(d->scan->arena, d->hits) =
			(struct dnslist_hit){ p->seat, p->target, q->reply.n, q->reply.rr,
					      q->refusal };
}

/* Goes on to the first that is not answered: the others are looked at when that one is. */
static bool collect(struct dnslist_desk *d, struct asker *k)
{
	for (; k->next < k->pending.n; k->next++) {
		const struct pending *p = &k->pending.p[k->next];
		const struct dnslist_question *q =
			dnslist_put(d, p->seat, p->what, p->seat->zone->type, 0);
		if (q->reply.state == DNSLIST_WAIT)
			return false;
		note(d, p, q);
	}
	return true;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct dnslist_desk *d = dnslist_desk(s);
	struct asker *k = state;
	bool answered;

	(void)config;
	if (dnslist_idle(d))
		return CHECK_DONE;
	for (size_t i = 0; i < d->config->n && !k->step; i++)
		if (d->config->zone[i]->use)
			k->wanted |= d->config->zone[i]->scopes & d->config->zone[i]->wanted;
	if (!k->wanted)
		return CHECK_DONE;
	take_steps(d, k);
	answered = collect(d, k);
	return answered && k->rdns_done && s->stage == SCAN_EOM ? CHECK_DONE : CHECK_WAIT;
}

static const char *const needs[] = { "dnslist", NULL };

const struct check check_dnslist_ask = {
	.abi = CHECK_ABI,
	.name = "dnslist_ask",
	.help = "asks DNS lists for what a message brings",
	.stage = SCAN_CONNECT,
	.needs = needs,
	.state_size = sizeof(struct asker),
	.run = run,
};
