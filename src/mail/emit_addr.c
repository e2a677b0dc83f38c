/* Address fields as Sendmail writes them anew. */
#include "mail/emit.h"

#include "mail/emit_priv.h"

#define WIDTH 78u
#define INDENT 8u
#define MAX_COMMENT_DEPTH 16u

/* Octets that make Sendmail put quotes around a phrase (its option MustQuoteChars, and what it
 * adds). Of those only the first row is foretold; the others have other effects too. */
static bool must_quote(char c)
{
	return c == '.' || c == '\'' || c == '@' || c == '[' || c == ']';
}

static bool strange_in_phrase(char c)
{
	return c == ',' || c == ';' || c == ':' || c == '\\' || c == '(' || c == ')' || c == '<' ||
	       c == '>' || c == '"' || ((unsigned char)c < 32 && !ch_fws(c)) || c == 127;
}

static size_t quoted_end(struct str s, size_t i)
{
	for (i++; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i < s.n ? i + 1 : SIZE_MAX;
}

static size_t comment_end(struct str s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(' && ++depth > MAX_COMMENT_DEPTH)
			return SIZE_MAX;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return SIZE_MAX;
}

/* Behind what begins at i: a quoted string, a comment, or one octet; SIZE_MAX: it does not end. */
static size_t token_end(struct str s, size_t i)
{
	if (s.p[i] == '"')
		return quoted_end(s, i);
	if (s.p[i] == '(')
		return comment_end(s, i);
	return i + 1;
}

/* Index of c outside quotes and comments; s.n: there is none; SIZE_MAX: something does not end. */
static size_t find_outside(struct str s, char c)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != c)
		i = token_end(s, i);
	return i;
}

static struct str trim_fws(struct str s)
{
	while (s.n > 0 && ch_fws(s.p[0]))
		s = str_skip(s, 1);
	while (s.n > 0 && ch_fws(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_local_char(char c)
{
	return ch_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain_char(char c)
{
	return ch_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* Plain local@domain, which is left as it is. A domain without a dot may be a name of the host. */
static bool is_plain_address(struct str s)
{
	size_t at = str_chr(s, '@'), dots = 0;

	if (at == SIZE_MAX || at == 0 || at + 1 == s.n)
		return false;
	for (size_t i = 0; i < at; i++)
		if (!is_local_char(s.p[i]))
			return false;
	for (size_t i = at + 1; i < s.n; i++) {
		if (!is_domain_char(s.p[i]))
			return false;
		dots += s.p[i] == '.';
	}
	return dots > 0 && s.p[s.n - 1] != '.';
}

/* One comment and nothing behind it. */
static bool is_comment(struct str s)
{
	return s.n > 0 && s.p[0] == '(' && comment_end(s, 0) == s.n;
}

enum phrase { PHRASE_KEPT, PHRASE_QUOTED, PHRASE_STRANGE };

static enum phrase phrase_kind(struct str s)
{
	bool special = false, structured = false, strange = false;

	for (size_t i = 0; i < s.n;) {
		size_t end = token_end(s, i);

		if (end == SIZE_MAX)
			return PHRASE_STRANGE;
		if (end > i + 1 || s.p[i] == '"' || s.p[i] == '(') {
			structured = true;
		} else {
			special |= must_quote(s.p[i]);
			strange |= strange_in_phrase(s.p[i]);
		}
		i = end;
	}
	if (strange || (special && structured))
		return PHRASE_STRANGE;
	return special ? PHRASE_QUOTED : PHRASE_KEPT;
}

/* Phrase <address> (comment). */
static bool put_angle(struct buf *out, struct str box, size_t open)
{
	struct str phrase = str_sub(box, 0, open), rest = str_skip(box, open + 1);
	size_t close = str_chr(rest, '>');
	enum phrase kind = phrase_kind(phrase);
	struct str words = trim_fws(phrase);

	if (close == SIZE_MAX || kind == PHRASE_STRANGE ||
	    !is_plain_address(str_sub(rest, 0, close)))
		return false;
	if (close + 1 < rest.n && !is_comment(trim_fws(str_skip(rest, close + 1))))
		return false;
	if (kind == PHRASE_QUOTED) {
		buf_addc(out, '"');
		buf_add(out, words);
		buf_addc(out, '"');
		buf_add(out, str_skip(phrase, words.n)); /* box has no white space in front */
	} else {
		buf_add(out, phrase);
	}
	buf_add(out, str_skip(box, open));
	return true;
}

/* address, or address (comment). */
static bool put_bare(struct buf *out, struct str box)
{
	size_t n = 0;

	while (n < box.n && !ch_fws(box.p[n]) && box.p[n] != '(')
		n++;
	if (!is_plain_address(str_sub(box, 0, n)))
		return false;
	buf_add(out, str_sub(box, 0, n));
	box = trim_fws(str_skip(box, n));
	if (box.n == 0)
		return true;
	buf_addc(out, ' ');
	buf_add(out, box);
	return is_comment(box);
}

static bool put_mailbox(struct buf *out, struct str box)
{
	size_t open = find_outside(box, '<');

	return open < box.n ? put_angle(out, box, open) : put_bare(out, box);
}

/* "undisclosed-recipients:;" and its like, which stay as they are. */
static bool is_empty_group(struct str s)
{
	size_t colon = str_chr(s, ':');

	if (colon == SIZE_MAX || colon == 0 || s.p[s.n - 1] != ';')
		return false;
	for (size_t i = 0; i < colon; i++)
		if (!ch_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != ' ')
			return false;
	for (size_t i = colon + 1; i + 1 < s.n; i++)
		if (s.p[i] != ' ')
			return false;
	return true;
}

/* As Sendmail counts: a fold is one octet for it. */
static size_t width(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] != '\r';
	return n;
}

struct list {
	struct buf out;
	size_t column;
	bool any;
};

static void put_separator(struct list *l, size_t next)
{
	if (!l->any)
		return;
	if (l->column + 2 + next > WIDTH) {
		buf_add(&l->out, STR(",\r\n        "));
		l->column = INDENT;
	} else {
		buf_add(&l->out, STR(", "));
		l->column += 2;
	}
}

static bool put_member(struct list *l, struct str box)
{
	struct buf one = { .arena = l->out.arena };

	if (box.n == 0)
		return true;
	if (!put_mailbox(&one, box) || one.n > EMIT_MAX_MAILBOX)
		return false;
	put_separator(l, width(buf_str(&one)));
	buf_add(&l->out, buf_str(&one));
	l->column += width(buf_str(&one));
	l->any = true;
	return true;
}

/* White space in front of the first address becomes as many blanks; a fold is one. */
static struct str put_leading(struct list *l, struct str value)
{
	while (value.n > 0 && ch_fws(value.p[0])) {
		if (value.p[0] != '\r') {
			buf_addc(&l->out, ' ');
			l->column++;
		}
		value = str_skip(value, 1);
	}
	return value;
}

bool emit_addresses(struct arena *a, struct str name, struct str value, struct str *out)
{
	struct list l = { .out = { .arena = a }, .column = name.n + 1 };
	struct str rest = put_leading(&l, value);

	if (rest.n == 0 || is_empty_group(rest))
		return str_chr(value, '\n') == SIZE_MAX;
	while (rest.n > 0) {
		size_t comma = find_outside(rest, ',');

		if (comma == SIZE_MAX || !put_member(&l, trim_fws(str_sub(rest, 0, comma))))
			return false;
		rest = str_skip(rest, comma + 1);
	}
	*out = buf_str(&l.out);
	return l.any;
}
