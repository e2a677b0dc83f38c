/* Addresses, subjects and hosts that the site's lists name. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

static bool any_in(struct scan *s, const sa_strs *v, struct str list, struct str *evidence)
{
	for (size_t i = 0; i < v->n; i++)
		if (lists_has(s->lists, list, v->p[i], NULL, NULL)) {
			*evidence = v->p[i];
			return true;
		}
	return false;
}

/* enlist_addrlist's, or the list of that very name. */
static struct str addr_list(struct scan *s, struct str name)
{
	struct str l = arena_printf(s->arena, "addrlist:%.*s", STR_ARG(name));

	return lists_known(s->lists, l) ? l : name;
}

bool sa_from_in(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	return any_in(s, sa_from_addrs(s), addr_list(s, arg[0].text), evidence);
}

bool sa_to_in(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	return any_in(s, sa_to_addrs(s), addr_list(s, arg[0].text), evidence);
}

bool sa_replyto_in(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	struct str r = sa_first(s, "Reply-To:addr");

	(void)n;
	*evidence = r;
	return r.n && lists_has(s->lists, addr_list(s, arg[0].text), r, NULL, NULL);
}

#define FROM_LIST(fn, list)                                                                        \
	bool fn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)   \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)n;                                                                           \
		return any_in(s, sa_from_addrs(s), STR(list), evidence);                           \
	}
#define TO_LIST(fn, list)                                                                          \
	bool fn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)   \
	{                                                                                          \
		(void)arg;                                                                         \
		(void)n;                                                                           \
		return any_in(s, sa_to_addrs(s), STR(list), evidence);                             \
	}

FROM_LIST(sa_from_blocked, "blocklist_from")
TO_LIST(sa_to_blocked, "blocklist_to")
TO_LIST(sa_to_welcome, "welcomelist_to")
TO_LIST(sa_to_more, "more_spam_to")
TO_LIST(sa_to_all, "all_spam_to")

/* The relay has this name, or a name below it; "[192.0.2.0/24]", "[192.0.2]": this address. */
static bool relay_is(const struct view_relay *r, struct str want)
{
	size_t close = str_chr(want, ']');
	struct str ip, rest;
	struct cidr net;
	struct ip addr;

	if (want.n && want.p[0] == '[' && close != SIZE_MAX) {
		ip = str_sub(want, 1, close - 1);
		rest = str_skip(want, close + 1);
		if (!rest.n && str_chr(ip, ':') == SIZE_MAX && str_chr(ip, '/') == SIZE_MAX &&
		    !view_ip_is(ip))
			return str_starts(r->ip, ip) && r->ip.n > ip.n &&
			       (r->ip.p[ip.n] == '.' || ip.p[ip.n - 1] == '.');
		if (rest.n && rest.p[0] == '/') {
			char text[64];
			if (ip.n + rest.n >= sizeof text)
				return false;
			memcpy(text, ip.p, ip.n);
			memcpy(text + ip.n, rest.p, rest.n);
			return cidr_parse(str_of(text, ip.n + rest.n), &net) &&
			       ip_parse(r->ip, &addr) && cidr_has(&net, &addr);
		}
		return cidr_parse(ip, &net) && ip_parse(r->ip, &addr) && cidr_has(&net, &addr);
	}
	return want.n && str_iends(r->rdns, want) &&
	       (r->rdns.n == want.n || r->rdns.p[r->rdns.n - want.n - 1] == '.');
}

/* An address of the list came from where the list says it comes from. */
static bool from_rcvd(struct scan *s, struct str list, struct str *evidence)
{
	const sa_strs *v = sa_from_addrs(s);
	struct sa_relays r = sa_relays(s, false);
	struct str want;

	if (r.n)
		r.n = 1;
	else
		r = sa_relays(s, true);
	for (size_t i = 0; i < v->n; i++)
		for (size_t at = 0; lists_next(s->lists, list, v->p[i], &at, NULL, &want);)
			for (size_t k = 0; k < r.n; k++)
				if (relay_is(r.p[k], want)) {
					*evidence = v->p[i];
					return true;
				}
	return false;
}

bool sa_from_welcome(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	return any_in(s, sa_from_addrs(s), STR("welcomelist_from"), evidence) ||
	       from_rcvd(s, STR("welcomelist_from_rcvd"), evidence);
}

bool sa_from_default(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	(void)arg;
	(void)n;
	return from_rcvd(s, STR("def_welcomelist_from_rcvd"), evidence);
}

static bool uri_in(struct scan *s, struct str list, struct str *evidence)
{
	size_t n = 0;
	const struct view_uri *u;

	if (!s->view || !lists_count(s->lists, list))
		return false;
	u = view_uri_details(s->view, &n);
	for (size_t i = 0; i < n; i++) {
		if (str_istarts(u[i].raw, STR("mailto:")))
			continue;
		for (size_t k = 0; k < u[i].nhosts; k++)
			if (lists_has_domain(s->lists, list, u[i].hosts[k].host, NULL)) {
				*evidence = u[i].hosts[k].host;
				return true;
			}
	}
	return false;
}

bool sa_uri_host(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)n;
	return uri_in(s, arena_printf(s->arena, "uri_host:%.*s", STR_ARG(arg[0].text)), evidence);
}

bool sa_uri_blocked(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	return uri_in(s, STR("uri_host:BLOCK"), evidence);
}

bool sa_uri_welcome(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	return uri_in(s, STR("uri_host:WELCOME"), evidence);
}

/* glob of "*" and "?" anywhere in s; both lower case. One step back suffices: a later "*" makes an
 * earlier one's choice good. */
static bool glob_in(struct str s, struct str g)
{
	size_t i = 0, k = 0, star = 0, from = 0;

	for (;;) {
		if (k == g.n)
			return true;
		if (g.p[k] == '*') {
			star = ++k;
			from = i;
		} else if (i < s.n && (g.p[k] == '?' || g.p[k] == s.p[i])) {
			i++;
			k++;
		} else {
			if (from >= s.n)
				return false;
			i = ++from;
			k = star;
		}
	}
}

static bool subject_in(struct scan *s, struct str list)
{
	struct str t = arena_lower(s->arena, sa_text(s, "Subject")), value;
	size_t n = lists_count(s->lists, list);

	for (size_t i = 0; t.n && i < n; i++)
		if (glob_in(t, lists_key_at(s->lists, list, i, &value)))
			return true;
	return false;
}

bool sa_subject_welcome(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return subject_in(s, STR("welcomelist_subject"));
}

bool sa_subject_blocked(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return subject_in(s, STR("blocklist_subject"));
}
