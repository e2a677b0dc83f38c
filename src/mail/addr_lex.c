/* Lexical elements of RFC 5322 addresses. */
#include "mail/addr_lex.h"

#include "base/utf8.h"

#include "mail/addr.h"

int lex_peek(const struct lex *l)
{
	return l->fault || l->at >= l->s.n ? -1 : (unsigned char)l->s.p[l->at];
}

bool lex_take(struct lex *l, char c)
{
	if (lex_peek(l) != (unsigned char)c)
		return false;
	l->at++;
	return true;
}

void lex_fail(struct lex *l)
{
	if (!l->fault)
		l->fault_at = l->at;
	l->fault = true;
}

/* Octets of the line end of a fold at i, 0 if there is none. */
static size_t fold_at(struct str s, size_t i)
{
	size_t n = 0;

	if (i + 1 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n')
		n = 2;
	else if (s.p[i] == '\n')
		n = 1;
	return n && i + n < s.n && ch_wsp(s.p[i + n]) ? n : 0;
}

/* Takes one blank or the line end of a fold. */
static bool take_space(struct lex *l)
{
	size_t n;

	if (lex_peek(l) < 0)
		return false;
	n = ch_wsp(l->s.p[l->at]) ? 1 : fold_at(l->s, l->at);
	l->at += n;
	return n != 0;
}

/* Takes a backslash and the octet after it: a quoted-pair (3.2.1). That octet, or -1 and a fault.
 */
static int take_pair(struct lex *l)
{
	int c;

	l->at++;
	c = lex_peek(l);
	if (c < 0 || c == '\r' || c == '\n') {
		lex_fail(l);
		return -1;
	}
	l->at++;
	return c;
}

/* At "(": the comment with all that are nested in it. */
static void comment(struct lex *l)
{
	size_t open = l->at;
	unsigned depth = 0;

	do {
		int c = lex_peek(l);
		if (c < 0) {
			l->at = open;
			lex_fail(l);
		} else if (c == '\\') {
			take_pair(l);
		} else if (c == '\r' || c == '\n') {
			if (!take_space(l))
				lex_fail(l);
		} else {
			l->at++;
			depth += c == '(';
			depth -= c == ')';
		}
		if (depth > ADDR_MAX_COMMENT_DEPTH) {
			l->deep = true;
			lex_fail(l);
		}
	} while (depth && !l->fault);
}

unsigned lex_cfws(struct lex *l)
{
	unsigned gap = 0;

	for (;;) {
		if (take_space(l)) {
			gap |= GAP_SPACE;
		} else if (lex_peek(l) == '(') {
			comment(l);
			gap |= l->fault ? 0u : GAP_COMMENT;
		} else {
			return gap;
		}
	}
}

bool lex_is_atext(int c)
{
	if (c < 0)
		return false;
	if (c > 127 || ch_alnum((char)c))
		return true;
	return c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

void lex_atom(struct lex *l, struct buf *out)
{
	size_t from = l->at;

	while (lex_is_atext(lex_peek(l)))
		l->at++;
	buf_add(out, str_sub(l->s, from, l->at - from));
}

void lex_quoted(struct lex *l, struct buf *out)
{
	size_t open = l->at++;

	while (!l->fault) {
		int c = lex_peek(l);
		if (c < 0) {
			l->at = open;
			lex_fail(l);
		} else if (c == '"') {
			l->at++;
			return;
		} else if (c == '\\') {
			c = take_pair(l);
			if (c >= 0)
				buf_addc(out, (char)c);
		} else if (c == '\r' || c == '\n') {
			if (!take_space(l))
				lex_fail(l);
		} else {
			l->at++;
			buf_addc(out, (char)c);
		}
	}
}

static void take_into(struct lex *l, struct buf *out)
{
	buf_addc(out, l->s.p[l->at++]);
}

void lex_literal(struct lex *l, struct buf *out)
{
	size_t open = l->at++;

	buf_addc(out, '[');
	while (!l->fault) {
		int c = lex_peek(l);
		if (c == '\\') {
			c = take_pair(l);
			if (c >= 0)
				buf_addc(out, (char)c);
		} else if (c < 0) {
			l->at = open;
			lex_fail(l);
		} else if (!take_space(l)) {
			if (c == '[' || c == '\r' || c == '\n')
				lex_fail(l);
			else
				take_into(l, out);
			if (c == ']')
				return;
		}
	}
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t fold = fold_at(s, i);
		if (fold)
			i += fold - 1;
		else if (((unsigned char)s.p[i] < 32 && s.p[i] != '\t') || s.p[i] == 127)
			return true;
	}
	return false;
}

unsigned lex_octet_flags(struct str s)
{
	unsigned flags = has_control(s) ? ADDR_F_CONTROL : 0;

	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 128)
			continue;
		flags |= ADDR_F_8BIT;
		return utf8_valid(s) ? flags : flags | ADDR_F_INVALID_UTF8;
	}
	return flags;
}
