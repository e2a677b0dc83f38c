/* HTML to tokens as HTML::Parser 3.8 makes them, which is not what browsers or WHATWG do: where a
 * comment ends, what an unclosed quote swallows, marked sections. */
#include "mail/view/sahtml.h"

struct sahtml_raw {
	const char *name;
	bool references; /* of characters are undone inside */
	bool to_end;	 /* when it is not closed, the rest is text */
};

static const struct sahtml_raw raw_elements[] = {
	{ "script", false, false }, { "style", false, false },	  { "xmp", false, true },
	{ "iframe", false, true },  { "plaintext", false, true }, { "title", true, false },
	{ "textarea", true, true },
};

enum step { STEP_TOKEN, STEP_AGAIN, STEP_MORE }; /* MORE: the input ends before it is decided */

static bool space(char c)
{
	return ch_fws(c) || c == '\f' || c == '\v';
}

static char at(const struct sahtml_lexer *l, size_t i)
{
	return i < l->in.n ? l->in.p[i] : '\0';
}

static size_t skip_space(const struct sahtml_lexer *l, size_t i)
{
	while (i < l->in.n && space(l->in.p[i]))
		i++;
	return i;
}

static size_t find(const struct sahtml_lexer *l, size_t i, char c)
{
	size_t n = str_chr(str_skip(l->in, i), c);

	return n == SIZE_MAX ? l->in.n : i + n;
}

/* The first ">" outside quotes that begin after a space or "=". */
static size_t find_gt(const struct sahtml_lexer *l, size_t i)
{
	char quote = '\0', before = ' ';

	for (; i < l->in.n; i++) {
		char c = l->in.p[i];

		if (!quote && c == '>')
			return i;
		if (c == '"' || c == '\'') {
			if (c == quote)
				quote = '\0';
			else if (!quote && (before == ' ' || before == '='))
				quote = c;
		}
		before = c;
	}
	return i;
}

static enum sahtml_section section(const struct sahtml_lexer *l)
{
	return l->nsections ? l->section[l->nsections - 1] : SAHTML_PLAIN;
}

/* [from, to) is a token of that kind. */
static void fill(struct sahtml_lexer *l, struct sahtml_token *t, enum sahtml_kind kind, size_t from,
		 size_t to)
{
	*t = (struct sahtml_token){ .kind = kind, .text = str_of(l->in.p + from, to - from) };
	t->ignored = section(l) == SAHTML_IGNORE;
	if (kind == SAHTML_TEXT)
		t->literal = (l->raw && !l->raw->references) || section(l) == SAHTML_CDATA;
	l->at = l->from = to;
}

/* ---- tags ---- */

/* One attribute at i of in; returns where it ends, SIZE_MAX when the text ends before. */
static size_t read_attr(struct str in, size_t i, struct sahtml_attr *a)
{
	size_t from = i++;

	while (i < in.n && !space(in.p[i]) && in.p[i] != '=' && in.p[i] != '>')
		i++;
	a->name = a->value = str_sub(in, from, i - from);
	while (i < in.n && space(in.p[i]))
		i++;
	if (i == in.n || in.p[i] != '=')
		return i == in.n ? SIZE_MAX : i;
	for (i++; i < in.n && space(in.p[i]);)
		i++;
	if (i == in.n)
		return SIZE_MAX;
	from = i;
	if (in.p[i] == '"' || in.p[i] == '\'') {
		size_t n = str_chr(str_skip(in, i + 1), in.p[i]);

		if (n == SIZE_MAX)
			return SIZE_MAX;
		a->value = str_sub(in, i + 1, n);
		i += n + 2;
	} else {
		while (i < in.n && !space(in.p[i]) && in.p[i] != '>')
			i++;
		a->value = str_sub(in, from, i - from);
	}
	while (i < in.n && space(in.p[i]))
		i++;
	return i == in.n ? SIZE_MAX : i;
}

bool sahtml_attr_next(struct str *attrs, struct sahtml_attr *attr)
{
	size_t end;

	if (attrs->n < 2) /* the ">" */
		return false;
	end = read_attr(*attrs, 0, attr);
	*attrs = str_skip(*attrs, end);
	return true;
}

static enum step start_tag(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t from = l->from, i = from + 1, name_end, attrs;
	struct sahtml_attr a;
	struct str name;

	while (i < l->in.n && !space(l->in.p[i]) && l->in.p[i] != '>')
		i++;
	name_end = i;
	attrs = i = skip_space(l, i);
	while (i < l->in.n && l->in.p[i] != '>')
		i = read_attr(l->in, i, &a);
	if (i >= l->in.n)
		return STEP_MORE;
	name = str_of(l->in.p + from + 1, name_end - from - 1);
	fill(l, t, SAHTML_START, from, i + 1);
	t->name = name;
	t->attrs = str_of(l->in.p + attrs, i + 1 - attrs);
	for (size_t r = 0; r < sizeof raw_elements / sizeof *raw_elements; r++)
		if (str_ieq(name, str_c(raw_elements[r].name)))
			l->raw = &raw_elements[r];
	return STEP_TOKEN;
}

static enum step end_tag(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t from = l->from, i = from + 2, name = i, end;

	while (i < l->in.n && !space(l->in.p[i]) && l->in.p[i] != '>')
		i++;
	end = find_gt(l, i);
	if (end == l->in.n)
		return STEP_MORE;
	if (i == name) {
		fill(l, t, SAHTML_COMMENT, from, end + 1);
		return STEP_TOKEN;
	}
	fill(l, t, SAHTML_END, from, end + 1);
	t->name = str_of(l->in.p + name, i - name);
	return STEP_TOKEN;
}

/* ---- <! and <? ---- */

static enum step to_gt(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t end = find(l, l->from + 2, '>');

	if (end == l->in.n)
		return STEP_MORE;
	fill(l, t, SAHTML_COMMENT, l->from, end + 1);
	return STEP_TOKEN;
}

static enum step comment(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t from = l->from, i = from + 4, end;

	if (l->short_comments) {
		end = find(l, i, '>');
		if (end == l->in.n)
			return STEP_MORE;
		fill(l, t, SAHTML_COMMENT, from, end + 1);
		return STEP_TOKEN;
	}
	for (;;) {
		i = find(l, i, '-');
		if (i == l->in.n)
			return STEP_MORE;
		end = i + 1;
		if (at(l, end) == '-') {
			end = skip_space(l, end + 1);
			if (at(l, end) == '>')
				break;
		}
		if (end >= l->in.n)
			return STEP_MORE;
		i++;
	}
	fill(l, t, SAHTML_COMMENT, from, end + 1);
	return STEP_TOKEN;
}

static bool name_octet(char c)
{
	return ch_alnum(c) || c == '_' || c == '.' || c == '-' || c == ':';
}

/* What stands in a declaration at i, behind white space: a quoted text, a comment, a word. Returns
 * where it ends; in.n when the text ends before; 0 when it is none of these. */
static size_t declared(const struct sahtml_lexer *l, size_t i)
{
	char c = at(l, i);

	if (c == '"' || c == '\'') {
		i = find(l, i + 1, c);
		return i < l->in.n ? i + 1 : i;
	}
	if (c == '-') {
		if (i + 1 == l->in.n)
			return l->in.n;
		if (at(l, i + 1) != '-')
			return 0;
		for (i = find(l, i + 2, '-'); i < l->in.n; i = find(l, i + 1, '-'))
			if (at(l, i + 1) == '-')
				return i + 2;
		return l->in.n;
	}
	while (i < l->in.n && !space(l->in.p[i]) && l->in.p[i] != '>')
		i++;
	return i;
}

static enum step declaration(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t i = l->from + 2;
	struct str word;

	while (i < l->in.n && name_octet(l->in.p[i]))
		i++;
	word = str_of(l->in.p + l->from + 2, i - l->from - 2);
	if (!str_ieq(word, STR("doctype")) && !str_ieq(word, STR("entity")))
		return to_gt(l, t);
	for (;;) {
		i = skip_space(l, i);
		if (i == l->in.n)
			return STEP_MORE;
		if (l->in.p[i] == '>')
			break;
		i = declared(l, i);
		if (i == 0)
			return to_gt(l, t);
	}
	fill(l, t, SAHTML_DECLARATION, l->from, i + 1);
	return STEP_TOKEN;
}

static enum sahtml_section section_of(struct str name)
{
	static const struct {
		const char *name;
		enum sahtml_section section;
	} known[] = { { "include", SAHTML_INCLUDE },
		      { "rcdata", SAHTML_RCDATA },
		      { "cdata", SAHTML_CDATA },
		      { "ignore", SAHTML_IGNORE } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_ieq(name, str_c(known[i].name)))
			return known[i].section;
	return SAHTML_PLAIN;
}

/* <![ names [ */
static enum step marked_section(struct sahtml_lexer *l, struct sahtml_token *t)
{
	enum sahtml_section is = section(l), one;
	size_t i = skip_space(l, l->from + 3);

	while (i < l->in.n && (ch_alpha(l->in.p[i]) || l->in.p[i] == '_' || l->in.p[i] == ':')) {
		size_t name = i;

		while (i < l->in.n && name_octet(l->in.p[i]))
			i++;
		one = section_of(str_of(l->in.p + name, i - name));
		is = one > is ? one : is;
		i = skip_space(l, i);
	}
	if (i == l->in.n)
		return STEP_MORE;
	if (l->in.p[i] != '[' || l->nsections == SAHTML_MAX_NESTED)
		return to_gt(l, t);
	l->section[l->nsections++] = is;
	l->at = l->from = i + 1;
	return STEP_AGAIN;
}

static enum step bang(struct sahtml_lexer *l, struct sahtml_token *t)
{
	char c = at(l, l->from + 2);

	if (c == '-') {
		if (l->from + 3 == l->in.n)
			return STEP_MORE;
		return at(l, l->from + 3) == '-' ? comment(l, t) : to_gt(l, t);
	}
	if (c == '[')
		return marked_section(l, t);
	return ch_alpha(c) ? declaration(l, t) : to_gt(l, t);
}

/* A processing instruction is nothing to see. */
static enum step instruction(struct sahtml_lexer *l)
{
	size_t end = find(l, l->from + 2, '>');

	if (end == l->in.n)
		return STEP_MORE;
	l->at = l->from = end + 1;
	return STEP_AGAIN;
}

/* ---- text ---- */

static bool first_of_name(char c)
{
	return ch_alpha(c) || c == '_' || c == ':';
}

static void queue_end(struct sahtml_lexer *l, struct str name)
{
	l->queued = (struct sahtml_token){ .kind = SAHTML_END,
					   .name = name,
					   .ignored = section(l) == SAHTML_IGNORE };
	l->has_queued = true;
}

/* Inside script, title and the like, up to its end tag. */
static enum step raw_text(struct sahtml_lexer *l, struct sahtml_token *t)
{
	struct str name = str_c(l->raw->name);
	bool closes = !str_eq(name, STR("plaintext"));
	size_t i = closes ? l->from : l->in.n, end = 0;

	if (str_eq(name, STR("title")) && l->no_title_after && i >= l->no_title_after)
		return STEP_MORE;
	for (i = find(l, i, '<'); i < l->in.n; i = find(l, i + 1, '<')) {
		if (at(l, i + 1) != '/' || !str_istarts(str_skip(l->in, i + 2), name))
			continue;
		end = skip_space(l, i + 2 + name.n);
		if (at(l, end) == '>')
			break;
	}
	if (i == l->in.n) {
		if (str_eq(name, STR("title")))
			l->no_title_after = l->from;
		return STEP_MORE;
	}
	queue_end(l, name);
	if (i > l->from)
		fill(l, t, SAHTML_TEXT, l->from, i);
	else
		l->has_queued = false, *t = l->queued;
	l->raw = NULL;
	l->at = l->from = end + 1;
	return STEP_TOKEN;
}

static bool closes_section(const struct sahtml_lexer *l, size_t i)
{
	return at(l, i) == ']' && at(l, i + 1) == ']' && at(l, i + 2) == '>';
}

/* The section ends at i; the text before it is a token, if there is any. */
static enum step end_section(struct sahtml_lexer *l, struct sahtml_token *t, size_t i)
{
	bool any = i > l->from;

	if (any)
		fill(l, t, SAHTML_TEXT, l->from, i);
	l->nsections--;
	l->at = l->from = i + 3;
	return any ? STEP_TOKEN : STEP_AGAIN;
}

static enum step character_data(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t i = l->from;

	for (i = find(l, i, ']'); i < l->in.n; i = find(l, i + 1, ']'))
		if (closes_section(l, i))
			return end_section(l, t, i);
	return STEP_MORE;
}

/* Text to the end of the input: its last word waits, since more of it might come. */
static enum step last_text(struct sahtml_lexer *l, struct sahtml_token *t)
{
	size_t i = l->in.n;

	if (!space(l->in.p[i - 1]))
		while (i > l->from && !space(l->in.p[i - 1]))
			i--;
	while (i > l->from && space(l->in.p[i - 1]))
		i--;
	if (i == l->from)
		return STEP_MORE;
	fill(l, t, SAHTML_TEXT, l->from, i);
	l->ended = true; /* nothing but that word is left */
	return STEP_TOKEN;
}

static enum step markup(struct sahtml_lexer *l, struct sahtml_token *t)
{
	char c = at(l, l->from + 1);

	if (l->in.n - l->from < 3)
		return STEP_MORE;
	if (first_of_name(c))
		return start_tag(l, t);
	if (c == '/')
		return end_tag(l, t);
	if (c == '!')
		return bang(l, t);
	if (c == '?')
		return instruction(l);
	l->at = l->from + 1; /* a "<" that is text */
	return STEP_AGAIN;
}

static enum step step(struct sahtml_lexer *l, struct sahtml_token *t)
{
	enum sahtml_section s = section(l);
	size_t i = l->at;

	if (l->raw)
		return raw_text(l, t);
	if (s == SAHTML_CDATA || s == SAHTML_RCDATA)
		return character_data(l, t);
	if (s == SAHTML_PLAIN)
		i = find(l, i, '<');
	for (; i < l->in.n && l->in.p[i] != '<'; i++)
		if (closes_section(l, i))
			return end_section(l, t, i);
	if (i == l->in.n)
		return i > l->from ? last_text(l, t) : STEP_MORE;
	if (i > l->from) {
		fill(l, t, SAHTML_TEXT, l->from, i);
		return STEP_TOKEN;
	}
	return markup(l, t);
}

/* The input is over in the middle of something. */
static enum step at_end(struct sahtml_lexer *l, struct sahtml_token *t)
{
	const struct sahtml_raw *raw = l->raw;
	size_t n = l->in.n - l->from;
	char c = at(l, l->from + 1);

	if (raw && !raw->to_end) {
		l->raw = NULL;
		l->at = l->from;
		if (raw->references) { /* an unclosed title: its inside is markup after all */
			l->pending_end = str_c(raw->name);
			return STEP_AGAIN;
		}
		queue_end(l, str_c(raw->name));
		l->raw = raw;
		if (n)
			fill(l, t, SAHTML_TEXT, l->from, l->in.n);
		else
			l->has_queued = false, *t = l->queued;
		l->raw = NULL;
		return STEP_TOKEN;
	}
	if (!raw && !l->short_comments && n && l->in.p[l->from] == '<') {
		l->short_comments = true;
		l->at = l->from;
		return STEP_AGAIN;
	}
	l->ended = true;
	if (!n)
		return STEP_MORE;
	if (!raw && l->in.p[l->from] == '<' &&
	    (n == 1 || first_of_name(c) || c == '!' || c == '/' || c == '?'))
		fill(l, t, SAHTML_COMMENT, l->from, l->in.n);
	else
		fill(l, t, SAHTML_TEXT, l->from, l->in.n);
	return STEP_TOKEN;
}

static bool next(struct sahtml_lexer *l, struct sahtml_token *t)
{
	enum step s;

	if (l->has_queued) {
		*t = l->queued;
		l->has_queued = false;
		return true;
	}
	do {
		s = l->ended ? STEP_MORE : step(l, t);
		if (s == STEP_MORE && (!l->ended || l->from < l->in.n))
			s = at_end(l, t);
	} while (s == STEP_AGAIN);
	return s == STEP_TOKEN;
}

bool sahtml_next(struct sahtml_lexer *l, struct sahtml_token *t)
{
	do {
		bool any = next(l, t);

		if (l->pending_end.p &&
		    (!any || (t->kind != SAHTML_TEXT && t->kind != SAHTML_COMMENT))) {
			struct str name = l->pending_end;

			l->pending_end = STR_NULL;
			if (any) {
				l->queued = *t;
				l->has_queued = true;
			}
			*t = (struct sahtml_token){ .kind = SAHTML_END, .name = name };
			return true;
		}
		if (!any)
			return false;
	} while (t->ignored);
	return true;
}
