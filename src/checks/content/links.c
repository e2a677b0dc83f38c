/* Where the links of a message go, and whether they say so. */
#include "checks/checks.h"
#include "checks/outside/redirect.h"
#include "checks/words.h"

static enum check_step run(struct scan *s, void *state, const void *config)
{
	(void)s;
	(void)state;
	(void)config;
	return CHECK_DONE;
}

static const url_vec *urls_of(struct scan *s)
{
	static const url_vec none = { 0 };

	return s->content ? content_urls(s->content) : &none;
}

static bool url_is(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const url_vec *u = urls_of(s);

	(void)n;
	for (size_t i = 0; i < u->n; i++)
		for (unsigned flag = 1; flag <= u->p[i].flags; flag <<= 1) {
			const char *name = u->p[i].flags & flag ? url_flag_name(flag) : NULL;
			if (name && words_has(arg[0].text, name)) {
				*evidence = u->p[i].raw;
				return true;
			}
		}
	return false;
}

static bool web(const struct url *u)
{
	return str_eq(u->scheme, STR("http")) || str_eq(u->scheme, STR("https"));
}

static bool in_body(const struct url *u)
{
	return web(u) && u->part != UINT32_MAX;
}

static bool url_host(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const url_vec *u = urls_of(s);

	(void)n;
	for (size_t i = 0; i < u->n; i++)
		if (in_body(&u->p[i]) && u->p[i].host.n &&
		    lists_has_domain(s->lists, arg[0].text, u->p[i].host, NULL)) {
			*evidence = u->p[i].host;
			return true;
		}
	return false;
}

static bool url_count(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const url_vec *u = urls_of(s);
	size_t count = 0;

	(void)evidence;
	for (size_t i = 0; i < u->n; i++)
		count += in_body(&u->p[i]);
	return s->content && (double)count >= arg[0].number &&
	       (n < 2 || (double)count <= arg[1].number);
}

/* ---- what is shown and what is meant ---- */

static struct str shown_host(struct scan *s, const struct url *u)
{
	if (u->origin != URL_FROM_HTML || !u->text.n || !web(u))
		return STR_NULL;
	return url_shown_host(s->arena, s->content->env->psl, u->text);
}

static struct str site(const struct url *u)
{
	return u->registrable.n ? u->registrable : u->host;
}

/* Of a redirector that was asked where it leads, that may be shown too. */
static bool shows_other(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const url_vec *u = urls_of(s);

	(void)arg;
	(void)n;
	for (size_t i = 0; i < u->n; i++) {
		const struct redirect *r = redirect_of(s, &u->p[i]);
		const struct url *to = r && r->hops && r->to.host.n ? &r->to : &u->p[i];
		struct str shown = shown_host(s, &u->p[i]), real = site(&u->p[i]);
		if (!shown.n || !real.n || str_eq(shown, real) || str_eq(shown, site(to)))
			continue;
		*evidence = arena_printf(s->arena, "shows %.*s, goes to %.*s", STR_ARG(shown),
					 STR_ARG(to->host));
		return true;
	}
	return false;
}

static bool shows_https(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const url_vec *u = urls_of(s);

	(void)arg;
	(void)n;
	for (size_t i = 0; i < u->n; i++)
		if (str_eq(u->p[i].scheme, STR("http")) &&
		    str_istarts(str_trim(u->p[i].text), STR("https://"))) {
			*evidence = u->p[i].raw;
			return true;
		}
	return false;
}

/* ---- nothing but links ---- */

#define WORDS_MAX 1000u /* beside links that are counted */

/* Words of the visible text that are no part of a URL of it. */
static size_t other_words(struct scan *s, size_t stop)
{
	struct str text = content_visible(s->content);
	size_t words = 0, i = 0;

	while (i < text.n && words < stop) {
		size_t from;
		while (i < text.n && ch_fws(text.p[i]))
			i++;
		from = i;
		while (i < text.n && !ch_fws(text.p[i]))
			i++;
		if (i > from && str_find(str_sub(text, from, i - from), STR("://")) == SIZE_MAX &&
		    !str_istarts(str_sub(text, from, i - from), STR("www.")))
			words++;
	}
	return words;
}

static bool url_only(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	double most = n > 0 ? arg[0].number : 0;
	const url_vec *u = urls_of(s);

	(void)evidence;
	for (size_t i = 0; i < u->n; i++)
		if (in_body(&u->p[i]))
			return (double)other_words(s, WORDS_MAX) <= most;
	return false;
}

static bool url_nests(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const url_vec *u = urls_of(s);
	size_t *inside = u->n ? ARENA_ARRAY(s->arena, size_t, u->n) : NULL;

	(void)n;
	for (size_t i = 0; i < u->n; i++) {
		uint32_t outer = u->p[i].parent;
		if (outer < u->n && (double)++inside[outer] >= arg[0].number) {
			*evidence = u->p[outer].raw;
			return true;
		}
	}
	return false;
}

#define SITES_MAX 64u /* links that are compared */

/* Distinct sites of the first links in plain (html false) or HTML text. */
static size_t count_sites(const url_vec *u, bool html)
{
	struct str site[SITES_MAX];
	size_t n = 0, seen = 0;

	for (size_t i = 0; i < u->n && seen < SITES_MAX; i++) {
		struct str name = u->p[i].registrable.n ? u->p[i].registrable : u->p[i].host;
		size_t k = 0;
		if (!in_body(&u->p[i]) || !name.n || u->p[i].origin == URL_FROM_NESTED ||
		    (u->p[i].origin != URL_FROM_TEXT) != html)
			continue;
		seen++;
		while (k < n && !str_eq(site[k], name))
			k++;
		if (k == n)
			site[n++] = name;
	}
	return n;
}

static bool url_sites_differ(struct scan *s, const struct predicate_arg *arg, size_t n,
			     struct str *evidence)
{
	size_t plain = count_sites(urls_of(s), false), html = count_sites(urls_of(s), true);

	(void)arg;
	(void)n;
	*evidence = arena_printf(s->arena, "%zu and %zu", plain, html);
	return plain && html && plain != html;
}

static const struct predicate predicates[] = {
	{ "url_is", "s", url_is,
	  "a URL is one of: obfuscated schemeless ip ip-odd userinfo port percent-host zero-width "
	  "bidi "
	  "idn bad-host nested backslash too-long control hidden" },
	{ "url_host", "s", url_host, "the host of a web link is in that list" },
	{ "url_count", "n|n", url_count, "how many web links there are: at least, at most" },
	{ "url_shows_other", "", shows_other,
	  "a link shows a host of another site than it goes to" },
	{ "url_shows_https", "", shows_https, "a link shows https and goes to http" },
	{ "url_only", "|n", url_only,
	  "the text has nothing but links; or so many other words at most" },
	{ "url_nests", "n", url_nests, "so many URLs stand in one URL" },
	{ "url_sites_differ", "", url_sites_differ,
	  "the plain text and the HTML link to different numbers of sites" },
	{ 0 },
};

const struct check check_links = {
	.abi = CHECK_ABI,
	.name = "links",
	.help = "where links go, and whether they say so",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_FACTS,
	.run = run,
	.predicates = predicates,
};
