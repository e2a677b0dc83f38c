/* Host names and addresses as SpamAssassin knows them. */
#include "mail/view/names.h"

#include "base/map.h"
#include "mail/psl.h"

static bool word_char(char c)
{
	return ch_alnum(c) || c == '_';
}

static bool hex_or_colon(char c)
{
	return c == ':' || ch_hex(c) >= 0;
}

/* An octet of dotted decimal without leading zeros; its digits. */
static size_t octet_at(struct str s, size_t at)
{
	size_t n = 0;
	unsigned v = 0;

	while (at + n < s.n && n < 4 && ch_digit(s.p[at + n]))
		v = v * 10 + (unsigned)(s.p[at + n++] - '0');
	return n > 3 || v > 255 || (n > 1 && s.p[at] == '0') ? 0 : n;
}

static size_t dotted_at(struct str s, size_t at)
{
	size_t p = at;

	for (int i = 0; i < 4; i++) {
		size_t n = octet_at(s, p);
		if (!n || (i < 3 && (p + n >= s.n || s.p[p + n] != '.')))
			return 0;
		p += n + (i < 3);
	}
	return p - at;
}

static size_t v4_at(struct str s, size_t at)
{
	size_t n;

	if (at && (word_char(s.p[at - 1]) || s.p[at - 1] == ':'))
		return 0;
	n = dotted_at(s, at);
	return n && at + n < s.n && word_char(s.p[at + n]) ? 0 : n;
}

/* What ip_parse takes as it stands, without brackets or a prefix. */
static bool v6_valid(struct str s)
{
	struct ip ip;

	return s.n >= 2 && s.n < IP_TEXT_MAX && str_chr(s, ':') != SIZE_MAX && ip_parse(s, &ip);
}

static size_t v6_at(struct str s, size_t at)
{
	bool prefix = str_istarts(str_skip(s, at), STR("ipv6:"));
	size_t from = prefix ? at + 5 : at, end = from, group = from, quad;

	if (!prefix && at && hex_or_colon(s.p[at - 1]))
		return 0;
	while (end < s.n && end - from < IP_TEXT_MAX && hex_or_colon(s.p[end])) {
		if (s.p[end] == ':')
			group = end + 1;
		end++;
	}
	quad = end < s.n && s.p[end] == '.' ? dotted_at(s, group) : 0;
	if (quad && (group + quad >= s.n || !hex_or_colon(s.p[group + quad])) &&
	    v6_valid(str_sub(s, from, group + quad - from)))
		return group + quad - at;
	return v6_valid(str_sub(s, from, end - from)) ? end - at : 0;
}

size_t view_ip_at(struct str s, size_t at)
{
	size_t n;

	if (at >= s.n || !(hex_or_colon(s.p[at]) || ch_lower(s.p[at]) == 'i'))
		return 0;
	n = ch_digit(s.p[at]) ? v4_at(s, at) : 0;
	return n ? n : v6_at(s, at);
}

bool view_ip_is(struct str s)
{
	return s.n && view_ip_at(s, 0) == s.n;
}

bool view_ip_private(struct str s)
{
	struct ip ip;

	if (s.n >= IP_TEXT_MAX || !ip_parse(s, &ip))
		return false;
	if (ip.family == 6)
		return ip_is_loopback(&ip) || (ip.b[0] == 0xfe && (ip.b[1] & 0xc0) == 0x80);
	return ip_scope(&ip) == IP_LOCAL || ip_scope(&ip) == IP_SHARED;
}

size_t view_localhost_at(struct str s, size_t at)
{
	struct str rest = str_skip(s, at);
	struct ip ip;
	size_t n;

	if (str_istarts(rest, STR("localhost.localdomain")))
		return 21;
	if (str_istarts(rest, STR("localhost")))
		return 9;
	n = view_ip_at(s, at);
	if (!n || n >= IP_TEXT_MAX || !ip_parse(str_sub(s, at, n), &ip))
		return 0;
	if (ip.family == 4)
		return !memcmp(ip.b, "\x7f\0\0\1", 4) ? n : 0;
	return ip_is_loopback(&ip) ? n : 0;
}

struct str view_ip_reverse(struct arena *a, struct str s)
{
	struct ip ip;
	struct str name;
	size_t cut;

	if (s.n >= IP_TEXT_MAX || !ip_parse(s, &ip))
		return STR_NULL;
	name = str_c(ip_reverse_name(a, &ip));
	cut = str_find(name, ip.family == 4 ? STR(".in-addr") : STR(".ip6"));
	return cut == SIZE_MAX ? STR_NULL : str_sub(name, 0, cut);
}

static bool label_valid(struct str l, bool low)
{
	if (!l.n || l.n > 63 || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++) {
		char c = l.p[i];
		if (!ch_alnum(c) && c != '-' && !(c == '_' && low))
			return false;
	}
	return true;
}

bool view_fqdn_valid(struct str host)
{
	size_t labels = 1;

	while (host.n && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n > 253)
		return false;
	for (size_t i = 0; i < host.n; i++)
		labels += host.p[i] == '.';
	if (labels < 2)
		return false;
	for (size_t left = labels; left; left--)
		if (!label_valid(str_cut(&host, '.'), left > 2))
			return false;
	return true;
}

bool view_tld_is(const struct view *v, struct str label)
{
	char low[64];

	if (!label.n || label.n > sizeof low)
		return false;
	for (size_t i = 0; i < label.n; i++)
		low[i] = ch_lower(label.p[i]);
	label.p = low;
	if (v->env.tlds[0])
		return map_get(v->env.tlds[0], label) != NULL;
	return v->env.psl && psl_listed(v->env.psl, label);
}

bool view_tld_valid(const struct view *v, struct str host)
{
	size_t dot = str_rchr(host, '.');

	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == ' ' || (host.p[i] >= '\t' && host.p[i] <= '\r'))
			return false;
	return dot != SIZE_MAX && view_tld_is(v, str_skip(host, dot + 1));
}

static const char us_states[] =
	" ak al ar az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo ms mt nc"
	" nd ne nh nj nm nv ny oh ok or pa pr ri sc sd tn tx ut va vi vt wa wi wv wy ";

static bool us_state(struct str s)
{
	char key[4] = { ' ', 0, 0, ' ' };

	if (s.n != 2)
		return false;
	key[1] = s.p[0];
	key[2] = s.p[1];
	return str_find(str_c(us_states), str_of(key, 4)) != SIZE_MAX;
}

static struct str label_of(struct str name, size_t i)
{
	struct str l = str_cut(&name, '.');

	while (i--)
		l = str_cut(&name, '.');
	return l;
}

/* Names are registered directly below this one, of n labels. (.us is cut as RFC 1480 has it.) */
static bool boundary(const struct view *v, struct str name, size_t n)
{
	bool us = str_eq(label_of(name, n - 1), STR("us"));

	if (n == 2)
		return map_get(v->env.tlds[1], name) != NULL;
	if (n == 3)
		return us ? us_state(label_of(name, 1)) : map_get(v->env.tlds[2], name) != NULL;
	if (n != 4 || !us || !us_state(label_of(name, 2)))
		return false;
	return (str_eq(label_of(name, 0), STR("pvt")) && str_eq(label_of(name, 1), STR("k12"))) ||
	       str_eq(label_of(name, 0), STR("ci")) || str_eq(label_of(name, 0), STR("co"));
}

/* Lower case, without doubled dots and dots at the ends. */
static struct str tidy_name(struct arena *a, struct str host)
{
	char *p = arena_alloc(a, host.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' || (n && p[n - 1] != '.'))
			p[n++] = ch_lower(host.p[i]);
	while (n && p[n - 1] == '.')
		n--;
	return str_of(p, n);
}

struct str view_trim_domain(const struct view *v, struct arena *a, struct str host)
{
	struct str name = tidy_name(a, host), rest = name, before = name, r;
	size_t labels = 1;

	if (!v->env.tlds[0] || !v->env.tlds[1] || !v->env.tlds[2]) {
		r = v->env.psl ? psl_registrable(v->env.psl, name) : name;
		return r.n ? r : name;
	}
	for (size_t i = 0; i < name.n; i++)
		labels += name.p[i] == '.';
	for (; labels > 1 && !boundary(v, rest, labels); labels--) {
		before = rest;
		str_cut(&rest, '.');
	}
	return labels > 1 && rest.p == name.p ? name : before;
}

/* An octet of a URI that should not be written as "%xx" in a name. */
static bool has_encoded(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++) {
		int hi = ch_hex(s.p[i + 1]), lo = ch_hex(s.p[i + 2]);
		int c = hi * 16 + lo;
		if (s.p[i] == '%' && hi >= 0 && lo >= 0 && c >= 0x21 && c <= 0x7e)
			return true;
	}
	return false;
}

static struct str authority_of(struct str uri)
{
	size_t i = 0, at;

	while (i < uri.n && ch_alpha(uri.p[i]))
		i++;
	if (i && i < uri.n && uri.p[i] == ':') {
		uri = str_skip(uri, i + 1);
		for (i = 0; i < 2 && uri.n && uri.p[0] == '/'; i++)
			uri = str_skip(uri, 1);
	}
	for (i = 0; i < uri.n && !strchr("/?#", uri.p[i] ? uri.p[i] : 'x'); i++)
		continue;
	uri.n = i;
	at = str_rchr(uri, '@');
	uri = at == SIZE_MAX ? uri : str_skip(uri, at + 1);
	for (i = uri.n; i && ch_digit(uri.p[i - 1]); i--)
		continue;
	return i && uri.p[i - 1] == ':' ? str_sub(uri, 0, i - 1) : uri;
}

/* The domain of an address; absent: none, or more than one "@". */
static struct str mailto_host(struct str uri)
{
	size_t q = str_chr(uri, '?'), at;

	uri = q == SIZE_MAX ? uri : str_sub(uri, 0, q);
	at = str_chr(uri, '@');
	if (at == SIZE_MAX || str_rchr(uri, '@') != at)
		return STR_NULL;
	return str_skip(uri, at + 1);
}

bool view_uri_domain(const struct view *v, struct arena *a, struct str uri, struct str *domain,
		     struct str *host)
{
	struct str h;

	if (str_istarts(uri, STR("javascript:")) || str_istarts(uri, STR("cid:")) ||
	    str_istarts(uri, STR("file:")))
		return false;
	h = str_istarts(uri, STR("mailto:")) ? mailto_host(str_skip(uri, 7)) : authority_of(uri);
	if (!h.n || has_encoded(h))
		return false;
	h = arena_lower(a, h);
	*host = *domain = h;
	if (view_ip_is(h))
		return true;
	if (!view_fqdn_valid(h) || !view_tld_valid(v, h))
		return false;
	*domain = view_trim_domain(v, a, h);
	return true;
}
