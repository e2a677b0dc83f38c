/* The tokenizer of HTML: the states of WHATWG HTML 13.2.5 without the tree, over one text. */
#include "mail/html/html.h"

/* What ends a name or a value that is not quoted. */
enum ends { END_TAG_NAME = 1, END_ATTR_NAME = 2, END_VALUE = 4, BLANK = 8 };

#define ALL_ENDS (END_TAG_NAME | END_ATTR_NAME | END_VALUE)

static const unsigned char class_of[256] = {
	['\t'] = ALL_ENDS | BLANK, ['\n'] = ALL_ENDS | BLANK, ['\f'] = ALL_ENDS | BLANK,
	['\r'] = ALL_ENDS | BLANK, [' '] = ALL_ENDS | BLANK,  ['/'] = END_TAG_NAME | END_ATTR_NAME,
	['='] = END_ATTR_NAME,	   ['>'] = ALL_ENDS,
};

static bool is(char c, unsigned what)
{
	return (class_of[(unsigned char)c] & what) != 0;
}

/* From at to the first octet of the class, or the end. */
static size_t run(struct str in, size_t at, unsigned until)
{
	while (at < in.n && !is(in.p[at], until))
		at++;
	return at;
}

static size_t blanks(struct str in, size_t at)
{
	while (at < in.n && is(in.p[at], BLANK))
		at++;
	return at;
}

/* From at to the first c, or the end. */
static size_t until(struct str in, size_t at, char c)
{
	const char *p = at < in.n ? memchr(in.p + at, c, in.n - at) : NULL;

	return p ? (size_t)(p - in.p) : in.n;
}

static struct str between(struct str in, size_t from, size_t to)
{
	return str_of(in.p + from, to - from);
}

/* ---- elements whose content is no markup (13.2.5.2 to 5, 13.2.6.2) ---- */

static bool holds_text(struct str name)
{
	static const struct str names[] = {
		STR("xmp"),	STR("style"),	 STR("title"),	  STR("script"),    STR("iframe"),
		STR("noembed"), STR("textarea"), STR("noframes"), STR("plaintext"),
	};

	if (name.n < 3 || name.n > 9)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].n == name.n && ch_lower(name.p[0]) == names[i].p[0] &&
		    str_ieq(names[i], name))
			return true;
	return false;
}

/* At at stands a "<": does the name come behind it (and a slash, if end), and then an end of it? */
static bool tag_at(struct str in, size_t at, bool end, struct str name)
{
	size_t to = at + 1 + end + name.n;

	return to < in.n && (!end || in.p[at + 1] == '/') && is(in.p[to], END_TAG_NAME) &&
	       str_ieq(str_sub(in, at + 1 + end, name.n), name);
}

/* Where the end tag of raw text stands. */
static size_t raw_end(struct str in, size_t at, struct str name)
{
	for (; at < in.n; at++) {
		at = until(in, at, '<');
		if (at < in.n && tag_at(in, at, true, name))
			return at;
	}
	return in.n;
}

/* The end of a script: not within "<!-- <script> ... </script> -->" (13.2.5.17 to 31). */
static size_t script_end(struct str in, size_t at)
{
	enum { PLAIN, ESCAPED, DOUBLE } state = PLAIN;
	size_t dashes = 0; /* in front of at */
	struct str name = STR("script");

	for (; at < in.n; at++) {
		char c = in.p[at];

		if (c == '>' && dashes >= 2)
			state = PLAIN;
		if (c == '<' && state != DOUBLE && tag_at(in, at, true, name))
			return at;
		if (c == '<' && state == DOUBLE && tag_at(in, at, true, name))
			state = ESCAPED;
		else if (c == '<' && state == ESCAPED && tag_at(in, at, false, name))
			state = DOUBLE;
		else if (c == '<' && state == PLAIN && str_starts(str_skip(in, at), STR("<!--"))) {
			state = ESCAPED;
			at += 3;
			dashes = 2;
			continue;
		}
		dashes = c == '-' ? dashes + 1 : 0;
		if (state == PLAIN)
			at = until(in, at + 1, '<') - 1;
	}
	return in.n;
}

static size_t text_end(struct str in, size_t at, struct str name)
{
	if (str_ieq(name, STR("plaintext")))
		return in.n;
	if (str_ieq(name, STR("script")))
		return script_end(in, at);
	return raw_end(in, at, name);
}

/* ---- comments and declarations ---- */

static void set_end(struct html_lexer *l, struct html_token *t, size_t from, size_t to)
{
	t->raw = between(l->in, from, to);
	l->at = to;
}

/* What is no comment but begins like markup ends at the first ">" (13.2.5.41). */
static void read_bogus(struct html_lexer *l, struct html_token *t, size_t from, size_t inside)
{
	size_t to = until(l->in, inside, '>');

	t->text = between(l->in, inside, to);
	t->unclosed = to == l->in.n;
	set_end(l, t, from, to + !t->unclosed);
}

/* The end of what a comment that the text's end closed holds (13.2.5.51 to 53: eof). */
static size_t comment_tail(struct str in, size_t inside)
{
	static const struct str tails[] = { STR("--!"), STR("--"), STR("-") };

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		if (in.n - inside >= tails[i].n &&
		    memcmp(in.p + in.n - tails[i].n, tails[i].p, tails[i].n) == 0)
			return in.n - tails[i].n;
	return in.n;
}

/* 13.2.5.43 to 52; from is the place of "<!--". */
static void read_comment(struct html_lexer *l, struct html_token *t, size_t from)
{
	struct str in = l->in;
	size_t inside = from + 4, to = inside;

	if (str_starts(str_skip(in, inside), STR(">")) ||
	    str_starts(str_skip(in, inside), STR("->"))) {
		t->text = between(in, inside, inside);
		set_end(l, t, from, inside + 1 + (in.p[inside] == '-'));
		return;
	}
	for (; (to = until(in, to, '>')) < in.n; to++) {
		size_t bang = to > inside && in.p[to - 1] == '!';

		if (to - inside < 2 + bang || memcmp(in.p + to - 2 - bang, "--", 2) != 0)
			continue;
		t->text = between(in, inside, to - 2 - bang);
		set_end(l, t, from, to + 1);
		return;
	}
	t->unclosed = true;
	t->text = between(in, inside, comment_tail(in, inside));
	set_end(l, t, from, in.n);
}

/* A CDATA section of svg or math: its inside is text without references (13.2.5.69 to 71). */
static void read_cdata(struct html_lexer *l, struct html_token *t, size_t from)
{
	struct str in = l->in;
	size_t inside = from + 9, to = inside;

	t->kind = HTML_TEXT;
	t->literal = true;
	for (; (to = until(in, to, '>')) < in.n; to++)
		if (to - inside >= 2 && memcmp(in.p + to - 2, "]]", 2) == 0)
			break;
	t->unclosed = to == in.n;
	t->text = between(in, inside, t->unclosed ? in.n : to - 2);
	set_end(l, t, from, to + !t->unclosed);
}

/* "<!" at from (13.2.5.42). */
static void read_declaration(struct html_lexer *l, struct html_token *t, size_t from)
{
	struct str rest = str_skip(l->in, from + 2);

	t->kind = HTML_COMMENT;
	if (str_starts(rest, STR("--"))) {
		read_comment(l, t, from);
	} else if (l->foreign && str_starts(rest, STR("[CDATA["))) {
		read_cdata(l, t, from);
	} else {
		if (str_istarts(rest, STR("doctype")))
			t->kind = HTML_DECLARATION;
		read_bogus(l, t, from, from + 2);
	}
}

/* ---- tags (13.2.5.8, 32 to 40) ---- */

/* The value behind "=" at *at; false: the text ends in it. */
static bool read_value(struct str in, size_t *at, struct str *value)
{
	size_t from = blanks(in, *at);
	char quote = from < in.n ? in.p[from] : 0;

	if (quote == '"' || quote == '\'') {
		*at = until(in, from + 1, quote);
		*value = between(in, from + 1, *at);
		if (*at == in.n)
			return false;
		++*at;
		return true;
	}
	*at = run(in, from, END_VALUE);
	*value = between(in, from, *at);
	return *at < in.n;
}

/* The attribute whose name begins at *at; false: the text ends in it. */
static bool read_attr(struct str in, size_t *at, struct html_attr *attr)
{
	size_t to = run(in, *at + 1, END_ATTR_NAME), next;

	attr->name = between(in, *at, to);
	attr->value = between(in, to, to);
	attr->has_value = false;
	next = blanks(in, to);
	*at = next;
	if (next < in.n && in.p[next] == '=') {
		attr->has_value = true;
		++*at;
		return read_value(in, at, &attr->value);
	}
	return next < in.n;
}

/* Attributes from at to the end of the tag, which is returned (in.n: it has none). */
static size_t read_attrs(struct str in, size_t at, struct html_token *t)
{
	struct html_attr spare;

	while (at < in.n) {
		struct html_attr *attr = &spare;

		if (is(in.p[at], BLANK)) {
			at++;
			continue;
		}
		if (in.p[at] == '>')
			return at + 1;
		if (in.p[at] == '/') {
			at++;
			t->self_closing = at < in.n && in.p[at] == '>';
			continue;
		}
		if (t->nattrs < HTML_MAX_ATTRS)
			attr = &t->attr[t->nattrs++];
		else
			t->more_attrs = true;
		if (!read_attr(in, &at, attr))
			break;
	}
	t->unclosed = true;
	return in.n;
}

static void read_tag(struct html_lexer *l, struct html_token *t, size_t from, bool end)
{
	size_t name = from + 1 + end, to = run(l->in, name + 1, END_TAG_NAME);

	t->kind = end ? HTML_END : HTML_START;
	t->name = between(l->in, name, to);
	set_end(l, t, from, read_attrs(l->in, to, t));
	if (!end && !t->unclosed && !l->foreign && holds_text(t->name))
		l->raw_until = t->name;
}

/* The markup at from, where can_begin() said yes. */
static void read_markup(struct html_lexer *l, struct html_token *t, size_t from)
{
	char c = l->in.p[from + 1];

	if (ch_alpha(c)) {
		read_tag(l, t, from, false);
		return;
	}
	if (c == '!') {
		read_declaration(l, t, from);
		return;
	}
	if (c == '/' && ch_alpha(l->in.p[from + 2])) {
		read_tag(l, t, from, true);
		return;
	}
	t->kind = HTML_COMMENT;
	read_bogus(l, t, from, from + 1 + (c == '/'));
}

/* Does markup begin with the "<" at at (13.2.5.6 and 7)? */
static bool can_begin(struct str in, size_t at)
{
	char c = at + 1 < in.n ? in.p[at + 1] : 0;

	return ch_alpha(c) || c == '!' || c == '?' || (c == '/' && at + 2 < in.n);
}

static void read_text(struct html_lexer *l, struct html_token *t, size_t from)
{
	size_t to = from;

	do {
		to = until(l->in, to, '<');
		if (to < l->in.n && can_begin(l->in, to))
			break;
	} while (to++ < l->in.n);
	to = to < l->in.n ? to : l->in.n;
	t->kind = HTML_TEXT;
	t->text = between(l->in, from, to);
	set_end(l, t, from, to);
}

/* What stands inside an element whose content is no markup; false: nothing. */
static bool read_raw(struct html_lexer *l, struct html_token *t, size_t from)
{
	size_t to = text_end(l->in, from, l->raw_until);

	l->raw_until = STR_NULL;
	if (to == from)
		return false;
	t->kind = HTML_TEXT;
	t->literal = true;
	t->unclosed = to == l->in.n;
	t->text = between(l->in, from, to);
	set_end(l, t, from, to);
	return true;
}

bool html_next(struct html_lexer *l, struct html_token *t)
{
	size_t from = l->at;

	t->kind = HTML_EOF;
	t->raw = t->name = t->text = STR_NULL;
	t->self_closing = t->literal = t->unclosed = t->more_attrs = false;
	t->nattrs = 0;
	if (from >= l->in.n)
		return false;
	if (l->raw_until.n && read_raw(l, t, from))
		return true;
	if (l->in.p[from] == '<' && can_begin(l->in, from))
		read_markup(l, t, from);
	else
		read_text(l, t, from);
	return true;
}
