/* Sets of octets as expressions write them: escapes and bracketed classes. */
#include "ruleset/pattern/re.h"

typedef bool ctype_fn(int c);

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(int c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alpha(int c)
{
	return is_upper(c) || is_lower(c);
}

static bool is_alnum(int c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_word(int c)
{
	return is_alnum(c) || c == '_';
}

static bool is_space(int c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

static bool is_blank(int c)
{
	return c == ' ' || c == 9;
}

static bool is_hspace(int c)
{
	return is_blank(c) || c == 0xa0;
}

static bool is_vspace(int c)
{
	return (c >= 10 && c <= 13) || c == 0x85;
}

static bool is_xdigit(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_cntrl(int c)
{
	return c < 32 || c == 127;
}

static bool is_graph(int c)
{
	return c > 32 && c < 127;
}

static bool is_print(int c)
{
	return c >= 32 && c < 127;
}

static bool is_punct(int c)
{
	return is_graph(c) && !is_alnum(c);
}

static bool is_ascii(int c)
{
	return c < 128;
}

static bool is_newline(int c)
{
	return c == '\n';
}

static bool is_any(int c)
{
	return c >= 0;
}

static void add_type(struct re_set *set, ctype_fn *in, bool negated)
{
	for (int c = 0; c < 256; c++)
		if (in(c) != negated)
			re_set_add(set, (unsigned char)c);
}

void re_set_fold(struct re_set *s)
{
	uint64_t both = (s->bit[1] | s->bit[1] >> 32) & 0x07fffffeull;

	s->bit[1] |= both | both << 32;
}

/* ---- escapes ---- */

/* Digits of a base from *at, at most max of them; false: over 255. */
static bool digits(struct str s, size_t *at, int base, size_t max, unsigned *v)
{
	*v = 0;
	for (size_t n = 0; n < max && *at < s.n; n++, ++*at) {
		int d = ch_hex(s.p[*at]);

		if (d < 0 || d >= base)
			break;
		*v = *v * (unsigned)base + (unsigned)d;
		if (*v > 255)
			return false;
	}
	return true;
}

/* \x41, \x{41}, \o{101}: *at after the letter. */
static bool number(struct str s, size_t *at, int base, unsigned *v)
{
	if (*at < s.n && s.p[*at] == '{') {
		++*at;
		if (!digits(s, at, base, 8, v) || *at >= s.n || s.p[*at] != '}')
			return false;
		++*at;
		return true;
	}
	return base == 16 && digits(s, at, 16, 2, v);
}

static enum re_escape octet(struct re_set *set, unsigned v)
{
	re_set_add(set, (unsigned char)v);
	return RE_ESC_SET;
}

static enum re_escape escape_digit(struct str s, size_t *at, bool in_class, struct re_set *set)
{
	unsigned v;

	if (s.p[*at] == '0' || (in_class && s.p[*at] < '8'))
		return digits(s, at, 8, 3, &v) ? octet(set, v) : RE_ESC_BAD;
	++*at;
	if (in_class || (*at < s.n && ch_digit(s.p[*at])))
		return RE_ESC_BAD; /* a reference or an octet, by the number of groups */
	return RE_ESC_ANY;
}

static enum re_escape escape_type(char c, struct re_set *set)
{
	static const struct {
		char c;
		ctype_fn *in;
		bool negated;
	} types[] = {
		{ 'd', is_digit, false },  { 'D', is_digit, true },  { 'w', is_word, false },
		{ 'W', is_word, true },	   { 's', is_space, false }, { 'S', is_space, true },
		{ 'h', is_hspace, false }, { 'H', is_hspace, true }, { 'v', is_vspace, false },
		{ 'V', is_vspace, true },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].c == c) {
			add_type(set, types[i].in, types[i].negated);
			return RE_ESC_SET;
		}
	return RE_ESC_NONE;
}

static enum re_escape escape_named(char c, bool in_class, struct re_set *set)
{
	static const char names[] = "tnrfea", octets[] = "\t\n\r\f\033\a";
	const char *n = memchr(names, c, sizeof names - 1);

	if (n)
		return octet(set, (unsigned char)octets[n - names]);
	if (c == 'b' && in_class)
		return octet(set, 8);
	if (memchr("bBAzZGK", c, 7))
		return in_class ? RE_ESC_BAD : RE_ESC_ASSERT;
	if (c == 'R' && !in_class)
		return RE_ESC_ANY;
	if (c == 'E')
		return RE_ESC_NONE;
	return c == 'Q' ? RE_ESC_QUOTE : RE_ESC_BAD;
}

/* \k<name>, \k{name}, \g{name}, \g1: over the name. */
static enum re_escape escape_reference(struct str s, size_t *at)
{
	char end = 0;

	if (*at < s.n)
		end = s.p[*at] == '<' ? '>' : s.p[*at] == '{' ? '}' : s.p[*at] == '\'' ? '\'' : 0;
	if (!end) {
		while (*at < s.n && (ch_digit(s.p[*at]) || s.p[*at] == '-' || s.p[*at] == '+'))
			++*at;
		return RE_ESC_ANY;
	}
	for (++*at; *at < s.n && s.p[*at] != end;)
		++*at;
	if (*at >= s.n)
		return RE_ESC_BAD;
	++*at;
	return RE_ESC_ANY;
}

/* \p{name} or \pL: taken for any octet. */
static enum re_escape escape_property(struct str s, size_t *at, struct re_set *set)
{
	size_t end;

	add_type(set, is_any, false);
	if (*at < s.n && s.p[*at] == '{') {
		end = str_chr(str_skip(s, *at), '}');
		if (end == SIZE_MAX)
			return RE_ESC_BAD;
		*at += end;
	}
	++*at;
	return RE_ESC_SET;
}

enum re_escape re_escape(struct str s, size_t *at, bool in_class, struct re_set *set)
{
	enum re_escape found;
	unsigned v;
	char c;

	if (*at >= s.n)
		return RE_ESC_BAD;
	c = s.p[*at];
	if (ch_digit(c))
		return escape_digit(s, at, in_class, set);
	++*at;
	if (!ch_alpha(c))
		return octet(set, (unsigned char)c);
	found = escape_type(c, set);
	if (found != RE_ESC_NONE)
		return found;
	if (c == 'x' || c == 'o')
		return number(s, at, c == 'x' ? 16 : 8, &v) ? octet(set, v) : RE_ESC_BAD;
	if (c == 'p' || c == 'P')
		return escape_property(s, at, set);
	if ((c == 'k' || c == 'g') && !in_class)
		return escape_reference(s, at);
	if (c == 'N' && !in_class && !(*at < s.n && s.p[*at] == '{')) {
		add_type(set, is_newline, true);
		return RE_ESC_SET;
	}
	return escape_named(c, in_class, set);
}

/* ---- classes ---- */

/* [:alpha:] and the like, *at on their '['; false if it is not one. */
static bool posix(struct str s, size_t *at, struct re_set *set, bool *bad)
{
	static const struct {
		struct str name;
		ctype_fn *in;
	} names[] = {
		{ { "alpha", 5 }, is_alpha },	{ { "digit", 5 }, is_digit },
		{ { "alnum", 5 }, is_alnum },	{ { "upper", 5 }, is_upper },
		{ { "lower", 5 }, is_lower },	{ { "space", 5 }, is_space },
		{ { "blank", 5 }, is_blank },	{ { "punct", 5 }, is_punct },
		{ { "xdigit", 6 }, is_xdigit }, { { "cntrl", 5 }, is_cntrl },
		{ { "graph", 5 }, is_graph },	{ { "print", 5 }, is_print },
		{ { "word", 4 }, is_word },	{ { "ascii", 5 }, is_ascii },
	};
	struct str rest = str_skip(s, *at + 2), name;
	size_t end = str_chr(rest, ':');
	bool negated;

	if (*at + 1 >= s.n || !memchr(":.=", s.p[*at + 1], 3))
		return false;
	*bad |= s.p[*at + 1] != ':';
	if (end == SIZE_MAX || end + 1 >= rest.n || rest.p[end + 1] != ']')
		return false;
	name = str_sub(rest, 0, end);
	negated = str_starts(name, STR("^"));
	name = str_skip(name, negated);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(names[i].name, name)) {
			add_type(set, names[i].in, negated);
			*at += 2 + end + 2;
			return true;
		}
	*bad = true;
	return false;
}

static int first_of(const struct re_set *s)
{
	int i = 0;

	while (s->bit[i] == 0)
		i++;
	return i * 64 + __builtin_ctzll(s->bit[i]);
}

/* One octet or set of a class; *single is its octet, or -1. */
static bool member(struct str s, size_t *at, struct re_set *set, int *single)
{
	struct re_set one = { { 0 } };
	bool bad = false;

	*single = -1;
	if (s.p[*at] == '[' && posix(s, at, set, &bad))
		return true;
	if (bad)
		return false;
	if (s.p[*at] != '\\') {
		*single = (unsigned char)s.p[(*at)++];
		re_set_add(set, (unsigned char)*single);
		return true;
	}
	++*at;
	if (re_escape(s, at, true, &one) != RE_ESC_SET)
		return false;
	re_set_or(set, &one);
	if (re_set_count(&one) == 1)
		*single = first_of(&one);
	return true;
}

/* The rest of a range, *at on its '-'. */
static bool range(struct str s, size_t *at, struct re_set *set, int from)
{
	int to;

	++*at;
	if (!member(s, at, set, &to))
		return false;
	if (to < 0) {
		re_set_add(set, '-');
		return true;
	}
	for (int c = from; c <= to; c++)
		re_set_add(set, (unsigned char)c);
	return from <= to;
}

bool re_class(struct str s, size_t *at, bool caseless, struct re_set *set)
{
	bool negated = *at < s.n && s.p[*at] == '^', first = true;
	int single;

	*at += negated;
	for (; *at < s.n && (first || s.p[*at] != ']'); first = false) {
		if (!member(s, at, set, &single))
			return false;
		if (*at + 1 < s.n && s.p[*at] == '-' && s.p[*at + 1] != ']' && single >= 0 &&
		    !range(s, at, set, single))
			return false;
	}
	if (*at >= s.n)
		return false;
	++*at;
	if (caseless)
		re_set_fold(set);
	for (int i = 0; negated && i < 4; i++)
		set->bit[i] = ~set->bit[i];
	return true;
}
