/* What rules and reports are told of countries and networks. */
#include "base/buf.h"
#include "checks/outside/geo.h"
#include "mail/domain.h"
#include "mail/view/names.h"
#include "scan/ask.h"
#include "scan/report.h"

static const char *const where_word[GEO_WHERES] = {
	[GEO_CLIENT] = "client", [GEO_HOP] = "hops",	  [GEO_ORIGIN] = "origin",
	[GEO_LINK] = "links",	 [GEO_AUTHOR] = "author",
};

/* ---- collecting ---- */

static void add(struct geo_state *g, enum geo_where where, struct str name,
		const struct geo_place *place)
{
	g->spot[g->n++] = (struct geo_spot){ .where = where, .name = name, .place = *place };
}

static struct str ip_text(struct scan *s, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return arena_dup(s->arena, str_c(ip_format(ip, text)));
}

/* The oldest untrusted host is where the message says it comes from. */
static void collect_hops(struct scan *s, struct geo_state *g)
{
	size_t n = 0, first = g->n;
	const struct view_relay *r = s->view ? view_relays(s->view, &n) : NULL;

	for (size_t i = 0; i < n && g->n - first < GEO_HOPS; i++) {
		struct geo_place place;
		struct ip ip;
		if (r[i].trusted || r[i].ip_private || !ip_parse(r[i].ip, &ip) ||
		    ip_eq(&ip, &s->client.ip))
			continue;
		geo_look(s, &ip, &place);
		add(g, GEO_HOP, ip_text(s, &ip), &place);
	}
	if (g->n > first)
		add(g, GEO_ORIGIN, g->spot[g->n - 1].name, &g->spot[g->n - 1].place);
	else if (s->client.ip.family)
		add(g, GEO_ORIGIN, ip_text(s, &s->client.ip), &g->client);
}

static void add_link(struct scan *s, struct geo_state *g, size_t first, const struct ip *ip)
{
	struct str text = ip_text(s, ip);
	struct geo_place place;

	if (g->n - first >= GEO_LINKS || view_ip_private(text))
		return;
	for (size_t i = first; i < g->n; i++)
		if (str_eq(g->spot[i].name, text))
			return;
	geo_look(s, ip, &place);
	add(g, GEO_LINK, text, &place);
}

/* Addresses of a name that another check wanted to know. */
static void add_known(struct scan *s, struct geo_state *g, size_t first, struct str host)
{
	static const struct {
		int type;
		uint8_t family, width;
	} kind[] = { { DNS_A, 4, 4 }, { DNS_AAAA, 6, 16 } };

	for (size_t k = 0; k < 2; k++) {
		const struct dns_answer *a = scan_dns_known(s, host, kind[k].type);
		for (size_t i = 0; a && a->status == DNS_OK && i < a->n; i++) {
			struct ip ip = { .family = kind[k].family };
			if (a->rr[i].data.n != kind[k].width)
				continue;
			memcpy(ip.b, a->rr[i].data.p, kind[k].width);
			add_link(s, g, first, &ip);
		}
	}
}

static void collect_links(struct scan *s, struct geo_state *g)
{
	const url_vec *u = s->content ? content_urls(s->content) : NULL;
	size_t first = g->n;

	for (size_t i = 0; u && i < u->n && g->n - first < GEO_LINKS; i++)
		if (u->p[i].flags & URL_IP)
			add_link(s, g, first, &u->p[i].ip);
		else if (u->p[i].host.n)
			add_known(s, g, first, u->p[i].host);
}

/* Top-level domains that look like a country and are sold to everybody, or are no ISO code. */
static bool is_country(struct str tld)
{
	static const char *const sold[] = { "ac", "ag", "ai", "bz", "cc", "cf", "co", "eu",
					    "fm", "ga", "gg", "gl", "gq", "im", "io", "la",
					    "ly", "me", "ml", "nu", "pw", "sh", "st", "su",
					    "tk", "to", "tv", "vc", "vg", "ws" };

	if (tld.n != 2 || !ch_alpha(tld.p[0]) || !ch_alpha(tld.p[1]))
		return false;
	for (size_t i = 0; i < sizeof sold / sizeof *sold; i++)
		if (str_ieq(tld, str_c(sold[i])))
			return false;
	return true;
}

static void collect_author(struct scan *s, struct geo_state *g)
{
	struct str tld = domain_last(s->from.domain, 1);
	struct geo_place place = { 0 };

	if (!s->from.domain.n || !is_country(tld))
		return;
	place.country = str_ieq(tld, STR("uk")) ? STR("GB")
						: arena_printf(s->arena, "%c%c", tld.p[0] & ~0x20,
							       tld.p[1] & ~0x20);
	add(g, GEO_AUTHOR, s->from.domain, &place);
}

const struct geo_state *geo_spots(struct scan *s)
{
	/* The state is ours; what is published of it is read only. */
	struct geo_state *g = (struct geo_state *)(uintptr_t)scan_result(s, &check_geo);

	if (!g || g->collected)
		return g;
	g->collected = true;
	if (s->client.ip.family)
		add(g, GEO_CLIENT, ip_text(s, &s->client.ip), &g->client);
	collect_hops(s, g);
	collect_links(s, g);
	collect_author(s, g);
	return g;
}

/* ---- predicates ---- */

static bool wanted(struct str list, enum geo_where w)
{
	while (list.n)
		if (str_ieq(str_trim(str_cut(&list, ',')), str_c(where_word[w])))
			return true;
	return false;
}

/* "@name" is a list of the rule files; else words between commas. */
static bool named(const struct scan *s, struct str words, struct str value)
{
	if (words.n && words.p[0] == '@')
		return lists_has(s->lists, str_skip(words, 1), value, NULL, NULL);
	while (words.n)
		if (str_ieq(str_trim(str_cut(&words, ',')), value))
			return true;
	return false;
}

static struct str describe(struct scan *s, const struct geo_spot *p)
{
	const struct geo_place *o = &p->place;
	struct buf out = { .arena = s->arena };

	buf_addf(&out, "%.*s", STR_ARG(p->name));
	if (o->country.n)
		buf_addf(&out, " %.*s", STR_ARG(o->country));
	if (o->city.n)
		buf_addf(&out, " (%.*s)", STR_ARG(o->city));
	if (o->asn)
		buf_addf(&out, " AS%u %.*s", o->asn, STR_ARG(o->org));
	return str_trim(buf_str(&out));
}

static bool country(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct geo_state *g = geo_spots(s);

	for (size_t i = 0; g && i < g->n; i++) {
		const struct geo_spot *p = &g->spot[i];
		bool hit = n == 1 && p->place.country.n;
		for (size_t k = 1; k < n && p->place.country.n; k++)
			hit |= named(s, arg[k].text, p->place.country);
		if (hit && wanted(arg[0].text, p->where)) {
			*evidence = describe(s, p);
			return true;
		}
	}
	return false;
}

static bool asn(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct geo_state *g = geo_spots(s);

	for (size_t i = 0; g && i < g->n; i++) {
		const struct geo_spot *p = &g->spot[i];
		struct str text = arena_printf(s->arena, "AS%u", p->place.asn);
		bool hit = n == 1 && p->place.asn;
		for (size_t k = 1; k < n && p->place.asn; k++)
			hit |= named(s, arg[k].text, text) ||
			       named(s, arg[k].text, str_skip(text, 2));
		if (hit && wanted(arg[0].text, p->where)) {
			*evidence = describe(s, p);
			return true;
		}
	}
	return false;
}

/* One of the places is in a country of the other ones too, or of one side nothing is known. */
static bool differs(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct geo_state *g = geo_spots(s);
	const struct geo_spot *a = NULL, *b = NULL;

	(void)n;
	for (size_t i = 0; g && i < g->n; i++)
		for (size_t k = 0; k < g->n && wanted(arg[0].text, g->spot[i].where); k++) {
			if (!wanted(arg[1].text, g->spot[k].where) || !g->spot[i].place.country.n ||
			    !g->spot[k].place.country.n)
				continue;
			if (str_eq(g->spot[i].place.country, g->spot[k].place.country))
				return false;
			a = &g->spot[i];
			b = &g->spot[k];
		}
	if (!a)
		return false;
	*evidence = arena_printf(s->arena, "%.*s, %.*s", STR_ARG(describe(s, a)),
				 STR_ARG(describe(s, b)));
	return true;
}

static bool countries(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct geo_state *g = geo_spots(s);
	struct buf seen = { .arena = s->arena };
	size_t count = 0;

	for (size_t i = 0; g && i < g->n; i++) {
		struct str code = g->spot[i].place.country;
		if (!code.n || g->spot[i].where > GEO_ORIGIN ||
		    str_find(buf_str(&seen), code) != SIZE_MAX)
			continue;
		buf_addf(&seen, "%s%.*s", count ? " " : "", STR_ARG(code));
		count++;
	}
	*evidence = buf_str(&seen);
	return count > 0 && (double)count >= arg[0].number &&
	       (n < 2 || (double)count <= arg[1].number);
}

static bool missing(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct geo_state *g = scan_result(s, &check_geo);

	(void)arg;
	(void)n;
	if (!g || !g->missing)
		return false;
	*evidence = str_c(g->missing);
	return true;
}

const struct predicate geo_predicates[] = {
	{ "geo_country", "s|s*", country,
	  "an address of these (client, hops, origin: the oldest of them, links, author: by the "
	  "end "
	  "of his domain) is in one of these countries (CN, RU; @name: of that list); none given: "
	  "in any that is known" },
	{ "geo_asn", "s|s*", asn, "the same with autonomous systems (AS64496, 64496, @name)" },
	{ "geo_differs", "ss", differs,
	  "of both of these the country is known, and it is never the same" },
	{ "geo_missing", "", missing, "a database that is configured is not there" },
	{ "geo_countries", "n|n", countries,
	  "client and untrusted hops are in so many different countries: at least, at most" },
	{ 0 },
};

void geo_report(struct scan *s, json_t *root)
{
	const struct geo_place *p = geo_client(s);
	json_t *j = json_null();

	if (p->country.n || p->asn) {
		j = json_object();
		json_object_set_new(j, "country", report_str(p->country));
		json_object_set_new(j, "asn", p->asn ? json_integer(p->asn) : json_null());
		json_object_set_new(j, "org", report_str(p->org));
		json_object_set_new(j, "city", report_str(p->city));
	}
	json_object_set_new(root, "geo", j);
}
