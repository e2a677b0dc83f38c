/* check_rbl and its kin: lists of addresses and of senders' domains. */
#include "checks/checks.h"
#include "checks/dnslist/dnslist.h"
#include "checks/dnslist/sa.h"
#include "checks/sa/header.h"
#include "mail/domain.h"

/* ---- answers ---- */

static void take_listing(struct sanet *n, const struct sanet_listener *l,
			 const struct sanet_question *q)
{
	const struct sanet_rule *r = l->rule;
	struct arena *a = n->scan->arena;
	struct str evidence;

	if (q->answer->status != DNS_OK)
		return;
	evidence = arena_printf(a, "%.*s in %.*s", STR_ARG(l->about), STR_ARG(q->zone));
	for (size_t i = 0; i < q->answer->n; i++) {
		struct sanet_value v = sanet_value(a, q->type, &q->answer->rr[i]);
		if (sanet_answer_fits(&r->test, &v, q->refused))
			sanet_hit(n, r, q->type == DNS_TXT ? v.text : evidence);
		if (v.is_address && v.address >> 24 != 127)
			continue;
		for (size_t k = 0; k < r->set->subs.n; k++)
			if (sanet_answer_fits(&r->set->subs.p[k]->test, &v, q->refused))
				sanet_hit(n, r->set->subs.p[k], evidence);
	}
}

static void ask_list(struct sanet *n, const struct sanet_rule *r, struct str what, struct str about)
{
	sanet_ask(n, what, r->zone, r->type, (struct sanet_listener){ take_listing, r, about });
}

/* ---- addresses of relays ---- */

struct hops {		     /* public addresses, each once, newest first */
	sanet_strs external; /* not internal, the trusted first */
	sanet_strs both;     /* untrusted, then those of originating_ip_headers */
};

static bool in_nets(const struct view_nets *nets, struct str text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		return false;
	for (size_t i = 0; i < nets->n; i++)
		if (cidr_has(&nets->p[i].net, &ip))
			return !nets->p[i].not ;
	return ip_is_loopback(&ip);
}

static bool is_trusted(const struct sanet *n, struct str ip)
{
	return in_nets(&n->scan->view->env.trusted, ip);
}

static void add_public(struct arena *a, sanet_strs *v, struct map *seen, struct str ip)
{
	if (ip.n && !view_ip_private(ip))
		sanet_add_once(a, v, seen, ip);
}

/* Every address in the fields that hold the origin of a message. */
static void add_originating(struct sanet *n, struct map *seen, sanet_strs *v)
{
	const struct view_env *env = &n->scan->view->env;

	for (size_t i = 0; i < env->noriginating; i++) {
		struct str text = view_header(n->scan->view, env->originating[i]);
		for (size_t at = 0, len; at < text.n; at += len ? len : 1) {
			len = view_ip_at(text, at);
			if (len && !is_trusted(n, str_sub(text, at, len)))
				add_public(n->scan->arena, v, seen, str_sub(text, at, len));
		}
	}
}

static struct hops *find_hops(struct sanet *n)
{
	struct arena *a = n->scan->arena;
	struct hops *h = ARENA_NEW(a, struct hops);
	struct map *seen[2] = { map_new(a, true), map_new(a, true) };
	size_t nr = 0;
	const struct view_relay *r = view_relays(n->scan->view, &nr);

	for (size_t i = 0; i < nr; i++)
		if (r[i].trusted && !r[i].internal)
			add_public(a, &h->external, seen[0], r[i].ip);
	for (size_t i = 0; i < nr; i++) {
		if (r[i].trusted)
			continue;
		add_public(a, &h->external, seen[0], r[i].ip);
		add_public(a, &h->both, seen[1], r[i].ip);
	}
	add_originating(n, seen[1], &h->both);
	return h;
}

enum hop_choice { ALL_OLDEST_FIRST, NOT_FIRST_HOP, LAST_EXTERNAL, FIRST_TRUSTED, UNTRUSTED };

/* What the end of a set's name says. */
static enum hop_choice choice_of(struct str set)
{
	static const struct {
		const char *suffix;
		enum hop_choice choice;
	} known[] = {
		{ "-notfirsthop", NOT_FIRST_HOP },
		{ "-lastexternal", LAST_EXTERNAL },
		{ "-firsttrusted", FIRST_TRUSTED },
		{ "-untrusted", UNTRUSTED },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_iends(set, str_c(known[i].suffix)))
			return known[i].choice;
	return ALL_OLDEST_FIRST;
}

/* The addresses that a rule asks about, in the order of asking: from, count, backwards. */
static sanet_strs choose(struct sanet *n, const struct hops *h, enum hop_choice c)
{
	sanet_strs v = c == NOT_FIRST_HOP || c == LAST_EXTERNAL ? h->external : h->both,
		   out = { 0 };
	size_t from = c == UNTRUSTED ? 1 : 0, to = v.n;

	if (c == NOT_FIRST_HOP && to > 1)
		to--;
	if ((c == LAST_EXTERNAL || c == FIRST_TRUSTED) && to > 1)
		to = 1;
	for (size_t i = from; i < to && out.n < SANET_MAX_RELAYS; i++)
		VEC_PUSH(n->scan->arena, out) =
			c == ALL_OLDEST_FIRST ? v.p[to - 1 - (i - from)] : v.p[i];
	return out;
}

static void ask_hops(struct sanet *n, const struct sanet_rule *r, const struct hops *h)
{
	sanet_strs v;
	size_t i = 0;

	if (!h->both.n)
		return;
	v = choose(n, h, choice_of(r->set->name));
	while (!(r->flags & SANET_NICE) && i < v.n && is_trusted(n, v.p[i]))
		i++;
	for (; i < v.n; i++)
		ask_list(n, r, view_ip_reverse(n->scan->arena, v.p[i]), v.p[i]);
}

/* ---- senders' domains, names of hosts ---- */

static void ask_host(struct sanet *n, const struct sanet_rule *r, struct str host)
{
	if (view_ip_is(host)) {
		if (!(r->flags & SANET_DOMAINS))
			ask_list(n, r, view_ip_reverse(n->scan->arena, host), host);
		return;
	}
	host = sanet_host(n, host);
	if (host.n && !(r->flags & SANET_IPS))
		ask_list(n, r, host, host);
}

/* What stands behind the first "@", without dots around it or two in a row. */
static struct str host_of(struct arena *a, struct str address)
{
	size_t at = str_chr(address, '@'), end = 0, k = 0;
	struct str s = at == SIZE_MAX ? STR_NULL : str_skip(address, at + 1);
	char *p = arena_alloc(a, s.n + 1);

	while (end < s.n && s.p[end] != '@' && !ch_fws(s.p[end]))
		end++;
	for (size_t i = 0; i < end; i++)
		if (s.p[i] != '.' || (k && p[k - 1] != '.'))
			p[k++] = ch_lower(s.p[i]);
	while (k && p[k - 1] == '.')
		k--;
	return str_of(p, k);
}

static void ask_addresses(struct sanet *n, const struct sanet_rule *r, const struct str *v,
			  size_t nv)
{
	struct map *seen = map_new(n->scan->arena, true);
	sanet_strs hosts = { 0 };

	for (size_t i = 0; i < nv; i++)
		sanet_add_once(n->scan->arena, &hosts, seen, host_of(n->scan->arena, v[i]));
	for (size_t i = 0; i < hosts.n; i++)
		if (str_chr(hosts.p[i], '.') != SIZE_MAX)
			ask_host(n, r, hosts.p[i]);
}

static void ask_from(struct sanet *n, const struct sanet_rule *r)
{
	const sa_strs *from = sa_from_addrs(n->scan);
	struct arena *a = n->scan->arena;
	sanet_strs v = { 0 };

	for (size_t i = 0; i < from->n && i < SANET_MAX_VALUES; i++) {
		struct str host = host_of(a, from->p[i]);
		if (r->fn == FN_FROM_DOMAIN && host.n)
			host = view_trim_domain(n->scan->view, a, host);
		if (host.n)
			VEC_PUSH(a, v) = arena_printf(a, "@%.*s", STR_ARG(host));
	}
	ask_addresses(n, r, v.p, v.n);
}

static struct str envelope(struct sanet *n)
{
	return sa_first(n->scan, "EnvelopeFrom:addr");
}

/* The oldest untrusted relay: its address, the host that took it, its names. */
static void ask_rcvd(struct sanet *n, const struct sanet_rule *r)
{
	struct sa_relays u = sa_relays(n->scan, false);
	const struct view_relay *last = u.n ? u.p[u.n - 1] : NULL;

	if (!last)
		return;
	ask_host(n, r, last->ip);
	ask_host(n, r, last->by);
	ask_host(n, r, last->helo);
	ask_host(n, r, last->rdns);
}

/* An address of the field if it has one, else what it says, line by line. */
static void ask_field(struct sanet *n, const struct sanet_rule *r, struct str field)
{
	struct arena *a = n->scan->arena;
	struct str spec = arena_printf(a, "%.*s:addr", STR_ARG(field));
	const struct view_lines *l = sa_lines(n->scan, spec);

	if (l->n && str_chr(l->p[0].text, '@') != SIZE_MAX) {
		ask_addresses(n, r, &l->p[0].text, 1);
		return;
	}
	l = sa_lines(n->scan, field);
	for (size_t i = 0; i < l->n && i < SANET_MAX_NAMES; i++)
		ask_host(n, r, str_trim(l->p[i].text));
}

static void ask_fields(struct sanet *n, const struct sanet_rule *r)
{
	struct str left = r->more.n ? r->more : n->plan->set.headers;

	while (left.p) {
		struct str field = str_trim(str_cut(&left, ','));
		if (field.n)
			ask_field(n, r, field);
	}
}

/* ---- name servers of the sender's domain ---- */

static void take_servers(struct sanet *n, const struct sanet_listener *l,
			 const struct sanet_question *q)
{
	struct str above;

	for (size_t i = 0; q->answer->status == DNS_OK && i < q->answer->n && i < SANET_MAX_NAMES;
	     i++)
		ask_host(n, l->rule, q->answer->rr[i].data);
	if (q->answer->status != DNS_NODATA && q->answer->status != DNS_NXDOMAIN)
		return;
	above = view_trim_domain(n->scan->view, n->scan->arena, q->name);
	if (above.n && !str_ieq(above, q->name))
		sanet_ask(n, above, STR_NULL, DNS_NS, *l);
}

static void ask_servers(struct sanet *n, const struct sanet_rule *r)
{
	struct str host = sanet_host(n, host_of(n->scan->arena, envelope(n)));

	if (host.n)
		sanet_ask(n, host, STR_NULL, DNS_NS,
			  (struct sanet_listener){ take_servers, r, host });
}

/* ---- who vouches, by the sender's own word: a--NAME in its domain, or field Accreditor ---- */

static bool accredited(struct sanet *n, struct str name)
{
	struct arena *a = n->scan->arena;
	struct str mark = arena_printf(a, "a--%.*s.", STR_ARG(name));
	struct str host = host_of(a, envelope(n)), field = sa_text(n->scan, "Accreditor");

	for (size_t at = 0; at < host.n; at++)
		if ((!at || host.p[at - 1] == '.') && str_istarts(str_skip(host, at), mark))
			return true;
	while (field.p) {
		struct str one = str_trim(str_cut(&field, ','));
		if (str_ieq(str_trim(str_cut(&one, ' ')), name))
			return true;
	}
	return false;
}

/* ---- check_dns_sender ---- */

static void take_sender(struct sanet *n, const struct sanet_listener *l,
			const struct sanet_question *q)
{
	if (q->answer->status == DNS_NXDOMAIN)
		n->sender_gone |= q->type == DNS_A ? 1u : 2u;
	if (n->sender_gone == 3)
		sanet_hit(n, l->rule, l->about);
}

static void ask_sender(struct sanet *n, const struct sanet_rule *r)
{
	struct str host = host_of(n->scan->arena, envelope(n));
	struct sanet_listener l = { take_sender, r, host };

	if (str_chr(host, '.') == SIZE_MAX || view_ip_is(host))
		return;
	host = domain_read(n->scan->arena, host, DOMAIN_UNDERSCORE);
	sanet_ask(n, host, STR_NULL, DNS_A, l);
	sanet_ask(n, host, STR_NULL, DNS_MX, l);
}

/* ---- all of them ---- */

static void ask_rule(struct sanet *n, const struct sanet_rule *r, const struct hops *h)
{
	struct str from;

	switch (r->fn) {
	case FN_ACCREDITOR:
		if (!accredited(n, r->more))
			return;
		ask_hops(n, r, h);
		return;
	case FN_RBL:
	case FN_RBL_TXT:
		ask_hops(n, r, h);
		return;
	case FN_FROM_HOST:
	case FN_FROM_DOMAIN:
		ask_from(n, r);
		return;
	case FN_ENVFROM:
		from = envelope(n);
		ask_addresses(n, r, &from, 1);
		return;
	case FN_RCVD:
		ask_rcvd(n, r);
		return;
	case FN_HEADERS:
		ask_fields(n, r);
		return;
	case FN_NS_FROM:
		ask_servers(n, r);
		return;
	case FN_DNS_SENDER:
		ask_sender(n, r);
		return;
	default:
		return;
	}
}

void sanet_rbl_headers(struct sanet *n)
{
	const struct hops *h = find_hops(n);

	if (n->plan->set.skip_rbl)
		return;
	for (size_t i = 0; i < n->plan->n; i++)
		ask_rule(n, &n->plan->rule[i], h);
}

/* The client is nearly always the newest untrusted relay: what it will be asked for is known when
 * it connects. */
void sanet_rbl_connect(struct sanet *n)
{
	const struct ip *ip = &n->scan->client.ip;
	struct sanet_listener nobody = { 0 };
	struct str name;

	if (n->plan->set.skip_rbl || scan_outbound(n->scan) || !dnslist_public(n->scan, ip))
		return;
	name = dnslist_ip_name(n->scan->arena, ip, 0);
	for (size_t i = 0; i < n->plan->n; i++) {
		const struct sanet_rule *r = &n->plan->rule[i];
		enum hop_choice c = r->set ? choice_of(r->set->name) : UNTRUSTED;
		if ((r->fn == FN_RBL || r->fn == FN_RBL_TXT) && c != UNTRUSTED &&
		    c != NOT_FIRST_HOP)
			sanet_ask(n, name, r->zone, r->type, nobody);
	}
}
