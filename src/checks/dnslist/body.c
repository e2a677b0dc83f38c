/* What the text of a message brings to ask lists for: links and mail addresses. */
#include <stdlib.h>

#include "checks/dnslist/targets.h"
#include "checks/memory/memory.h"
#include "mail/domain.h"

#define DRAWN_MAX 1000u /* candidates that are drawn from */

/* Of too many, those that are asked for are drawn, so that nobody can hide one behind others. */
struct lot {
	uint64_t lot; /* by a key that nobody outside knows */
	struct str name, host;
};
struct lots {
	struct lot p[DRAWN_MAX];
	size_t n;
	struct map *known;
};

static struct lots *lots_new(struct scan *s)
{
	struct lots *l = ARENA_NEW(s->arena, struct lots);

	l->known = map_new(s->arena, false);
	return l;
}

static void lots_add(struct scan *s, struct lots *l, struct str name, struct str host)
{
	if (!name.n || l->n == DRAWN_MAX || map_put(l->known, name, l))
		return;
	l->p[l->n++] = (struct lot){ hash_sip13(s->env->digest_key, name), name, host };
}

static int by_lot(const void *a, const void *b)
{
	const struct lot *x = a, *y = b;

	return x->lot < y->lot ? -1 : x->lot > y->lot;
}

static void lots_draw(struct scan *s, struct lots *l, dnslist_targets *out,
		      enum dnslist_scope scope, size_t max)
{
	if (l->n > max)
		qsort(l->p, l->n, sizeof *l->p, by_lot);
	for (size_t i = 0; i < l->n && i < max; i++) {
		struct dnslist_target *t = dnslist_add(s, out, scope, l->p[i].name);
		if (t && l->p[i].host.n)
			t->whole = l->p[i].host;
	}
}

/* ---- links ---- */

bool dnslist_host_asked(const struct scan *s, const struct dnslist_zone *z, struct str host)
{
	struct str lists = z->hosts;
	bool any = !lists.n;

	while (lists.n && !any)
		any = lists_has_domain(s->lists, str_trim(str_cut(&lists, ',')), host, NULL);
	return any;
}

/* Some list wants digests of links there. */
static bool digest_asked(const struct dnslist_desk *d, struct str host)
{
	for (size_t i = 0; i < d->config->n; i++) {
		const struct dnslist_zone *z = d->config->zone[i];
		if (z->use && (z->scopes & z->wanted & 1u << SCOPE_URLHASH) &&
		    dnslist_host_asked(d->scan, z, host))
			return true;
	}
	return false;
}

static void add_digests(struct dnslist_desk *d, dnslist_targets *out)
{
	struct scan *s = d->scan;
	const url_vec *u = content_urls(s->content);
	struct lots *l = lots_new(s);

	for (size_t i = 0; i < u->n; i++)
		if (u->p[i].path.n > 1 && u->p[i].host.n && !u->p[i].ip.family &&
		    digest_asked(d, u->p[i].host))
			lots_add(s, l,
				 arena_printf(s->arena, "%.*s%.*s", STR_ARG(u->p[i].host),
					      STR_ARG(u->p[i].path)),
				 u->p[i].host);
	lots_draw(s, l, out, SCOPE_URLHASH, DNSLIST_MAX_DIGESTS);
}

void dnslist_links(struct scan *s, dnslist_targets *out)
{
	size_t n;
	const struct dnslist_host *h = dnslist_hosts(s, &n);

	for (size_t i = 0; i < n; i++) {
		if (h[i].ip.family) {
			dnslist_add_ip(s, out, SCOPE_URLIP, &h[i].ip);
			continue;
		}
		dnslist_add_domain(s, out, SCOPE_URL, h[i].host);
		dnslist_add_domain(s, out, SCOPE_URLHOST, h[i].host);
	}
	add_digests(dnslist_desk(s), out);
}

/* ---- mail addresses ---- */

static bool of_local(char c)
{
	return ch_alnum(c) || (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

static bool of_domain(char c)
{
	return ch_alnum(c) || c == '.' || c == '-';
}

/* The address around the "@" at text.p[at]; returns the place behind it. */
static size_t add_found(struct scan *s, struct lots *l, struct str text, size_t at)
{
	size_t from = at, to = at + 1, end;
	struct str domain;

	while (from > 0 && at - from < 64 && of_local(text.p[from - 1]))
		from--;
	while (to < text.n && to - at <= DOMAIN_MAX && of_domain(text.p[to]))
		to++;
	end = to;
	while (to > at + 1 && !ch_alnum(text.p[to - 1]))
		to--;
	domain = str_sub(text, at + 1, to - at - 1);
	if (from < at && str_chr(domain, '.') != SIZE_MAX)
		lots_add(s, l, dnslist_stranger(s, str_sub(text, from, at - from), domain),
			 STR_NULL);
	return end;
}

void dnslist_addresses(struct scan *s, dnslist_targets *out)
{
	const url_vec *u = content_urls(s->content);
	struct str text = str_sub(content_visible(s->content), 0, DNSLIST_TEXT_MAX);
	struct lots *l = lots_new(s);
	size_t at = 0, next;

	for (size_t i = 0; i < u->n; i++) {
		struct str domain = u->p[i].address;
		struct str local = str_cut(&domain, '@');
		if (local.n && domain.n)
			lots_add(s, l, dnslist_stranger(s, local, domain), STR_NULL);
	}
	while (l->n < DRAWN_MAX && (next = str_chr(str_skip(text, at), '@')) != SIZE_MAX)
		at = add_found(s, l, text, at + next);
	lots_draw(s, l, out, SCOPE_BODYADDR, DNSLIST_MAX_ADDRESSES);
}
