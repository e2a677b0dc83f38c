/* The parser of expressions for the filters: one pass, groups on a stack. */
#include "ruleset/pattern/re.h"

#include "base/map.h"

struct group {
	unsigned flags; /* those outside, back at its end */
	bool look;	/* an assertion: dropped at its end */
	uint32_t alts, cats;
	size_t from; /* its first node */
};

struct parser {
	struct re *re;
	struct str s;
	size_t at;
	unsigned flags;
	size_t depth;
	struct group group[RE_NEST_MAX];
};

static struct group *top(struct parser *p)
{
	return &p->group[p->depth];
}

static void emit(struct parser *p, struct re_node n)
{
	VEC_PUSH(p->re->arena, p->re->nodes) = n;
}

static uint32_t intern(struct re *re, const struct re_set *set)
{
	struct str key = str_of((const char *)set->bit, sizeof set->bit);
	uintptr_t at = (uintptr_t)map_get(re->index, key); /* and one */

	if (at)
		return (uint32_t)at - 1;
	VEC_PUSH(re->arena, re->sets) = *set;
	map_put(re->index, arena_dup(re->arena, key), (void *)(uintptr_t)re->sets.n);
	return (uint32_t)re->sets.n - 1;
}

static void atom(struct parser *p, enum re_op op)
{
	emit(p, (struct re_node){ .op = op });
	top(p)->cats++;
}

static void atom_set(struct parser *p, const struct re_set *set)
{
	emit(p, (struct re_node){ .op = RE_SET, .n = intern(p->re, set) });
	top(p)->cats++;
}

static void atom_octet(struct parser *p, char c)
{
	struct re_set set = { { 0 } };

	re_set_add(&set, (unsigned char)c);
	if (p->flags & PATTERN_CASELESS)
		re_set_fold(&set);
	atom_set(p, &set);
}

static void atom_dot(struct parser *p)
{
	struct re_set set = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

	if (!(p->flags & PATTERN_DOTALL))
		set.bit[0] &= ~(1ull << '\n');
	atom_set(p, &set);
}

/* ---- groups ---- */

static bool open_group(struct parser *p, bool look)
{
	if (p->depth + 1 >= RE_NEST_MAX)
		return false;
	p->depth++;
	*top(p) = (struct group){ .flags = p->flags, .look = look, .from = p->re->nodes.n };
	return true;
}

static void end_branch(struct parser *p)
{
	if (top(p)->cats == 0)
		emit(p, (struct re_node){ .op = RE_EMPTY });
	else if (top(p)->cats > 1)
		emit(p, (struct re_node){ .op = RE_CAT, .n = top(p)->cats });
	top(p)->cats = 0;
	top(p)->alts++;
}

static void end_alternation(struct parser *p)
{
	end_branch(p);
	if (top(p)->alts > 1)
		emit(p, (struct re_node){ .op = RE_ALT, .n = top(p)->alts });
}

static bool close_group(struct parser *p)
{
	struct group *g = top(p);

	if (p->depth == 0)
		return false;
	end_alternation(p);
	if (g->look) {
		p->re->nodes.n = g->from;
		emit(p, (struct re_node){ .op = RE_EMPTY });
	}
	p->flags = g->flags;
	p->depth--;
	top(p)->cats++;
	return true;
}

/* The letters of (?ims-x) or (?i:...), p->at on the first; the group begins at a ':'. */
static bool inline_flags(struct parser *p)
{
	static const char letters[] = "imsx";
	static const unsigned bits[] = { PATTERN_CASELESS, PATTERN_MULTILINE, PATTERN_DOTALL,
					 PATTERN_EXTENDED };
	unsigned flags = p->flags;
	bool off = false;

	if (p->at < p->s.n && p->s.p[p->at] == '^') {
		flags = 0;
		p->at++;
	}
	for (; p->at < p->s.n; p->at++) {
		char c = p->s.p[p->at];
		const char *l = memchr(letters, c, sizeof letters - 1);

		if (l && c == 'x' && p->at + 1 < p->s.n && p->s.p[p->at + 1] == 'x')
			return false;
		if (l)
			flags = off ? flags & ~bits[l - letters] : flags | bits[l - letters];
		else if (c == '-')
			off = true;
		else if (c != 'n' && c != 'U' && c != 'J')
			break;
	}
	if (p->at >= p->s.n || (p->s.p[p->at] != ')' && p->s.p[p->at] != ':'))
		return false;
	if (p->s.p[p->at++] == ':' && !open_group(p, false))
		return false;
	p->flags = flags;
	return true;
}

/* (?R), (?1), (?&name), (?P>name), (?P=name): up to the ')'. */
static bool subroutine(struct parser *p)
{
	size_t end = str_chr(str_skip(p->s, p->at), ')');

	if (end == SIZE_MAX)
		return false;
	p->at += end + 1;
	atom(p, RE_ANY);
	return true;
}

static bool named_group(struct parser *p, char end)
{
	size_t n = str_chr(str_skip(p->s, p->at), end);

	if (n == SIZE_MAX)
		return false;
	p->at += n + 1;
	return open_group(p, false);
}

/* What follows "(?". */
static bool special_group(struct parser *p)
{
	static const struct {
		struct str mark;
		bool look;
	} marks[] = {
		{ { ":", 1 }, false }, { { ">", 1 }, false }, { { "|", 1 }, false },
		{ { "=", 1 }, true },  { { "!", 1 }, true },  { { "<=", 2 }, true },
		{ { "<!", 2 }, true },
	};
	struct str rest = str_skip(p->s, p->at);
	char c = rest.n ? rest.p[0] : 0, d = rest.n > 1 ? rest.p[1] : 0;

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (str_starts(rest, marks[i].mark)) {
			p->at += marks[i].mark.n;
			return open_group(p, marks[i].look);
		}
	if (c == '#') {
		size_t end = str_chr(rest, ')');

		p->at += end + 1;
		return end != SIZE_MAX;
	}
	if (c == 'P' && d == '<')
		p->at++;
	if (c == '<' || (c == 'P' && d == '<') || c == '\'') {
		p->at++;
		return named_group(p, c == '\'' ? '\'' : '>');
	}
	if (c == 'R' || c == '&' || c == 'P' || c == '+' || ch_digit(c) ||
	    (c == '-' && ch_digit(d)))
		return subroutine(p);
	return inline_flags(p);
}

static bool group(struct parser *p)
{
	p->at++;
	if (p->at < p->s.n && p->s.p[p->at] == '*')
		return false;
	if (p->at >= p->s.n || p->s.p[p->at] != '?')
		return open_group(p, false);
	p->at++;
	return special_group(p);
}

/* ---- quantifiers ---- */

static uint32_t decimal(struct parser *p)
{
	uint32_t v = 0;

	for (; p->at < p->s.n && ch_digit(p->s.p[p->at]); p->at++)
		v = v < 100000 ? v * 10 + (uint32_t)(p->s.p[p->at] - '0') : v;
	return v;
}

/* {2}, {2,} or {2,3}, p->at on the '{'; *is: it is one and not just a brace. False: it is one for
 * some versions of PCRE2 and not for others. */
static bool braces(struct parser *p, uint32_t *min, uint32_t *max, bool *is)
{
	size_t at = p->at++;

	*is = false;
	if (p->at < p->s.n && memchr(", \t", p->s.p[p->at], 3))
		return false;
	if (p->at < p->s.n && ch_digit(p->s.p[p->at])) {
		*min = *max = decimal(p);
		if (p->at < p->s.n && p->s.p[p->at] == ',') {
			p->at++;
			*max = RE_UNBOUND;
			if (p->at < p->s.n && ch_digit(p->s.p[p->at]))
				*max = decimal(p);
		}
		if (p->at < p->s.n && memchr(" \t", p->s.p[p->at], 2))
			return false;
		*is = p->at < p->s.n && p->s.p[p->at] == '}';
	}
	p->at = *is ? p->at + 1 : at;
	return true;
}

/* *is: a quantifier stood here and was taken. */
static bool quantifier(struct parser *p, bool *is)
{
	uint32_t min = 0, max = RE_UNBOUND;
	char c = p->s.p[p->at];

	*is = c == '*' || c == '+' || c == '?';
	if (*is) {
		min = c == '+';
		max = c == '?' ? 1 : RE_UNBOUND;
		p->at++;
	} else if (c == '{' && !braces(p, &min, &max, is)) {
		return false;
	}
	if (!*is)
		return true;
	if (p->at < p->s.n && (p->s.p[p->at] == '+' || p->s.p[p->at] == '?'))
		p->at++;
	emit(p, (struct re_node){ .op = RE_REPEAT, .min = min, .max = max });
	return top(p)->cats > 0;
}

/* ---- atoms ---- */

/* \Q...\E, p->at after the Q. */
static void quoted(struct parser *p)
{
	while (p->at < p->s.n && !str_starts(str_skip(p->s, p->at), STR("\\E")))
		atom_octet(p, p->s.p[p->at++]);
	p->at = p->at < p->s.n ? p->at + 2 : p->at;
}

static bool escape(struct parser *p)
{
	struct re_set set = { { 0 } };

	p->at++;
	switch (re_escape(p->s, &p->at, false, &set)) {
	case RE_ESC_SET:
		if (p->flags & PATTERN_CASELESS)
			re_set_fold(&set);
		atom_set(p, &set);
		return true;
	case RE_ESC_ASSERT:
		atom(p, RE_EMPTY);
		return true;
	case RE_ESC_ANY:
		atom(p, RE_ANY);
		return true;
	case RE_ESC_QUOTE:
		quoted(p);
		return true;
	case RE_ESC_NONE:
		return true;
	case RE_ESC_BAD:
		break;
	}
	return false;
}

static bool class(struct parser *p)
{
	struct re_set set = { { 0 } };

	p->at++;
	if (!re_class(p->s, &p->at, p->flags & PATTERN_CASELESS, &set))
		return false;
	atom_set(p, &set);
	return true;
}

/* White space and comments of the extended form. */
static bool skipped(struct parser *p)
{
	char c = p->s.p[p->at];

	if (!(p->flags & PATTERN_EXTENDED))
		return false;
	if (c == '#') {
		while (p->at < p->s.n && p->s.p[p->at] != '\n')
			p->at++;
		return true;
	}
	if (c != ' ' && (c < 9 || c > 13))
		return false;
	p->at++;
	return true;
}

static bool item(struct parser *p)
{
	char c = p->s.p[p->at];

	switch (c) {
	case '(':
		return group(p);
	case ')':
		p->at++;
		return close_group(p);
	case '|':
		p->at++;
		end_branch(p);
		return true;
	case '[':
		return class(p);
	case '\\':
		return escape(p);
	case '.':
		p->at++;
		atom_dot(p);
		return true;
	case '^':
	case '$':
		p->at++;
		atom(p, RE_EMPTY);
		return true;
	default:
		p->at++;
		atom_octet(p, c);
		return true;
	}
}

bool re_parse(struct arena *a, struct str text, unsigned flags, struct re *re)
{
	struct parser p = { .re = re, .s = text, .flags = flags };
	bool is = false;

	*re = (struct re){ .arena = a, .index = map_new(a, false) };
	if (flags & PATTERN_UTF)
		return false;
	while (p.at < p.s.n) {
		if (re->nodes.n > RE_NODES_MAX)
			return false;
		if (skipped(&p))
			continue;
		if (!quantifier(&p, &is) || (!is && !item(&p)))
			return false;
	}
	if (p.depth > 0)
		return false;
	end_alternation(&p);
	return true;
}
