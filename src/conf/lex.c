/* The words and signs of a configuration text; what would confuse libconfuse is LEX_BAD. */
#include "conf/lex.h"

static char at(const struct lex *l, size_t ahead)
{
	return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : '\0';
}

static bool more(const struct lex *l)
{
	return l->at < l->text.n;
}

static void step(struct lex *l)
{
	if (at(l, 0) == '\n')
		l->line++;
	l->at++;
}

static void skip_line(struct lex *l)
{
	while (more(l) && at(l, 0) != '\n')
		l->at++;
}

/* Behind a C comment; false: it has no end. */
static bool skip_comment(struct lex *l)
{
	l->at += 2;
	while (more(l)) {
		if (at(l, 0) == '*' && at(l, 1) == '/') {
			l->at += 2;
			return true;
		}
		step(l);
	}
	return false;
}

/* An escape that begins at the backslash: NULL, or what is wrong with it. */
static const char *escape(struct lex *l)
{
	unsigned v = 0, digits = 0;

	step(l);
	if (at(l, 0) == 'x' && ch_hex(at(l, 1)) >= 0) {
		l->at++;
		for (; digits < 2 && ch_hex(at(l, 0)) >= 0; digits++, l->at++)
			v = v * 16 + (unsigned)ch_hex(at(l, 0));
		return v ? NULL : "a NUL in a string";
	}
	if (!ch_digit(at(l, 0))) {
		step(l);
		return NULL;
	}
	for (; ch_digit(at(l, 0)); digits++, l->at++)
		v = digits < 4 && at(l, 0) < '8' ? v * 8 + (unsigned)(at(l, 0) - '0') : 0x1000;
	if (digits > 3 || v > 0xff)
		return "an escape that is no octal number up to \\377";
	return v ? NULL : "a NUL in a string";
}

/* ${NAME} of the environment: NULL, or what is wrong with it. */
static const char *variable(struct lex *l)
{
	while (more(l) && at(l, 0) != '}' && at(l, 0) != '\n' && at(l, 0) != '"')
		l->at++;
	if (at(l, 0) != '}')
		return "a ${ without its } on the line";
	l->at++;
	return NULL;
}

static const char *double_quoted(struct lex *l)
{
	const char *why = NULL, *bad;

	l->at++;
	while (more(l) && at(l, 0) != '"') {
		bad = NULL;
		if (at(l, 0) == '\\')
			bad = escape(l);
		else if (at(l, 0) == '$' && at(l, 1) == '{')
			bad = variable(l);
		else
			step(l);
		why = why ? why : bad;
	}
	if (!more(l))
		return "a string without its closing \"";
	l->at++;
	return why;
}

static const char *single_quoted(struct lex *l)
{
	l->at++;
	while (more(l) && at(l, 0) != '\'') {
		if (at(l, 0) == '\\')
			step(l);
		if (more(l))
			step(l);
	}
	if (!more(l))
		return "a string without its closing '";
	l->at++;
	return NULL;
}

static bool plain(const struct lex *l)
{
	char c = at(l, 0);

	if (!more(l) || memchr(" #\"'\t\n\r={}()+,*", c, 16))
		return false;
	return c != '/' || (at(l, 1) != '/' && at(l, 1) != '*');
}

static const char *word(struct lex *l)
{
	char c = at(l, 0);

	if (c == '"')
		return double_quoted(l);
	if (c == '\'')
		return single_quoted(l);
	if (c == '$' && at(l, 1) == '{')
		return variable(l);
	if (!plain(l)) {
		l->at++;
		return "a sign that must be inside quotes";
	}
	while (plain(l) && !(at(l, 0) == '$' && at(l, 1) == '{'))
		l->at++;
	/* http://example.com would be "http:" and a comment. */
	return at(l, 0) == '/' ? "a comment within a word, which needs quotes" : NULL;
}

/* White space and comments; false: a C comment without its end. */
static bool skip_blank(struct lex *l)
{
	while (more(l)) {
		char c = at(l, 0), d = at(l, 1);
		if (ch_fws(c))
			step(l);
		else if (c == '#' || (c == '/' && d == '/'))
			skip_line(l);
		else if (c == '/' && d == '*') {
			if (!skip_comment(l))
				return false;
		} else
			break;
	}
	return true;
}

struct tok lex_next(struct lex *l)
{
	size_t from = l->at;
	struct tok t = { .line = l->line };

	if (!skip_blank(l)) {
		t.kind = LEX_BAD;
		t.why = "a comment without its closing */";
		t.raw = str_sub(l->text, from, 0);
		return t;
	}
	from = l->at;
	t.line = l->line;
	if (!more(l)) {
		t.kind = LEX_END;
	} else if (memchr("{}()=,", at(l, 0), 6)) {
		t.kind = LEX_SIGN;
		t.sign = at(l, 0);
		l->at++;
	} else if (at(l, 0) == '+' && at(l, 1) == '=') {
		t.kind = LEX_SIGN;
		t.sign = '+';
		l->at += 2;
	} else {
		t.why = word(l);
		t.kind = t.why ? LEX_BAD : LEX_WORD;
	}
	t.raw = str_sub(l->text, from, l->at - from);
	return t;
}

struct str lex_bare(struct str raw)
{
	if (raw.n >= 2 && (raw.p[0] == '"' || raw.p[0] == '\'') && raw.p[raw.n - 1] == raw.p[0])
		return str_sub(raw, 1, raw.n - 2);
	return raw;
}
