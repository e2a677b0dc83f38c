/* Display names, decoded and read again as a careless program would. */
#include "mail/from_display.h"

#include "base/buf.h"
#include "mail/addr.h"
#include "mail/domain.h"

/* Octets of one encoded word (RFC 2047 2 allows 75); a longer one is not looked into, and is taken
 * for misleading. */
#define ENCODED_WORD_MAX 1024u
#define ANGLES_MAX 16u /* addresses in angle brackets; more are misleading by themselves */

struct decoded {
	struct buf text;
	size_t gap;   /* length of text at the end of the last encoded word */
	bool encoded; /* there was one */
	bool cut;     /* it brought NUL or a line end */
	bool unknown; /* it cannot be read here: too long, or a charset that is not like ASCII */
};

/* ---- encoded words ---- */

static void decode_q(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		bool hex = s.p[i] == '=' && i + 2 < s.n && ch_hex(s.p[i + 1]) >= 0 &&
			   ch_hex(s.p[i + 2]) >= 0;
		if (hex)
			buf_addc(out, (char)(ch_hex(s.p[i + 1]) * 16 + ch_hex(s.p[i + 2])));
		else
			buf_addc(out, s.p[i] == '_' ? ' ' : s.p[i]);
		i += hex ? 2 : 0;
	}
}

static void decode_b(struct str s, struct buf *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = ch_base64(s.p[i]);
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_addc(out, (char)(bits >> have & 0xff));
		}
	}
}

static bool begins_with_any(struct str s, const struct str *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_istarts(s, table[i]))
			return true;
	return false;
}

/* Charsets in which ASCII octets may not stand for ASCII characters, nor others for others. */
static bool unlike_ascii(struct str charset)
{
	static const struct str table[] = {
		STR("utf-7"),	  STR("utf7"),	  STR("utf-16"),  STR("utf16"),	 STR("utf-32"),
		STR("utf32"),	  STR("ucs-"),	  STR("unicode"), STR("csucs"),	 STR("csunicode"),
		STR("iso-10646"), STR("x-imap4"), STR("ebcdic"),  STR("cp037"),	 STR("ibm037"),
		STR("ibm-037"),	  STR("cp500"),	  STR("ibm500"),  STR("cp1047"), STR("ibm1047"),
	};

	return begins_with_any(charset, table, sizeof table / sizeof *table);
}

/*
 * 7-bit charsets with two-byte characters: those octets have the values of letters, "<", "@" and
 * the like, but that is not what they are. Only what every decoder of the charset takes for a shift
 * is one, and a blank or control ends it, so that nothing can be hidden behind one.
 */
static const struct shift {
	struct str charset, designator, in, out;
} shifts[] = {
	{ STR("iso-2022-jp"), STR(""), STR("\x1b$B"), STR("\x1b(B") },
	{ STR("iso-2022-jp"), STR(""), STR("\x1b$@"), STR("\x1b(B") },
	{ STR("iso-2022-jp"), STR(""), STR("\x1b$B"), STR("\x1b(J") },
	{ STR("iso-2022-jp"), STR(""), STR("\x1b$@"), STR("\x1b(J") },
	{ STR("iso-2022-kr"), STR("\x1b$)C"), STR("\x0e"), STR("\x0f") },
	{ STR("hz-gb-2312"), STR(""), STR("~{"), STR("~}") },
};

/* The row for a shift into two-byte characters at i, NULL: none. */
static const struct shift *shift_at(struct str charset, struct str t, size_t i)
{
	for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
		const struct shift *s = &shifts[k];

		if (str_istarts(charset, s->charset) && str_starts(t, s->designator) &&
		    str_starts(str_skip(t, i), s->in) &&
		    str_find(str_skip(t, i), s->out) != SIZE_MAX)
			return s;
	}
	return NULL;
}

/* Runs of two-byte characters become one letter each. */
static void drop_two_byte(struct buf *b, size_t from, struct str charset)
{
	struct str t = str_skip(buf_str(b), from);
	size_t n = from;

	for (size_t i = 0; i < t.n;) {
		const struct shift *s = shift_at(charset, t, i);

		if (!s) {
			b->p[n++] = t.p[i++];
			continue;
		}
		for (i += s->in.n; i < t.n && t.p[i] > ' '; i++)
			if (str_starts(str_skip(t, i), s->out))
				break;
		b->p[n++] = 'x';
	}
	b->n = n;
}

/* What decoded octets bring that ends the field for some. */
static bool cuts(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			return true;
	return false;
}

static void take_word(struct decoded *d, struct str charset, char encoding, struct str text)
{
	size_t from;

	/* White space between two encoded words is none (RFC 2047 6.2). */
	if (d->encoded && !str_trim(str_skip(buf_str(&d->text), d->gap)).n)
		d->text.n = d->gap;
	from = d->text.n;
	if (encoding == 'b')
		decode_b(text, &d->text);
	else
		decode_q(text, &d->text);
	drop_two_byte(&d->text, from, charset);
	d->cut |= cuts(str_skip(buf_str(&d->text), from));
	d->unknown |= unlike_ascii(charset);
	d->encoded = true;
	d->gap = d->text.n;
}

/* The encoded word that s begins with; its length, 0 if it is none. */
static size_t encoded_word(struct decoded *d, struct str s)
{
	struct str rest = str_sub(s, 2, ENCODED_WORD_MAX), charset, encoding;
	char e;
	size_t end;

	charset = str_cut(&rest, '?');
	encoding = str_cut(&rest, '?');
	e = encoding.n == 1 ? ch_lower(encoding.p[0]) : '\0';
	if (!rest.p || !charset.n || (e != 'b' && e != 'q'))
		return 0;
	end = str_find(rest, STR("?="));
	if (end == SIZE_MAX) {
		d->unknown |= s.n > ENCODED_WORD_MAX + 2;
		return 0;
	}
	take_word(d, charset, e, str_sub(rest, 0, end));
	return (size_t)(rest.p + end + 2 - s.p);
}

static struct decoded decode(struct arena *a, struct str s)
{
	struct decoded d = { .text.arena = a };

	for (size_t i = 0; i < s.n && !d.unknown;) {
		size_t n = str_starts(str_skip(s, i), STR("=?")) ? encoded_word(&d, str_skip(s, i))
								 : 0;
		if (!n)
			buf_addc(&d.text, s.p[i]);
		i += n ? n : 1;
	}
	return d;
}

/* ---- what it says ---- */

static struct str without_blanks(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < s.n; i++)
		if (!ch_fws(s.p[i]))
			buf_addc(&b, s.p[i]);
	return buf_str(&b);
}

/* "<" and then an address of another domain. */
static bool angle_misleads(struct arena *a, struct str s, struct str domain)
{
	struct str rest = without_blanks(a, s);
	unsigned angles = 0;

	str_cut(&rest, '<');
	while (rest.p) {
		struct str one = str_cut(&rest, '<'), inside = str_cut(&one, '>');
		size_t at = str_rchr(inside, '@');

		if (at == SIZE_MAX)
			continue;
		if (++angles > ANGLES_MAX ||
		    !str_eq(domain_read(a, str_skip(inside, at + 1), DOMAIN_UNDERSCORE), domain))
			return true;
	}
	return false;
}

/* A member of the list that is whole and of another domain; of one label ("Al @ Acme") it is none.
 */
static bool member_misleads(struct arena *a, const struct addr_list *l, struct str domain)
{
	for (size_t i = 0; i < l->v.n; i++) {
		const struct mailbox *m = &l->v.p[i];
		bool whole = !(m->flags & ADDR_F_SYNTAX) && str_chr(m->domain, '.') != SIZE_MAX;

		if (whole && !str_eq(domain_read(a, m->domain, DOMAIN_UNDERSCORE), domain))
			return true;
		if (i == ANGLES_MAX)
			return true;
	}
	return false;
}

/* The list that the decoded name and the address behind it make. */
static bool list_misleads(struct arena *a, struct str s, struct str domain)
{
	struct buf b = { .arena = a };
	struct addr_list l;
	struct str text;

	for (size_t i = 0; i < s.n; i++)
		buf_addc(&b, s.p[i] == ';' ? ',' : s.p[i]);
	buf_add(&b, STR(" <x@"));
	buf_add(&b, domain);
	buf_addc(&b, '>');
	text = buf_str(&b);
	addr_parse(a, text, &l);
	if (member_misleads(a, &l, domain))
		return true;
	if (!(l.flags & ADDR_F_SYNTAX) || l.at >= s.n || (s.p[l.at] != '(' && s.p[l.at] != '"'))
		return false;
	/* Comment or quotes that do not end: the address behind them is in them. */
	addr_parse(a, str_sub(text, 0, l.at), &l);
	return member_misleads(a, &l, domain);
}

bool from_display_misleads(struct arena *a, struct str display, struct str domain)
{
	struct decoded d;
	struct str s;

	if (str_find(display, STR("=?")) == SIZE_MAX)
		return false;
	d = decode(a, display);
	s = buf_str(&d.text);
	if (d.unknown)
		return true;
	if (!d.encoded || str_chr(s, '@') == SIZE_MAX)
		return false;
	return d.cut || angle_misleads(a, s, domain) || list_misleads(a, s, domain);
}
