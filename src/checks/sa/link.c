/* SpamAssassin's functions of links whose text names another place. */
#include "checks/checks.h"
#include "checks/sa/sa.h"
#include "mail/view/names.h"

static size_t slashes(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == '/')
		n++;
	return n;
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && ch_digit(s.p[n]))
		n++;
	return n;
}

static bool starts_with_ip(struct str s)
{
	for (int i = 0; i < 4; i++) {
		size_t n = digits(s);
		if (!n || (i < 3 && (n == s.n || s.p[n] != '.')))
			return false;
		s = str_skip(s, n + 1);
	}
	return true;
}

/* An address behind the scheme and, it may be, a user. */
static bool leads_to_ip(struct str s)
{
	size_t at;

	s = str_skip(s, slashes(s));
	at = str_chr(s, '@');
	return starts_with_ip(s) || (at != SIZE_MAX && at && at < str_chr(s, '/') &&
				     starts_with_ip(str_skip(s, at + 1)));
}

static bool is_ip_link(struct str s)
{
	return (str_istarts(s, STR("https:")) && leads_to_ip(str_skip(s, 6))) ||
	       (str_istarts(s, STR("http:")) && leads_to_ip(str_skip(s, 5)));
}

static bool ip_mismatch(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	size_t parts = 0, uris;
	const struct view_part *p;

	(void)arg;
	(void)n;
	if (!s->view)
		return false;
	view_render(s->view);
	p = view_parts(s->view, &parts);
	for (size_t i = 0; i < parts; i++) {
		const struct view_html_uri *u = view_html_uris(&p[i], &uris);
		for (size_t k = 0; k < uris; k++)
			for (size_t t = 0; is_ip_link(u[k].uri) && t < u[k].anchors.n; t++) {
				struct str text = u[k].anchors.p[t];
				bool same = str_istarts(text, STR("https:")) && is_ip_link(text);
				if (same || !str_ifind(text, STR("https:")))
					continue;
				*evidence = u[k].uri;
				return true;
			}
	}
	return false;
}

/* What follows a scheme up to a character that ends a host. */
static struct str host_of(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != ':' && s.p[n] != '?' && s.p[n] != '#')
		n++;
	return str_sub(s, 0, n);
}

/* The registered domain of a link; absent: it leads to none. */
static struct str link_domain(struct scan *s, struct str uri)
{
	struct str host = STR_NULL, domain;

	if (str_istarts(uri, STR("http://")))
		host = host_of(str_skip(uri, 7));
	else if (str_istarts(uri, STR("https://")))
		host = host_of(str_skip(uri, 8));
	if (!host.n || view_ip_is(host))
		return STR_NULL;
	domain = view_trim_domain(s->view, s->arena, host);
	return view_tld_valid(s->view, domain) ? domain : STR_NULL;
}

/* Of the first "https://" in the text of a link; an address stands for itself. */
static struct str text_domain(struct scan *s, struct str text)
{
	struct str host, domain;
	size_t n = 0;

	while (text.n && !str_istarts(text, STR("https://")))
		text = str_skip(text, 1);
	host = host_of(str_skip(text, 8));
	while (n < host.n && !ch_fws(host.p[n]))
		n++;
	host.n = n;
	if (!host.n || view_ip_is(host))
		return host;
	domain = view_trim_domain(s->view, s->arena, host);
	return view_tld_valid(s->view, domain) ? domain : STR_NULL;
}

static bool names_another(struct scan *s, const struct view_html_uri *u, struct str domain,
			  struct str *evidence)
{
	for (size_t t = 0; t < u->anchors.n; t++) {
		struct str named = text_domain(s, u->anchors.p[t]);
		if (!named.n || str_eq(named, domain))
			continue;
		*evidence =
			arena_printf(s->arena, "%.*s says %.*s", STR_ARG(domain), STR_ARG(named));
		return true;
	}
	return false;
}

static bool name_mismatch(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	double least = n && arg[0].number >= 1 ? arg[0].number : 1;
	size_t parts = 0, uris;
	const struct view_part *p;

	if (!s->view)
		return false;
	view_render(s->view);
	p = view_parts(s->view, &parts);
	for (size_t i = 0; i < parts; i++) {
		const struct view_html_uri *u = view_html_uris(&p[i], &uris);
		size_t links = 0;
		bool hit = false;
		for (size_t k = 0; k < uris; k++) {
			struct str domain = u[k].anchors.n ? link_domain(s, u[k].uri) : STR_NULL;
			links += domain.n > 0;
			hit |= domain.n && names_another(s, &u[k], domain, evidence);
		}
		if (hit && (double)links >= least && (n < 2 || (double)links < arg[1].number))
			return true;
	}
	return false;
}

static const struct predicate predicates[] = {
	{ "check_https_ip_mismatch", "", ip_mismatch,
	  "a link leads to an address, its text to an https: name" },
	{ "check_https_http_mismatch", "|nn", name_mismatch,
	  "the https: in a link's text names another domain; links: at least, under" },
	{ 0 },
};

const struct check check_sa_link = {
	.abi = CHECK_ABI,
	.name = "sa_link",
	.help = "SpamAssassin's functions of links",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT,
	.run = sa_run,
	.predicates = predicates,
};
