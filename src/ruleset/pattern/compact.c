/* Expressions too large for PCRE2's compiled form: groups that come again become subroutines. */
#include <stdlib.h>

#include "base/map.h"
#include "ruleset/pattern/priv.h"

#define GROUP_MIN 60u /* octets of a group that is worth it */
#define NEST_MAX 200u

/* A group without options, "(?:...)", and how often it would be compiled. */
struct group {
	size_t from, to; /* with its brackets */
	unsigned captures;
	unsigned copies;
	struct group *first; /* the one with the same text; itself if it is that */
	unsigned number;     /* of the subroutine; 0: none */
};

struct scan {
	struct arena *arena;
	struct str s;
	VEC(struct group) groups; /* in the order of their ends */
	struct {
		size_t from;
		bool plain;
		unsigned captures;
	} nest[NEST_MAX];
	size_t depth;
};

static size_t skip_class(struct str s, size_t at)
{
	at += at + 1 < s.n && s.p[at + 1] == '^' ? 2 : 1;
	if (at < s.n && s.p[at] == ']')
		at++;
	while (at < s.n && s.p[at] != ']') {
		size_t end = SIZE_MAX;

		if (s.p[at] == '[' && at + 1 < s.n && s.p[at + 1] == ':')
			end = str_find(str_skip(s, at), STR(":]"));
		at += end != SIZE_MAX ? end + 2 : s.p[at] == '\\' ? 2 : 1;
	}
	return at + 1;
}

/* How often a group is compiled for the quantifier that follows it. */
static unsigned copies(struct str rest)
{
	unsigned n = 0, most = 1;

	if (rest.n < 2 || rest.p[0] != '{')
		return 1;
	for (size_t i = 1; i < rest.n && (ch_digit(rest.p[i]) || rest.p[i] == ','); i++) {
		n = rest.p[i] == ',' ? 0 : n < 1000 ? n * 10 + (unsigned)(rest.p[i] - '0') : n;
		most = n > most ? n : most;
	}
	return most;
}

/* False: an option, a name or a reference, which a subroutine might change the meaning of. */
static bool open_group(struct scan *c, size_t at)
{
	struct str rest = str_skip(c->s, at + 1);
	bool plain = str_starts(rest, STR("?:"));
	bool look = str_starts(rest, STR("?=")) || str_starts(rest, STR("?!")) ||
		    str_starts(rest, STR("?<=")) || str_starts(rest, STR("?<!")) ||
		    str_starts(rest, STR("?>"));

	if (++c->depth >= NEST_MAX || str_starts(rest, STR("*")))
		return false;
	if (str_starts(rest, STR("?")) && !plain && !look)
		return false;
	c->nest[c->depth].from = at;
	c->nest[c->depth].plain = plain;
	c->nest[c->depth].captures = !plain && !look;
	return true;
}

static bool close_group(struct scan *c, size_t at)
{
	struct group g = { .from = c->nest[c->depth].from,
			   .to = at + 1,
			   .captures = c->nest[c->depth].captures,
			   .copies = copies(str_skip(c->s, at + 1)) };

	if (c->depth == 0)
		return false;
	if (c->nest[c->depth].plain && g.to - g.from >= GROUP_MIN)
		VEC_PUSH(c->arena, c->groups) = g;
	c->depth--;
	c->nest[c->depth].captures += g.captures;
	return true;
}

static bool find_groups(struct scan *c)
{
	struct str s = c->s;

	for (size_t i = 0; i < s.n;) {
		char d = i + 1 < s.n ? s.p[i + 1] : 0;

		if (s.p[i] == '\\' && (memchr("gkQEGK", d, 6) || (d > '0' && d <= '9')))
			return false;
		if (s.p[i] == '(' && !open_group(c, i))
			return false;
		if (s.p[i] == ')' && !close_group(c, i))
			return false;
		i = s.p[i] == '\\' ? i + 2 : s.p[i] == '[' ? skip_class(s, i) : i + 1;
	}
	return c->depth == 0 && c->groups.n > 0;
}

static int outermost_first(const void *x, const void *y)
{
	const struct group *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to > b->to ? -1 : 1;
}

static struct str group_text(const struct scan *c, const struct group *g)
{
	return str_sub(c->s, g->from, g->to - g->from);
}

/* Counts the copies of each text, then numbers the first of every one that comes again. */
static void number_groups(struct scan *c)
{
	struct map *by_text = map_new(c->arena, false);
	unsigned next = 1;
	size_t end = 0;

	for (size_t i = 0; i < c->groups.n; i++) {
		struct group *g = &c->groups.p[i];

		g->first = map_get(by_text, group_text(c, g));
		if (!g->first) {
			g->first = g;
			map_put(by_text, group_text(c, g), g);
		} else {
			g->first->copies += g->copies;
		}
	}
	for (size_t i = 0; i < c->groups.n; i++) {
		struct group *g = &c->groups.p[i];

		if (g->from < end || g->first->copies < 2)
			continue;
		end = g->to;
		if (g->first->number == 0) {
			g->first->number = next;
			next += 1 + g->captures;
		}
	}
}

static void put(struct arena *a, struct str *out, size_t *cap, struct str s)
{
	char *p = (char *)(uintptr_t)out->p;

	if (out->n + s.n > *cap) {
		p = arena_grow(a, p, *cap, (out->n + s.n) * 2);
		*cap = (out->n + s.n) * 2;
	}
	memcpy(p + out->n, s.p, s.n);
	*out = str_of(p, out->n + s.n);
}

static struct str rewritten(struct arena *a, const struct scan *c)
{
	struct str out = STR_NULL;
	size_t cap = 0, at = 0;
	unsigned next = 1;

	put(a, &out, &cap, STR("(?(DEFINE)"));
	for (size_t i = 0; i < c->groups.n; i++)
		if (c->groups.p[i].first->number == next) {
			put(a, &out, &cap, STR("("));
			put(a, &out, &cap, group_text(c, &c->groups.p[i]));
			put(a, &out, &cap, STR(")"));
			next += 1 + c->groups.p[i].captures;
		}
	put(a, &out, &cap, STR(")"));
	for (size_t i = 0; i < c->groups.n; i++) {
		const struct group *g = &c->groups.p[i];

		if (g->from < at || g->first->number == 0)
			continue;
		put(a, &out, &cap, str_sub(c->s, at, g->from - at));
		put(a, &out, &cap, arena_printf(a, "(?%u)", g->first->number));
		at = g->to;
	}
	put(a, &out, &cap, str_skip(c->s, at));
	return out;
}

bool pattern_compact(struct arena *a, struct str text, struct str *out)
{
	struct scan *c = ARENA_NEW(a, struct scan);

	c->arena = a;
	c->s = text;
	if (!find_groups(c))
		return false;
	qsort(c->groups.p, c->groups.n, sizeof *c->groups.p, outermost_first);
	number_groups(c);
	*out = rewritten(a, c);
	return true;
}
