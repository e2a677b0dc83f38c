/*
 * A URL of any octets, and a text of any octets that is searched for URLs. What is found points
 * into the text, and what is clean reads as itself.
 */
#include <stdlib.h>

#include "mail/url/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIST MERLON_SRCDIR "/tests/conformance/psl/public_suffix_list.dat"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static const struct psl *list(void)
{
	static struct psl *p;
	struct err e;

	if (!p)
		p = psl_load(arena_new(0), LIST, &e);
	must(p != NULL);
	return p;
}

static void look(struct arena *a, const struct url *u)
{
	struct url again;

	must(u->host.p && u->clean.p && u->raw.p);
	must(u->registrable.n <= u->host.n);
	must(!(u->flags & URL_IP) || u->ip.family);
	if (!u->host.n || u->flags & (URL_BAD_HOST | URL_TOO_LONG) ||
	    !str_eq(u->scheme, STR("http")))
		return;
	if (u->clean.n > URL_MAX_LEN)
		return;
	must(url_parse(a, list(), u->clean, &again));
	must(str_eq(again.host, u->host) && str_eq(again.clean, u->clean));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str text = str_of((const char *)data, size);
	url_vec v = { 0 };
	struct url u;

	if (url_parse(a, list(), text, &u)) {
		look(a, &u);
		url_nested(a, list(), &u, 0, &v);
	}
	for (size_t i = 0; i < v.n; i++)
		look(a, &v.p[i]);
	v.n = 0;
	url_find(a, list(), text, URL_MAX_KEPT, &v);
	must(v.n <= URL_MAX_KEPT);
	for (size_t i = 0; i < v.n; i++) {
		must(v.p[i].offset <= size && v.p[i].raw.p == text.p + v.p[i].offset);
		must(v.p[i].raw.n <= size - v.p[i].offset);
		look(a, &v.p[i]);
	}
	url_shown_host(a, list(), text);
	arena_free(a);
	return 0;
}
