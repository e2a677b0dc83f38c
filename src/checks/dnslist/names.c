/* What lists may be asked for: which addresses and domains, and the hosts of links. */
#include <stdlib.h>

#include "base/buf.h"
#include "checks/dnslist/desk.h"
#include "checks/memory/memory.h"
#include "mail/domain.h"

/* ---- addresses ---- */

static bool in_nets(const struct view_nets *n, const struct ip *ip)
{
	for (size_t i = 0; i < n->n; i++)
		if (cidr_has(&n->p[i].net, ip))
			return !n->p[i].not ;
	return false;
}

bool dnslist_public(const struct scan *s, const struct ip *ip)
{
	const struct dnslist_config *k = scan_config(s, &check_dnslist);
	enum ip_scope scope = ip_scope(ip);
	const struct view_env *v;

	if (scope != IP_PUBLIC && scope != IP_EXAMPLE)
		return false;
	v = k && k->judge ? k->judge->view : NULL;
	return !v || !(in_nets(&v->trusted, ip) || in_nets(&v->internal, ip));
}

struct str dnslist_ip_name(struct arena *a, const struct ip *ip, unsigned bits)
{
	static const char hex[] = "0123456789abcdef";
	size_t octets = ip->family == 4 ? 4 : 16;
	struct buf b = { .arena = a };

	if (bits && bits / 8 < octets)
		octets = bits / 8;
	for (size_t i = octets; i-- > 0;) {
		if (ip->family == 4)
			buf_addf(&b, "%s%u", b.n ? "." : "", ip->b[i]);
		else
			buf_addf(&b, "%s%c.%c", b.n ? "." : "", hex[ip->b[i] & 15],
				 hex[ip->b[i] >> 4]);
	}
	return buf_str(&b);
}

/* ---- domains ---- */

struct str dnslist_org(const struct scan *s, struct str domain)
{
	const struct dnslist_config *k = scan_config(s, &check_dnslist);
	const struct judge *j = k ? k->judge : NULL;
	const struct psl *psl = j && j->content ? j->content->psl : NULL;
	struct str org = psl ? psl_registrable(psl, domain) : STR_NULL;

	return org.n ? org : domain;
}

bool dnslist_spared(const struct scan *s, struct str domain)
{
	return memory_is_local(s, domain) ||
	       lists_has_domain(s->lists, STR("uridnsbl_skip_domain"), domain, NULL);
}

/* ---- the hosts of links ---- */

#define CLASSES 3u

/* How many of a class there is room for whatever else is there: what can be clicked; what stands in
 * fields and in other links; what is hidden. */
static const unsigned room[CLASSES] = { 16, 3, 1 };

struct candidate {
	struct dnslist_host host;
	unsigned class;
	uint64_t lot; /* drawn by a key that nobody outside knows */
	bool taken;
};
struct candidates {
	struct candidate *p;
	size_t n;
	struct map *by_name;
};

static unsigned class_of(const struct url *u)
{
	if (u->flags & URL_HIDDEN)
		return 2;
	switch (u->origin) {
	case URL_FROM_HEADER:
	case URL_FROM_UNSUBSCRIBE:
	case URL_FROM_NESTED:
		return 1;
	default:
		return 0;
	}
}

static void add_host(struct scan *s, struct candidates *c, const struct url *u)
{
	struct str name = u->registrable.n ? u->registrable : u->host;
	struct candidate *k = map_get(c->by_name, name);

	if (!k) {
		if (u->ip.family ? !dnslist_public(s, &u->ip) : dnslist_spared(s, u->host))
			return;
		k = &c->p[c->n++];
		k->host = (struct dnslist_host){ u->host, u->registrable, u->ip, u->clean };
		k->class = CLASSES;
		k->lot = hash_sip13(s->env->digest_key, name);
		map_put(c->by_name, name, k);
	}
	if (class_of(u) < k->class) {
		k->class = class_of(u);
		k->host.host = u->host;
		k->host.url = u->clean;
	}
}

static int by_lot(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->lot < y->lot ? -1 : x->lot > y->lot;
}

static void choose(struct dnslist_desk *d, struct candidates *c)
{
	unsigned left[CLASSES];

	memcpy(left, room, sizeof left);
	d->hosts = ARENA_ARRAY(d->scan->arena, struct dnslist_host, DNSLIST_MAX_DOMAINS);
	for (size_t i = 0; i < c->n; i++) {
		if (!left[c->p[i].class])
			continue;
		left[c->p[i].class]--;
		c->p[i].taken = true;
		d->hosts[d->nhosts++] = c->p[i].host;
	}
	for (size_t i = 0; i < c->n && d->nhosts < DNSLIST_MAX_DOMAINS; i++)
		if (!c->p[i].taken)
			d->hosts[d->nhosts++] = c->p[i].host;
	d->hosts_left_out = c->n > d->nhosts;
}

static void find_hosts(struct dnslist_desk *d)
{
	struct scan *s = d->scan;
	const url_vec *u = content_urls(s->content);
	struct candidates c = { .by_name = map_new(s->arena, true) };

	c.p = ARENA_ARRAY(s->arena, struct candidate, u->n + 1);
	for (size_t i = 0; i < u->n; i++)
		if (u->p[i].host.n)
			add_host(s, &c, &u->p[i]);
	qsort(c.p, c.n, sizeof *c.p, by_lot);
	choose(d, &c);
}

const struct dnslist_host *dnslist_hosts(struct scan *s, size_t *n)
{
	struct dnslist_desk *d = dnslist_desk(s);

	*n = 0;
	if (!d || !s->content || s->stage < SCAN_EOM)
		return NULL;
	if (!d->hosts_chosen) {
		d->hosts_chosen = true;
		find_hosts(d);
	}
	*n = d->nhosts;
	return d->hosts;
}
