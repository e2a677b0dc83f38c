/* URLs inside a URL: what redirectors carry in their query, fragment or path. */
#include "mail/url/host.h"

#define DECODE_MAX 4u	    /* times that a value is percent-decoded */
#define NESTED_KEPT_MAX 16u /* of one URL, at all depths together */

struct nest {
	struct arena *a;
	const struct psl *psl;
	size_t first; /* of out, what this call added */
	uint32_t parent;
	url_vec *out;
};

static bool full(const struct nest *n)
{
	return n->out->n - n->first >= NESTED_KEPT_MAX;
}

/* "http://", "https:\\" and kin, as s begins. */
static bool starts_web(struct str s)
{
	static const char *const known[] = { "https:", "http:", "ftp:" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i]);
		if (str_istarts(s, str_c(known[i])) && s.n > n + 1 &&
		    (s.p[n] == '/' || s.p[n] == '\\'))
			return true;
	}
	return false;
}

static void add(struct nest *n, struct str text, bool bare)
{
	struct url u;

	if (!url_parse(n->a, n->psl, text, &u) || u.flags & URL_BAD_HOST || !u.host.n)
		return;
	if (u.flags & URL_SCHEMELESS && !bare)
		return;
	u.flags |= URL_NESTED;
	u.origin = URL_FROM_NESTED;
	u.parent = n->parent;
	VEC_PUSH(n->a, *n->out) = u;
}

/* The first place in s where a URL with scheme begins; s.n: nowhere. */
static size_t find_web(struct str s)
{
	size_t i = 0, at;

	while ((at = str_chr(str_skip(s, i), ':')) != SIZE_MAX) {
		at += i;
		for (size_t back = 5; back >= 3; back--)
			if (at >= back && starts_web(str_skip(s, at - back)) && s.p[at] == ':' &&
			    str_chr(str_sub(s, at - back, back), ':') == SIZE_MAX)
				return at - back;
		i = at + 1;
	}
	return s.n;
}

/* A value, decoded until a URL is seen in it. bare: names without scheme count too. */
static void look(struct nest *n, struct str value, bool bare)
{
	for (unsigned k = 0; k <= DECODE_MAX && value.n && !full(n); k++) {
		struct str next;
		size_t at = find_web(value);
		if (at < value.n) {
			add(n, str_skip(value, at), false);
			return;
		}
		if (bare && str_chr(value, '.') != SIZE_MAX && str_chr(value, '@') == SIZE_MAX) {
			size_t was = n->out->n;
			add(n, value, true);
			if (n->out->n > was)
				return;
		}
		next = url_percent_decode(n->a, value);
		if (next.n == value.n)
			return;
		value = next;
	}
}

static void look_query(struct nest *n, struct str query)
{
	while (query.n && !full(n)) {
		size_t end = 0, eq;
		struct str pair;
		while (end < query.n && query.p[end] != '&' && query.p[end] != ';')
			end++;
		pair = str_sub(query, 0, end);
		query = str_skip(query, end + 1);
		eq = str_chr(pair, '=');
		look(n, eq == SIZE_MAX ? pair : str_skip(pair, eq + 1), true);
	}
}

static void look_into(struct nest *n, const struct url *u)
{
	struct str path = u->path;

	if (path.n > 1)
		look(n, str_skip(path, 1), false);
	look_query(n, u->query);
	look_query(n, u->fragment);
}

void url_nested(struct arena *a, const struct psl *psl, const struct url *u, uint32_t index,
		url_vec *out)
{
	struct nest n = { .a = a, .psl = psl, .first = out->n, .parent = index, .out = out };
	struct url top = *u; /* it may stand in out */
	size_t from = out->n, to;

	if (!top.host.n)
		return;
	look_into(&n, &top);
	for (unsigned depth = 1; depth < URL_MAX_NESTED; depth++) {
		to = out->n;
		for (; from < to; from++) {
			struct url inner = out->p[from];
			n.parent = (uint32_t)from;
			look_into(&n, &inner);
		}
	}
}
