/* What relays say of themselves against what others say of them. */
#include "checks/sa/header.h"
#include "mail/view/relays_priv.h"

bool sa_all_trusted(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view && sa_relays(s, true).n && !sa_relays(s, false).n &&
	       !view_relays_unparseable(s->view);
}

bool sa_no_relays(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view && !sa_relays(s, true).n && !sa_relays(s, false).n &&
	       !view_relays_unparseable(s->view);
}

bool sa_unparseable(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	(void)arg;
	(void)n;
	(void)evidence;
	return s->view && view_relays_unparseable(s->view) > 0;
}

static bool public_v4(struct str s, struct ip *ip)
{
	return view_ip_is(s) && ip_parse(s, ip) && ip->family == 4 && !view_ip_private(s);
}

bool sa_helo_ip_mismatch(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	struct sa_relays r = sa_relays(s, false);
	struct ip helo, ip;

	(void)arg;
	(void)n;
	for (size_t i = 0; i < r.n; i++)
		if (public_v4(r.p[i]->helo, &helo) && public_v4(r.p[i]->ip, &ip) &&
		    !ip_in(&helo, &ip, 24)) {
			*evidence = r.p[i]->helo;
			return true;
		}
	return false;
}

static struct str last_labels(struct str s, size_t n)
{
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '.' && --n == 0)
			return str_skip(s, i + 1);
	return s;
}

static bool has_letter(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ch_alpha(s.p[i]))
			return true;
	return false;
}

/* The last two labels, three below a country that registers on the third level. */
static struct str rough_domain(struct arena *a, struct str host)
{
	struct str s = arena_lower(a, host), tld = last_labels(s, 1);

	if (!has_letter(s) || tld.n == s.n)
		return s;
	if (tld.n >= 3 || str_eq(tld, STR("ie")) || str_eq(tld, STR("fr")) ||
	    str_eq(tld, STR("de")))
		return last_labels(s, 2);
	return last_labels(s, 3);
}

/* A host name with a dot that is not too near its beginning. */
static bool is_name(struct str s)
{
	size_t dot = str_rchr(s, '.');

	if (dot == SIZE_MAX || dot < 2 || dot + 1 == s.n || !hop_word_char(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!hop_word_char(s.p[i]) && s.p[i] != '.' && (s.p[i] != '-' || i > dot))
			return false;
	return true;
}

bool sa_forged_trail(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	struct sa_relays r = sa_relays(s, false);
	size_t mismatches = 0;

	(void)arg;
	(void)n;
	for (size_t i = 1; i < r.n; i++) {
		struct str by = rough_domain(s->arena, r.p[i]->by);
		struct str prev = rough_domain(s->arena, r.p[i - 1]->rdns);
		bool self = str_eq(r.p[i - 1]->ip, STR("127.0.0.1")) &&
			    (str_eq(prev, STR("localhost")) ||
			     str_eq(prev, STR("localhost.localdomain")));
		if (!is_name(by) || !is_name(prev) || (self && is_name(r.p[i - 1]->by)) ||
		    str_eq(by, prev) ||
		    (str_eq(by, STR("msn.com")) && str_eq(prev, STR("hotmail.com"))))
			continue;
		mismatches++;
		*evidence = by;
	}
	return mismatches > 1;
}

static const char *const providers[] = {
	"lycos.com", "lycos.co.uk", "hotmail.com", "localhost.com", "excite.com",  "caramail.com",
	"cs.com",    "aol.com",	    "msn.com",	   "yahoo.com",	    "drizzle.com",
};

bool sa_no_rdns_helo(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	struct sa_relays r = sa_relays(s, false);
	size_t i = r.n;

	(void)arg;
	(void)n;
	while (i && r.p[i - 1]->ip_private)
		i--;
	for (size_t k = 0; i && r.p[i - 1]->no_rdns && k < sizeof providers / sizeof *providers;
	     k++) {
		struct str d = str_c(providers[k]), h = r.p[i - 1]->helo;
		if (!str_iends(h, d) || (h.n > d.n && h.p[h.n - d.n - 1] != '.'))
			continue;
		*evidence = h;
		return true;
	}
	return false;
}

bool sa_mailfrom_matches(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	struct str from = sa_first(s, "EnvelopeFrom:addr"), domain;
	struct sa_relays r = sa_relays(s, false);
	size_t at = str_rchr(from, '@'), many;

	(void)arg;
	(void)n;
	(void)evidence;
	if (at == SIZE_MAX || str_chr(str_skip(from, at), '.') == SIZE_MAX)
		return false;
	domain = view_trim_domain(s->view, s->arena, str_skip(from, at + 1));
	many = r.n ? 1 : 0;
	if (!r.n) {
		r = sa_relays(s, true);
		many = r.n;
	}
	for (size_t i = 0; i < many; i++)
		if (r.p[i]->rdns.n &&
		    str_eq(domain, view_trim_domain(s->view, s->arena, r.p[i]->rdns)))
			return true;
	return false;
}
