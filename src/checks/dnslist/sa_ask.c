/* Questions of one message and who listens to the answers. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "checks/dnslist/desk.h"
#include "checks/dnslist/sa.h"
#include "mail/domain.h"
#include "mail/view/names.h"

static const struct dns_answer missing = { .status = DNS_TEMPFAIL };

struct sanet *sanet_begin(struct scan *s, void *state, const void *plan)
{
	struct sanet *n = state;

	if (n->scan)
		return n;
	n->scan = s;
	n->plan = plan;
	n->found = ARENA_ARRAY(s->arena, struct sanet_found, n->plan->n + 1);
	n->by_key = map_new(s->arena, true);
	return n;
}

/* ---- what may not be asked ---- */

/* dns_query_restriction: the nearest domain above the name that it speaks of decides. */
static bool restricted(const struct sanet_settings *set, struct str name)
{
	const void *how = NULL;

	if (!map_len(set->limits))
		return false;
	while (name.n && !how) {
		how = map_get(set->limits, name);
		str_cut(&name, '.');
	}
	if (!how)
		how = map_get(set->limits, STR("*"));
	return how == &sanet_deny;
}

/* ---- asking ---- */

/* Codes of refusal hit rules that name them, and no others (sanet_answer_fits). What is no code is
 * none where a list is asked for codes, so that a list which is gone says nothing. */
static const struct dns_answer *list_answer(struct sanet *n, struct sanet_question *q)
{
	struct dnslist_desk *d = dnslist_desk(n->scan);
	const struct dnslist_question *p;
	const struct dns_answer *answer;

	if (!d)
		return &missing;
	p = dnslist_put(d, dnslist_seat(d, q->zone), q->what, q->type,
			q->plain ? DNSLIST_PLAIN : 0);
	if (p->reply.state == DNSLIST_WAIT)
		return NULL;
	if (p->reply.state != DNSLIST_CLEAN && p->reply.state != DNSLIST_LISTED && !p->refusal)
		return &missing;
	q->refused = p->refusal != NULL;
	answer = dns_ask(scan_dns(n->scan), q->name.p, q->type);
	return answer ? answer : &missing;
}

/* What no list is asked for: hosts, name servers, the sender's domain. */
static const struct dns_answer *plain_answer(struct sanet *n, const struct sanet_question *q)
{
	const struct dnslist_desk *d = dnslist_desk(n->scan);
	const struct dns_answer *answer;

	if (dnslist_idle(d))
		return &missing;
	scan_dns_within(n->scan, d->config->timeout_ms);
	answer = dns_ask(scan_dns(n->scan), q->name.p, q->type);
	scan_dns_within(n->scan, 0);
	if (answer && answer->status == DNS_TEMPFAIL)
		scan_degraded(n->scan, "dnslist");
	return answer;
}

static bool look(struct sanet *n, struct sanet_question *q)
{
	q->answer = q->zone.n ? list_answer(n, q) : plain_answer(n, q);
	return q->answer != NULL;
}

static void deliver(struct sanet *n, struct sanet_question *q)
{
	for (size_t i = 0; i < q->listeners.n; i++) {
		struct sanet_listener l = q->listeners.p[i];
		l.take(n, &l, q);
	}
	q->listeners.n = 0;
}

/* "what.zone" as a new question; NULL: not to be asked. */
static struct sanet_question *new_question(struct sanet *n, struct str key, struct str what,
					   struct str zone, int type)
{
	struct arena *a = n->scan->arena;
	struct sanet_question *q = ARENA_NEW(a, struct sanet_question);

	q->zone = zone.n ? arena_dup(a, zone) : STR_NULL;
	q->what = arena_dup(a, what);
	q->name = zone.n ? arena_printf(a, "%.*s.%.*s", STR_ARG(what), STR_ARG(zone)) : q->what;
	q->type = type;
	q->plain = n->plain;
	if (n->questions.n == SANET_MAX_QUESTIONS || restricted(&n->plan->set, q->name))
		return NULL;
	map_put(n->by_key, key, q);
	VEC_PUSH(a, n->questions) = q;
	return q;
}

void sanet_ask(struct sanet *n, struct str what, struct str zone, int type, struct sanet_listener l)
{
	struct sanet_question *q;
	struct str key;

	if (!what.n || what.n + 1 + zone.n > DOMAIN_MAX || memchr(what.p, 0, what.n))
		return;
	key = arena_printf(n->scan->arena, "%d %.*s%s%.*s", type, STR_ARG(what), zone.n ? "." : "",
			   STR_ARG(zone));
	q = map_get(n->by_key, key);
	if (!q)
		q = new_question(n, key, what, zone, type);
	if (!q || n->nlisteners == SANET_MAX_LISTENERS)
		return;
	if (l.take) {
		n->nlisteners++;
		VEC_PUSH(n->scan->arena, q->listeners) = l;
	}
	if (q->answer || look(n, q))
		deliver(n, q);
}

enum check_step sanet_go_on(struct sanet *n)
{
	bool wait = false;

	for (size_t i = 0; i < n->questions.n; i++) {
		struct sanet_question *q = n->questions.p[i];
		if (q->answer)
			continue;
		if (look(n, q))
			deliver(n, q);
		else
			wait |= q->listeners.n > 0;
	}
	return wait ? CHECK_WAIT : CHECK_DONE;
}

/* ---- what rules find ---- */

/* dns_block_rule: the rule says that a list does not serve us. */
static void block(struct sanet *n, const struct sanet_rule *r)
{
	const struct sanet_settings *set = &n->plan->set;
	struct dnslist_desk *d = dnslist_desk(n->scan);

	for (size_t i = 0; i < set->blocks.n; i++) {
		const struct sanet_block *b = &set->blocks.p[i];
		if (!d || !str_eq(b->rule, r->name))
			continue;
		if (board_off(dnslist_seat(d, b->zone)->cell, set->block_ms, "dns_block_rule"))
			LOG(LOG_LVL_WARN, "dnslist_off", F_STR("list", b->zone),
			    F_STR("rule", r->name), F_INT("ms", set->block_ms));
	}
}

void sanet_hit(struct sanet *n, const struct sanet_rule *r, struct str evidence)
{
	struct sanet_found *f = &n->found[r->id];

	if (f->hit)
		return;
	*f = (struct sanet_found){ true, evidence };
	block(n, r);
}

bool sanet_holds(const struct sanet *n, const struct predicate_arg *arg, struct str *evidence)
{
	const struct sanet_rule *r = n ? sanet_rule_of(n->plan, arg) : NULL;

	if (!r || !n->found[r->id].hit)
		return false;
	*evidence = n->found[r->id].evidence;
	return true;
}

/* ---- what the functions share ---- */

struct str sanet_host(struct sanet *n, struct str host)
{
	struct str name;

	while (host.n && host.p[host.n - 1] == '.')
		host.n--;
	name = domain_read(n->scan->arena, host, DOMAIN_UNDERSCORE);
	if (!name.n || !view_fqdn_valid(name) || !view_tld_valid(n->scan->view, name))
		return STR_NULL;
	return name;
}

void sanet_add_once(struct arena *a, sanet_strs *v, struct map *seen, struct str s)
{
	if (!s.n || v->n == SANET_MAX_VALUES || map_get(seen, s))
		return;
	map_put(seen, s, v);
	VEC_PUSH(a, *v) = s;
}

struct drawn {
	uint64_t lot;
	struct str s;
};

static int by_lot(const void *x, const void *y)
{
	uint64_t a = ((const struct drawn *)x)->lot, b = ((const struct drawn *)y)->lot;

	return a < b ? -1 : a > b;
}

size_t sanet_shuffle(struct sanet *n, struct str *v, size_t count, size_t max)
{
	struct drawn *d;

	if (count <= max)
		return count;
	d = ARENA_ARRAY(n->scan->arena, struct drawn, count);
	for (size_t i = 0; i < count; i++)
		d[i] = (struct drawn){ hash_sip24(n->scan->env->digest_key, v[i]), v[i] };
	qsort(d, count, sizeof *d, by_lot);
	for (size_t i = 0; i < count; i++)
		v[i] = d[i].s;
	return max;
}

uint64_t sanet_mark(const struct sanet *n)
{
	uint64_t h = 0;

	for (size_t i = 0; n && i < n->plan->n; i++)
		if (n->found[i].hit)
			h ^= hash_sip24((struct hash_key){ 0, 0 }, n->plan->rule[i].name);
	return h;
}
