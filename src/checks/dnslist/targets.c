/* What a message's way and its people bring to ask lists for. */
#include "checks/dnslist/targets.h"

#include "auth/iprev.h"
#include "auth/taglist.h"
#include "checks/memory/memory.h"
#include "mail/domain.h"

struct dnslist_target *dnslist_add(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
				   struct str name)
{
	struct dnslist_target *t;

	for (size_t i = 0; i < out->n; i++)
		if (out->p[i]->scope == scope && str_eq(out->p[i]->name, name))
			return NULL;
	t = ARENA_NEW(s->arena, struct dnslist_target);
	t->scope = scope;
	t->name = t->text = t->whole = name;
	VEC_PUSH(s->arena, *out) = t;
	return t;
}

void dnslist_add_ip(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
		    const struct ip *ip)
{
	struct dnslist_target *t;
	char text[IP_TEXT_MAX];

	if (!dnslist_public(s, ip))
		return;
	t = dnslist_add(s, out, scope, arena_dup(s->arena, str_c(ip_format(ip, text))));
	if (t)
		t->ip = *ip;
}

/* An address without brackets, or what a list would take for one: no top level is a number. */
static bool is_number(struct str name)
{
	struct str top = domain_last(name, 1);

	for (size_t i = 0; i < top.n; i++)
		if (!ch_digit(top.p[i]))
			return false;
	return true;
}

/* Names of a network's inside (RFC 6761, 6762, 8375, 9476): nobody else's, and none of theirs. */
static bool is_inside(struct str name)
{
	static const char *const top[] = { "local", "localhost", "internal", "lan",
					   "corp",  "intranet",	 "home",     "home.arpa" };

	for (size_t i = 0; i < sizeof top / sizeof *top; i++)
		if (domain_within(name, str_c(top[i])))
			return true;
	return false;
}

void dnslist_add_domain(struct scan *s, dnslist_targets *out, enum dnslist_scope scope,
			struct str name)
{
	struct dnslist_target *t;

	if (!name.n || domain_labels(name) < 2 || is_number(name) || is_inside(name) ||
	    dnslist_spared(s, name))
		return;
	t = dnslist_add(s, out, scope, dnslist_org(s, name));
	if (t)
		t->whole = t->text = name;
}

/* ---- the client, and the hops before it ---- */

void dnslist_client(struct scan *s, dnslist_targets *out)
{
	if (s->client.ip.family)
		dnslist_add_ip(s, out, SCOPE_CLIENT, &s->client.ip);
}

/* What a relay of ours calls itself is nobody's business. */
void dnslist_helo(struct scan *s, dnslist_targets *out)
{
	if (s->client.ip.family && !dnslist_public(s, &s->client.ip))
		return;
	dnslist_add_domain(s, out, SCOPE_HELO, domain_read(s->arena, s->helo, DOMAIN_UNDERSCORE));
}

bool dnslist_rdns(struct scan *s, dnslist_targets *out)
{
	struct str name = domain_read(s->arena, s->client.host, DOMAIN_UNDERSCORE);
	struct iprev_result r;

	if (!s->client.ip.family || !dnslist_public(s, &s->client.ip))
		return true;
	if (domain_labels(name) < 2) {
		if (iprev_eval(s->arena, scan_dns(s), &s->client.ip, &r) == AUTH_WAIT)
			return false;
		name = r.code == AUTH_PASS ? r.name : STR_NULL;
	}
	dnslist_add_domain(s, out, SCOPE_RDNS, name);
	return true;
}

void dnslist_mailfrom(struct scan *s, dnslist_targets *out)
{
	dnslist_add_domain(s, out, SCOPE_MAILFROM,
			   domain_read(s->arena, s->mail.domain, DOMAIN_UNDERSCORE));
}

/* Addresses of hops that none of ours vouches for, newest first; at most max. */
static size_t strange_hops(struct scan *s, struct ip *out, size_t max)
{
	size_t n = 0, found = 0;
	const struct view_relay *r = s->view ? view_relays(s->view, &n) : NULL;

	for (size_t i = 0; i < n; i++) {
		struct ip ip;
		if (r[i].trusted || !ip_parse(r[i].ip, &ip) || !dnslist_public(s, &ip))
			continue;
		if (found == max)
			out[max - 1] = ip; /* the origin */
		else
			out[found++] = ip;
	}
	return found;
}

void dnslist_relays(struct scan *s, dnslist_targets *out)
{
	struct ip hop[DNSLIST_MAX_HOPS + 1];
	size_t n = strange_hops(s, hop, DNSLIST_MAX_HOPS + 1), from = 0;
	bool known = s->client.ip.family && dnslist_public(s, &s->client.ip);

	if (n && known)
		from = ip_eq(&hop[0], &s->client.ip);
	else if (n)
		dnslist_add_ip(s, out, SCOPE_CLIENT, &hop[from++]);
	for (size_t i = from; i < n && i < from + DNSLIST_MAX_HOPS; i++)
		if (!ip_eq(&hop[i], &hop[0]) || known)
			dnslist_add_ip(s, out, SCOPE_RECEIVED, &hop[i]);
}

/* ---- people ---- */

static struct map *recipients(struct scan *s)
{
	struct map *all = map_new(s->arena, false);

	for (size_t i = 0; i < s->rcpts.n; i++) {
		struct str address = STR_NULL;
		struct mailbox m;
		if (addr_path(s->arena, s->rcpts.p[i], &m))
			address = dnslist_mailbox(s->arena, m.local, m.domain);
		if (address.n)
			map_put(all, address, s);
	}
	return all;
}

static bool of_recipient(struct scan *s, struct str address)
{
	struct dnslist_desk *d = dnslist_desk(s);

	if (!d->rcpts)
		d->rcpts = recipients(s);
	return map_get(d->rcpts, address) != NULL;
}

struct str dnslist_stranger(struct scan *s, struct str local, struct str domain)
{
	struct str address = dnslist_mailbox(s->arena, local, domain);

	if (!address.n || memory_is_local(s, str_skip(address, str_chr(address, '@') + 1)) ||
	    of_recipient(s, address))
		return STR_NULL;
	return address;
}

static void add_mailbox(struct scan *s, dnslist_targets *out, enum dnslist_scope domain,
			enum dnslist_scope address, const struct mailbox *m)
{
	dnslist_add_domain(s, out, domain, domain_read(s->arena, m->domain, DOMAIN_UNDERSCORE));
	struct str stranger = dnslist_stranger(s, m->local, m->domain);
	if (stranger.n)
		dnslist_add(s, out, address, stranger);
}

void dnslist_people(struct scan *s, dnslist_targets *out)
{
	const struct hdr *reply = hdr_find(&s->headers, STR("Reply-To"), 0);
	struct addr_list list;

	for (size_t i = 0; i < s->from.list.v.n && i < 2; i++)
		add_mailbox(s, out, SCOPE_FROM, SCOPE_FROMADDR, &s->from.list.v.p[i]);
	if (!reply)
		return;
	addr_parse(s->arena, reply->value, &list);
	for (size_t i = 0; i < list.v.n && i < 2; i++)
		add_mailbox(s, out, SCOPE_REPLYTO, SCOPE_REPLYADDR, &list.v.p[i]);
}

/* The domain of the i-th DKIM-Signature; absent: it has none that can be read. */
static struct str signer(struct scan *s, size_t i)
{
	const struct hdr *h = hdr_find(&s->headers, STR("DKIM-Signature"), i);
	struct taglist tags;

	taglist_read(h->value, &tags, NULL);
	return domain_read(s->arena, taglist_get(&tags, "d"), DOMAIN_UNDERSCORE);
}

static bool same_site(const struct scan *s, struct str domain)
{
	return s->from.domain.n && str_eq(dnslist_org(s, domain), dnslist_org(s, s->from.domain));
}

void dnslist_signers(struct scan *s, dnslist_targets *out)
{
	size_t n = hdr_count(&s->headers, STR("DKIM-Signature")), before = out->n;
	struct str d[DKIM_MAX_SIGS];

	if (n > DKIM_MAX_SIGS)
		n = DKIM_MAX_SIGS;
	for (size_t i = 0; i < n; i++)
		d[i] = signer(s, i);
	for (unsigned others = 0; others < 2; others++)
		for (size_t i = 0; i < n && out->n < before + DNSLIST_MAX_SIGNERS; i++)
			if (d[i].n && same_site(s, d[i]) != (others == 1))
				dnslist_add_domain(s, out, SCOPE_DKIM, d[i]);
}
