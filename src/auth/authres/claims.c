/*
 * Whether a field from outside claims to be ours, whoever may read it.
 *
 * Most fields are clean: an id of plain characters, perhaps in quotes, perhaps with comments around
 * it, then ";". All readers agree on those, and the id is ours or it is not. In any other, readers
 * may disagree about where the id begins and ends, so there it is a claim if ours is in it
 * anywhere; and where not even its text can be agreed upon (control characters, what does not end,
 * encodings), it is a claim in any case.
 */
#include "auth/authres/authres.h"
#include "mail/domain.h"

struct claim {
	struct arena *arena;
	struct str id;	    /* ours, in domain_read form where it is a domain, else as it is */
	struct str unicode; /* the same with U-labels */
	bool is_domain;
};

/* The part of a field before its methods. */
struct head {
	struct str text; /* all of it, comments included */
	struct str id;	 /* what is not white space or a comment: the first word of it */
	bool quoted;	 /* that word was in quotes */
	bool clean;	 /* all readers agree on it */
	bool broken;	 /* nobody can agree on it */
	bool tricky;	 /* readers may disagree about where it ends */
};

static bool is_plain_char(char c)
{
	return (c & 0x80) || ch_alnum(c) || c == '-' || c == '.' || c == '_';
}

/* ---- comparison ---- */

static struct str without_dots(struct str s)
{
	while (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static bool is_ours(const struct claim *c, struct str id)
{
	struct str d;

	id = without_dots(id);
	if (str_ieq(id, c->id) || str_ieq(id, c->unicode))
		return true;
	d = domain_read(c->arena, id, DOMAIN_UNDERSCORE);
	return c->is_domain && d.p && str_eq(d, c->id);
}

/* Whether the word is in s as a name of its own: not as a part of a longer name. */
static bool has_word(struct str s, struct str word)
{
	for (size_t i = 0; word.n && i + word.n <= s.n; i++) {
		struct str after = str_skip(s, i + word.n);

		if (!str_ieq(str_sub(s, i, word.n), word))
			continue;
		if (i && is_plain_char(s.p[i - 1]))
			continue;
		while (after.n && after.p[0] == '.')
			after = str_skip(after, 1);
		if (!after.n || !is_plain_char(after.p[0]))
			return true;
	}
	return false;
}

/* s without white space, quotes, backslashes and comments, as some readers join it. */
static struct str squeeze(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	size_t depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '(')
			depth++;
		else if (c == ')')
			depth -= depth > 0;
		else if (!depth && (unsigned char)c > ' ' && c != '"' && c != '\\' && c != 0x7f)
			buf_addc(&b, c);
	}
	return buf_str(&b);
}

/* s without backslashes and control characters. */
static struct str unescape(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\\' &&
		    (ch_fws(s.p[i]) || ((unsigned char)s.p[i] > 31 && s.p[i] != 0x7f)))
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

/* Ours is in s, however it is read. */
static bool is_in(const struct claim *c, struct str s)
{
	struct str joined = squeeze(c->arena, s), plain = unescape(c->arena, s);

	return c->id.n && (has_word(plain, c->id) || has_word(plain, c->unicode) ||
			   str_ifind(joined, c->id) || str_ifind(joined, c->unicode));
}

/* ---- the head ---- */

/* Past a comment; what makes readers disagree about its end is noted. */
static size_t skip_comment(struct head *h, struct str s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\\' || c == '"')
			h->tricky = true;
		if (c == '\\')
			i++;
		else if (c == '(' && depth++)
			h->tricky = true;
		else if (c == ')' && --depth == 0)
			return i + 1;
	}
	h->broken = true;
	return s.n;
}

/* Past a quoted string; its inside is the id if it is the first word. */
static size_t skip_quoted(struct head *h, struct str s, size_t i)
{
	size_t start = ++i;

	for (; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] != '\\')
			continue;
		h->tricky = true;
		i++;
	}
	if (i >= s.n) {
		h->broken = true;
		return s.n;
	}
	if (!h->id.p) {
		h->id = str_sub(s, start, i - start);
		h->quoted = true;
	}
	return i + 1;
}

static size_t skip_word(struct head *h, struct str s, size_t i)
{
	size_t start = i;

	while (i < s.n && !ch_fws(s.p[i]) && str_chr(STR("(\";"), s.p[i]) == SIZE_MAX)
		i++;
	if (!h->id.p)
		h->id = str_sub(s, start, i - start);
	return i;
}

/* What no two readers need agree on: controls, encoded words, percent escapes, what is not text. */
static bool is_broken_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && !ch_fws(s.p[i])) || c == 0x7f || c == '%')
			return true;
	}
	return str_find(s, STR("=?")) != SIZE_MAX;
}

/* A version: digits only. */
static bool is_version(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit(s.p[i]))
			return false;
	return true;
}

static bool is_plain_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_plain_char(s.p[i]))
			return false;
	return s.n > 0;
}

static struct head read_head(struct str s)
{
	struct head h = { 0 };
	size_t i = 0, words = 0;
	bool more = false; /* after the id something else than a version */

	while (i < s.n && s.p[i] != ';') {
		size_t start = i;

		if (ch_fws(s.p[i])) {
			i++;
		} else if (s.p[i] == '(') {
			i = skip_comment(&h, s, i);
		} else {
			i = s.p[i] == '"' ? skip_quoted(&h, s, i) : skip_word(&h, s, i);
			words++;
			more = more || words > 2 ||
			       (words == 2 && (!ch_fws(s.p[start - 1]) && s.p[start - 1] != ')')) ||
			       (words == 2 && !is_version(str_sub(s, start, i - start)));
		}
	}
	h.text = str_sub(s, 0, i);
	h.broken = h.broken || !h.id.n || is_broken_text(h.text);
	h.clean = !h.broken && !h.tricky && !more && is_plain_word(h.id);
	return h;
}

/* A line end that is none by the rules, or a NUL: where the field itself may end for some. */
static bool has_false_end(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool cr = s.p[i] == '\r';

		if (cr)
			i++;
		if (i == s.n || s.p[i] == '\0' || (cr && s.p[i] != '\n'))
			return true;
		if (s.p[i] == '\n' && (i + 1 == s.n || !ch_wsp(s.p[i + 1])))
			return true;
	}
	return false;
}

bool authres_claims(struct arena *a, struct str value, struct str our_id)
{
	struct claim c = { .arena = a, .id = without_dots(str_trim(our_id)) };
	struct str d = domain_read(a, c.id, DOMAIN_UNDERSCORE);
	struct head h = read_head(value);

	c.is_domain = d.p != NULL;
	if (d.p)
		c.id = d;
	c.unicode = d.p ? domain_unicode(a, d) : c.id;
	if (h.broken)
		return true;
	if (has_false_end(value) && is_in(&c, value))
		return true;
	if (h.clean && str_ascii(h.id))
		return is_ours(&c, h.id);
	if (h.clean)
		return is_ours(&c, h.id) ||
		       !domain_read(a, without_dots(h.id), DOMAIN_UNDERSCORE).p;
	if (!str_ascii(h.text))
		return true;
	return is_in(&c, h.tricky ? value : h.text);
}
