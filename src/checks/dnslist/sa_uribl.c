/* check_uridnsbl: hosts of links, their domains, addresses, and name servers. */
#include "checks/dnslist/sa.h"
#include "mail/domain.h"
#include "mail/view/names.h"

struct link_host {
	struct str host, domain; /* lower case */
	bool is_ip;
};

struct link_hosts {
	VEC(struct link_host) v;
	struct map *seen;
};

/* ---- answers of lists ---- */

static void take_listing(struct sanet *n, const struct sanet_listener *l,
			 const struct sanet_question *q)
{
	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n; i++) {
		struct sanet_value v = sanet_value(n->scan->arena, q->type, &q->answer->rr[i]);
		if (sanet_answer_fits(&l->rule->uri->test, &v, q->refused))
			sanet_hit(n, l->rule,
				  arena_printf(n->scan->arena, "%.*s in %.*s", STR_ARG(l->about),
					       STR_ARG(q->zone)));
	}
}

static void ask_list(struct sanet *n, const struct sanet_rule *r, struct str what, struct str about)
{
	struct sanet_listener l = { take_listing, r, about };

	if (view_ip_is(what))
		what = view_ip_reverse(n->scan->arena, what);
	sanet_ask(n, what, r->uri->zone, r->uri->type, l);
}

/* ---- addresses ---- */

static bool wants_addresses(const struct sanet_rule *r, bool of_servers)
{
	if (r->fn != FN_URI || !r->uri || r->uri->kind != URI_ADDRESS)
		return false;
	if (of_servers)
		return r->flags & SANET_NS || !(r->flags & SANET_A);
	return r->flags & SANET_A;
}

static void ask_addresses(struct sanet *n, const struct sanet_listener *l,
			  const struct sanet_question *q, bool of_servers)
{
	struct arena *a = n->scan->arena;

	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n && i < SANET_MAX_NAMES;
	     i++) {
		struct str ip = sanet_value(a, DNS_A, &q->answer->rr[i]).text;
		struct str about = arena_printf(a, "%.*s/%.*s", STR_ARG(l->about), STR_ARG(ip));
		for (size_t k = 0; k < n->plan->n; k++)
			if (wants_addresses(&n->plan->rule[k], of_servers))
				ask_list(n, &n->plan->rule[k], ip, about);
	}
}

static void take_host(struct sanet *n, const struct sanet_listener *l,
		      const struct sanet_question *q)
{
	ask_addresses(n, l, q, false);
}

static void take_server(struct sanet *n, const struct sanet_listener *l,
			const struct sanet_question *q)
{
	ask_addresses(n, l, q, true);
}

/* ---- name servers ---- */

static bool wants_servers(const struct sanet_rule *r)
{
	return r->fn == FN_URI && r->uri &&
	       (r->uri->kind == URI_SERVER || r->uri->kind == URI_FULL_SERVER);
}

static void ask_server(struct sanet *n, struct str server, struct str about)
{
	struct str domain = view_trim_domain(n->scan->view, n->scan->arena, server);
	bool addresses = false;

	for (size_t k = 0; k < n->plan->n; k++) {
		const struct sanet_rule *r = &n->plan->rule[k];
		if (wants_servers(r))
			ask_list(n, r, r->uri->kind == URI_SERVER ? domain : server, about);
		addresses |= wants_addresses(r, true);
	}
	if (addresses)
		sanet_ask(n, server, STR_NULL, DNS_A,
			  (struct sanet_listener){ take_server, NULL, about });
}

static void take_servers(struct sanet *n, const struct sanet_listener *l,
			 const struct sanet_question *q)
{
	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n && i < SANET_MAX_NAMES;
	     i++) {
		struct str server =
			domain_read(n->scan->arena, q->answer->rr[i].data, DOMAIN_UNDERSCORE);
		if (server.n && !view_ip_is(server))
			ask_server(n, server, l->about);
	}
}

/* ---- hosts of the message ---- */

static bool has_type(const struct view_uri *u, const char *type)
{
	struct str left = u->type;

	while (left.p)
		if (str_eq(str_cut(&left, ' '), str_c(type)))
			return true;
	return false;
}

/* What people see and click comes first; 0 to 5. */
static unsigned rank_of(const struct view_uri *u)
{
	if (has_type(u, "a")) {
		for (size_t i = 0; i < u->ntexts; i++)
			if (u->texts[i].n)
				return 0;
		return 5;
	}
	if (has_type(u, "form"))
		return 1;
	if (has_type(u, "img"))
		return 2;
	return str_eq(u->type, STR("parsed")) ? 4 : 3;
}

static bool spared(const struct sanet *n, struct str host, struct str domain)
{
	struct str list = STR("uridnsbl_skip_domain");

	return lists_has(n->scan->lists, list, host, NULL, NULL) ||
	       lists_has(n->scan->lists, list, domain, NULL, NULL);
}

static bool looks_like_ip(struct str host)
{
	unsigned dots = 0;

	for (size_t i = 0; i < host.n; i++) {
		if (!ch_digit(host.p[i]) && host.p[i] != '.')
			return host.p[0] == '[';
		dots += host.p[i] == '.';
	}
	return dots == 3;
}

static void add_host(struct sanet *n, struct link_hosts *h, const struct view_uri_host *found,
		     sanet_strs *rank)
{
	struct arena *a = n->scan->arena;
	struct link_host *lh;

	if (!found->host.n || map_get(h->seen, found->host) ||
	    spared(n, found->host, found->domain))
		return;
	lh = ARENA_NEW(a, struct link_host);
	lh->is_ip = looks_like_ip(found->host);
	lh->host = found->host;
	lh->domain = found->domain;
	map_put(h->seen, found->host, lh);
	VEC_PUSH(a, *rank) = found->host;
}

/* Behind "d=" wherever a word begins with it, up to ";"; *at is then behind that. */
static bool next_d(struct str text, size_t *at, struct str *out)
{
	for (size_t i = *at; i < text.n; i++) {
		size_t k = i + 1;
		if (text.p[i] != 'd' || (i && (ch_alnum(text.p[i - 1]) || text.p[i - 1] == '_')))
			continue;
		while (k < text.n && ch_fws(text.p[k]))
			k++;
		if (k == text.n || text.p[k] != '=')
			continue;
		*out = str_sub(str_skip(text, k + 1), 0, str_chr(str_skip(text, k + 1), ';'));
		*out = str_trim(*out);
		*at = (size_t)(out->p - text.p) + out->n;
		return true;
	}
	return false;
}

/* parse_dkim_uris: the domains that signatures name. */
static void add_signers(struct sanet *n, struct link_hosts *h, sanet_strs *rank)
{
	static const char *const fields[] = { "DomainKey-Signature", "DKIM-Signature" };
	struct str d;

	for (size_t f = 0; n->plan->set.dkim_uris && f < 2; f++) {
		const struct view_lines *l = view_header_lines(n->scan->view, str_c(fields[f]));
		for (size_t i = 0; i < l->n && i < SANET_MAX_VALUES; i++)
			for (size_t at = 0; next_d(l->p[i].text, &at, &d);) {
				struct view_uri_host host = { .host = sanet_host(n, d) };
				if (!host.host.n)
					continue;
				host.domain =
					view_trim_domain(n->scan->view, n->scan->arena, host.host);
				add_host(n, h, &host, rank);
			}
	}
}

/* At most uridnsbl_max_domains of them; in the last rank that fits only in part, the sender does
 * not know which. */
static void find_hosts(struct sanet *n, struct link_hosts *h)
{
	size_t nu = 0, max = n->plan->set.max_domains;
	const struct view_uri *u = view_uri_details(n->scan->view, &nu);

	h->seen = map_new(n->scan->arena, true);
	for (unsigned rank = 0; rank < 6 && h->v.n < max; rank++) {
		sanet_strs hosts = { 0 };
		for (size_t i = 0; i < nu; i++) {
			bool skip =
				n->plan->set.skip_mailto && str_istarts(u[i].raw, STR("mailto:"));
			if (skip || rank_of(&u[i]) != rank)
				continue;
			for (size_t k = 0; k < u[i].nhosts; k++)
				add_host(n, h, &u[i].hosts[k], &hosts);
		}
		if (rank == 3)
			add_signers(n, h, &hosts);
		hosts.n = sanet_shuffle(n, hosts.p, hosts.n, max - h->v.n);
		for (size_t i = 0; i < hosts.n; i++)
			VEC_PUSH(n->scan->arena, h->v) =
				*(struct link_host *)map_get(h->seen, hosts.p[i]);
	}
}

/* ---- questions ---- */

static void ask_names(struct sanet *n, const struct link_host *h)
{
	for (size_t k = 0; k < n->plan->n; k++) {
		const struct sanet_rule *r = &n->plan->rule[k];
		if (r->fn != FN_URI || !r->uri || r->uri->kind != URI_NAME)
			continue;
		if ((r->flags & SANET_IPS && !h->is_ip) ||
		    (r->flags & SANET_DOMAINS && !(r->flags & SANET_IPS) && h->is_ip))
			continue;
		ask_list(n, r, r->flags & SANET_NOTRIM ? h->host : h->domain, h->host);
	}
}

static void ask_host(struct sanet *n, struct link_host h)
{
	bool servers = false, addresses = false;

	if (h.is_ip) {
		if (!view_ip_is(h.host) || view_ip_private(h.host) || h.host.p[0] == '[')
			return;
		h.domain = h.host;
		ask_names(n, &h);
		return;
	}
	h.host = domain_read(n->scan->arena, h.host, DOMAIN_UNDERSCORE);
	h.domain = domain_read(n->scan->arena, h.domain, DOMAIN_UNDERSCORE);
	if (!h.host.n || !h.domain.n)
		return;
	ask_names(n, &h);
	for (size_t k = 0; k < n->plan->n; k++) {
		servers |= wants_servers(&n->plan->rule[k]) ||
			   wants_addresses(&n->plan->rule[k], true);
		addresses |= wants_addresses(&n->plan->rule[k], false);
	}
	if (addresses)
		sanet_ask(n, h.host, STR_NULL, DNS_A,
			  (struct sanet_listener){ take_host, NULL, h.host });
	if (servers)
		sanet_ask(n, h.domain, STR_NULL, DNS_NS,
			  (struct sanet_listener){ take_servers, NULL, h.domain });
}

void sanet_uri_all(struct sanet *n)
{
	struct link_hosts h = { 0 };
	bool any = false;

	for (size_t k = 0; k < n->plan->n; k++)
		any |= n->plan->rule[k].fn == FN_URI;
	if (!any || n->plan->set.skip_uribl)
		return;
	find_hosts(n, &h);
	for (size_t i = 0; i < h.v.n; i++)
		ask_host(n, h.v.p[i]);
}
