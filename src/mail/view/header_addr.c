/* Addresses and names out of a field, as leniently as SpamAssassin reads them (RFC 5322 3.4). */
#include "mail/view/header_priv.h"

#include "base/buf.h"

static bool plain_mail_char(char c)
{
	return !view_space(c) && !strchr("<>()[],:;", c ? c : 'x');
}

/* Octets of a quoted string at s.p[at], quotes counted; 0: none, or it does not end. */
static size_t quoted_at(struct str s, size_t at)
{
	size_t i = at + 1;

	if (at >= s.n || s.p[at] != '"')
		return 0;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 - at : 0;
}

/* Octets of user@domain at s.p[at]; 0: none. */
static size_t mail_at(struct str s, size_t at)
{
	size_t i = at + quoted_at(s, at), from;

	if (i == at || i >= s.n || s.p[i] != '@')
		for (i = at; i < s.n && s.p[i] != '@' && plain_mail_char(s.p[i]); i++)
			continue;
	if (i == at || i >= s.n || s.p[i] != '@')
		return 0;
	from = ++i;
	if (i < s.n && s.p[i] == '[') {
		for (i++; i < s.n && (ch_digit(s.p[i]) || s.p[i] == ':' || s.p[i] == '.'); i++)
			continue;
		return i > from + 1 && i < s.n && s.p[i] == ']' ? i + 1 - at : 0;
	}
	while (i < s.n && s.p[i] != '"' && plain_mail_char(s.p[i]))
		i++;
	return i > from ? i - at : 0;
}

static bool mail_is(struct str s)
{
	return s.n && mail_at(s, 0) == s.n;
}

static size_t skip_space(struct str s, size_t at)
{
	while (at < s.n && view_space(s.p[at]))
		at++;
	return at;
}

/* Octets of a run of quoted strings and other text up to one of ",;<". */
static size_t phrase_at(struct str s, size_t at)
{
	size_t i = at, n;

	while (i < s.n && !strchr(",;<", s.p[i] ? s.p[i] : 'x')) {
		n = s.p[i] == '"' ? quoted_at(s, i) : 1;
		if (!n)
			break;
		i += n;
	}
	return i - at;
}

/* Octets of a comment with its parentheses; comments do not nest here. */
static size_t comment_at(struct str s, size_t at)
{
	size_t i = at + 1;

	if (at >= s.n || s.p[at] != '(')
		return 0;
	while (i < s.n && s.p[i] != '(' && s.p[i] != ')')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n && s.p[i] == ')' ? i + 1 - at : 0;
}

/* A comma, a semicolon or the end, with a comment in front of it: where what follows begins;
 * SIZE_MAX: none here. */
static size_t end_at(struct str s, size_t at, struct str *comment)
{
	size_t i = skip_space(s, at), n = comment_at(s, i);

	*comment = n ? str_sub(s, i + 1, n - 2) : STR_NULL;
	i = skip_space(s, i + n);
	if (i >= s.n)
		return s.n;
	return s.p[i] == ',' || s.p[i] == ';' ? i + 1 : SIZE_MAX;
}

/* The same after any number of further "<...>". */
static size_t end_after_angles(struct str s, size_t at, struct str *comment)
{
	size_t end = end_at(s, at, comment), i, close;

	for (size_t k = 0; end == SIZE_MAX && k < VIEW_MAX_ENDS; k++) {
		i = skip_space(s, at);
		if (i >= s.n || s.p[i] != '<')
			break;
		i = skip_space(s, i + 1);
		i += quoted_at(s, i);
		close = SIZE_MAX;
		for (; i < s.n && !view_space(s.p[i]); i++)
			close = s.p[i] == '>' ? i : close;
		i = skip_space(s, i);
		if (i < s.n && s.p[i] == '>')
			close = i;
		if (close == SIZE_MAX)
			break;
		at = close + 1;
		end = end_at(s, at, comment);
	}
	return end;
}

/* One element of a field. */
struct element {
	struct str phrase, address, comment;
	bool angle;
	size_t next; /* where the one after it begins */
};

static bool angle_ends(struct str s, size_t from, size_t end, struct element *e)
{
	size_t close = skip_space(s, end);

	if (close >= s.n || s.p[close] != '>')
		return false;
	e->next = end_after_angles(s, close + 1, &e->comment);
	e->address = str_sub(s, from, end - from);
	return e->next != SIZE_MAX;
}

/* "<address>" at s.p[at]: it ends at the last ">" of its word after which the element can end. */
static bool read_angle(struct str s, size_t at, struct element *e)
{
	size_t from = skip_space(s, at + 1), stop = from, end, tries = 0;

	while (stop < s.n && s.p[stop] != '>' && s.p[stop] != '@')
		stop++;
	for (end = stop; end < s.n && !view_space(s.p[end]); end++)
		continue;
	e->angle = true;
	for (; end > stop && tries < VIEW_MAX_ENDS; end--) {
		if (end < s.n && s.p[end] != '>' && !view_space(s.p[end]))
			continue;
		tries++;
		if (angle_ends(s, from, end, e))
			return true;
	}
	for (end = stop; end > from && view_space(s.p[end - 1]); end--)
		continue;
	return angle_ends(s, from, end, e);
}

static bool read_at(struct str s, size_t at, struct element *e)
{
	size_t n = phrase_at(s, at), i = at + n;

	*e = (struct element){ 0 };
	if (n && i < s.n && s.p[i] == '<' && read_angle(s, i, e)) {
		e->phrase = str_sub(s, at, n);
		return true;
	}
	*e = (struct element){ 0 };
	if (at < s.n && s.p[at] == '<')
		return read_angle(s, at, e);
	n = mail_at(s, at);
	e->next = n ? end_at(s, at + n, &e->comment) : SIZE_MAX;
	if (e->next != SIZE_MAX) {
		e->address = str_sub(s, at, n);
		return true;
	}
	n = phrase_at(s, at);
	e->phrase = str_sub(s, at, n);
	e->next = n ? end_at(s, at + n, &e->comment) : SIZE_MAX;
	return e->next != SIZE_MAX;
}

static bool read_element(struct str s, size_t at, struct element *e)
{
	size_t from = skip_space(s, at);

	return read_at(s, from, e) || (from > at && read_at(s, from - 1, e));
}

/* Without comments. */
static struct str strip_comments(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };
	size_t n;

	if (!s.p || str_chr(s, '(') == SIZE_MAX)
		return s;
	for (size_t i = 0; i < s.n; i += n ? n : 1) {
		n = comment_at(s, i);
		if (!n)
			buf_addc(&out, s.p[i]);
	}
	return buf_str(&out);
}

/* Quotes and their backslashes undone, comments outside them left out. */
static struct str tidy_phrase(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };

	if (!s.p || (str_chr(s, '"') == SIZE_MAX && str_chr(s, '(') == SIZE_MAX))
		return s;
	for (size_t i = 0, n; i < s.n; i += n) {
		n = quoted_at(s, i);
		if (n) {
			for (size_t k = i + 1; k < i + n - 1; k++)
				if (s.p[k] != '\\')
					buf_addc(&out, s.p[k]);
			continue;
		}
		for (n = 0; i + n < s.n && s.p[i + n] != '"'; n++)
			continue;
		buf_add(&out, strip_comments(a, str_sub(s, i, n)));
		n = n ? n : 1;
	}
	return buf_str(&out);
}

static bool odd_quotes(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '"';
	return n == 1 || str_starts(s, STR("\"\"@"));
}

/* "a@b@c" is taken as "a@b". */
static struct str cut_second_at(struct str s)
{
	size_t one = str_chr(s, '@'), two;

	if (one == SIZE_MAX)
		return s;
	two = str_chr(str_skip(s, one + 1), '@');
	return two == SIZE_MAX ? s : str_sub(s, 0, one + 1 + two);
}

static struct str host_part(struct str s)
{
	str_cut(&s, '@');
	return str_cut(&s, '@');
}

static struct view_addr finish(struct arena *a, const struct element *e)
{
	struct view_addr r = { tidy_phrase(a, e->phrase), e->address };

	if (e->angle) {
		r.address = strip_comments(a, r.address);
		if (!mail_is(r.address))
			r.address = STR_NULL;
	}
	if (r.address.p && odd_quotes(r.address))
		r.address = STR_NULL;
	if (r.phrase.p && !r.address.p && mail_is(r.phrase) && !odd_quotes(r.phrase) &&
	    view_fqdn_valid(host_part(r.phrase))) {
		r.address = r.phrase;
		r.phrase = STR_NULL;
	} else if (!r.phrase.n || (r.address.p && str_eq(r.phrase, r.address))) {
		r.phrase = STR_NULL;
	}
	if (!r.phrase.p)
		r.phrase = e->comment;
	if (r.address.p)
		r.address = cut_second_at(r.address);
	return r;
}

/* "Group: a, b;" is its members; a pair of backslashes is nothing. */
static struct str prepare(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };
	size_t colon = SIZE_MAX, i;

	while (s.n && view_space(s.p[s.n - 1]))
		s.n--;
	if (str_find(s, STR("\\\\")) != SIZE_MAX) {
		for (i = 0; i < s.n; i++)
			if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '\\')
				i++;
			else
				buf_addc(&out, s.p[i]);
		s = buf_str(&out);
	}
	for (i = 0; i < s.n && !strchr("\"()<>", s.p[i] ? s.p[i] : 'x'); i++)
		if (s.p[i] == ':' && i)
			colon = i;
	if (colon == SIZE_MAX)
		return s;
	s = str_skip(s, skip_space(s, colon + 1));
	return s.n && s.p[0] == ';' ? STR("") : s;
}

struct view_addr *view_addresses(struct arena *a, struct str raw, size_t *n)
{
	VEC(struct view_addr) v = { 0 };
	struct str s = prepare(a, raw);
	struct element e;
	size_t at = 0, len;

	while (at < s.n && v.n < VIEW_MAX_ADDRS && read_element(s, at, &e)) {
		VEC_PUSH(a, v) = finish(a, &e);
		at = e.next;
	}
	s = str_skip(s, at);
	for (size_t i = 0; i < s.n && v.n < VIEW_MAX_ADDRS; i++) {
		len = s.p[i] == '<' ? mail_at(s, i + 1) : 0;
		if (!len || i + 1 + len >= s.n || s.p[i + 1 + len] != '>' ||
		    odd_quotes(str_sub(s, i + 1, len)))
			continue;
		VEC_PUSH(a, v) =
			(struct view_addr){ STR_NULL, cut_second_at(str_sub(s, i + 1, len)) };
		i += len + 1;
	}
	*n = v.n;
	return v.p;
}
