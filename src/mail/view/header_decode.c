/* What rules see of a field's value: unfolded, encoded words decoded, UTF-8 (RFC 2047, 6532). */
#include "mail/view/header_priv.h"

#include "base/buf.h"
#include "base/utf8.h"

bool view_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str view_trim(struct str s)
{
	while (s.n && view_space(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && view_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* A fold (LF and WSP after it) becomes one space; any other line end goes. */
static struct str unfold(struct arena *a, struct str s)
{
	char *p;
	size_t n = 0;

	if (str_chr(s, '\n') == SIZE_MAX)
		return s;
	p = arena_alloc(a, s.n);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n') {
			p[n++] = s.p[i];
			continue;
		}
		if (i + 1 < s.n && ch_wsp(s.p[i + 1]))
			p[n++] = ' ';
		else if (n && p[n - 1] == '\r')
			n--;
		while (i + 1 < s.n && ch_wsp(s.p[i + 1]))
			i++;
	}
	return str_of(p, n);
}

/* An encoded word: "=?charset?B?text?=". */
struct word {
	struct str charset, text;
	char how;
	size_t n; /* octets of the whole */
};

static bool charset_char(char c)
{
	return ch_alnum(c) || c == '*' || c == '_' || c == '-';
}

static bool word_at(struct str s, size_t at, struct word *w)
{
	size_t i = at + 2, from;

	if (at + 2 > s.n || s.p[at] != '=' || s.p[at + 1] != '?')
		return false;
	while (i < s.n && charset_char(s.p[i]))
		i++;
	if (i == at + 2 || i + 2 >= s.n || s.p[i] != '?' || s.p[i + 2] != '?')
		return false;
	w->charset = str_sub(s, at + 2, i - at - 2);
	w->how = ch_lower(s.p[i + 1]);
	from = i + 3;
	for (i = from; i < s.n && s.p[i] != '?'; i++)
		continue;
	w->text = str_sub(s, from, i - from);
	w->n = i + 2 - at;
	return (w->how == 'b' || w->how == 'q') && i + 1 < s.n && s.p[i + 1] == '=';
}

/* Digits only; strict: the text is well formed as it stands. */
static struct str base64_digits(struct arena *a, struct str s, bool *strict)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0, all = 0;

	*strict = true;
	for (size_t i = 0; i < s.n; i++) {
		if (view_space(s.p[i]))
			continue;
		all++;
		if (ch_base64(s.p[i]) >= 0 || s.p[i] == '=')
			p[n++] = s.p[i];
		else
			*strict = false;
	}
	*strict = *strict && all % 4 == 0 && all >= 2;
	while (n && p[n - 1] == '=')
		n--;
	if (!*strict && n % 4 == 1)
		n--;
	return str_of(p, n);
}

/* A "=" inside counts as zero in well-formed text, as all ones in other: the octets that the two
 * decoders it stands for make of it. */
static void add_base64(struct buf *out, struct str s)
{
	bool strict;
	unsigned acc = 0, bits = 0;

	s = base64_digits(out->arena, s, &strict);
	for (size_t i = 0; i < s.n; i++) {
		int v = ch_base64(s.p[i]);
		acc = (acc << 6 | (unsigned)(v >= 0 ? v : strict ? 0 : 63)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (char)(acc >> bits & 0xff));
		}
	}
}

static void add_q(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int hi = i + 2 < s.n ? ch_hex(s.p[i + 1]) : -1;
		int lo = i + 2 < s.n ? ch_hex(s.p[i + 2]) : -1;
		if (s.p[i] == '=' && hi >= 0 && lo >= 0) {
			buf_addc(out, (char)(hi * 16 + lo));
			i += 2;
		} else {
			buf_addc(out, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

/* Octets of one charset (absent: plain text), collected over neighbours that share it. */
struct section {
	struct buf octets;
	struct str charset;
};

static void section_flush(struct section *s, struct buf *out)
{
	struct str text = buf_str(&s->octets);
	size_t star = str_chr(s->charset, '*');

	if (s->charset.p)
		text = view_charset(out->arena, text,
				    star == SIZE_MAX ? s->charset : str_sub(s->charset, 0, star),
				    true, NULL);
	buf_add(out, text);
	s->octets.n = 0;
}

/* White space between two encoded words is not seen. */
static size_t gap_at(struct str s, size_t at)
{
	struct word w;
	size_t end = at;

	while (end < s.n && view_space(s.p[end]))
		end++;
	return end > at && word_at(s, end, &w) ? end - at : 0;
}

static struct str decode_words(struct arena *a, struct str s)
{
	struct buf out = { .arena = a };
	struct section sec = { .octets = { .arena = a } };
	struct word w;

	for (size_t i = 0; i < s.n;) {
		bool word = s.p[i] == '=' && word_at(s, i, &w);
		struct str charset = word ? w.charset : STR_NULL;
		if (!str_ieq(charset, sec.charset)) {
			section_flush(&sec, &out);
			sec.charset = charset;
		}
		if (!word) {
			buf_addc(&sec.octets, s.p[i++]);
			continue;
		}
		if (w.how == 'b')
			add_base64(&sec.octets, w.text);
		else
			add_q(&sec.octets, w.text);
		i += w.n + gap_at(s, i + w.n);
	}
	section_flush(&sec, &out);
	return buf_str(&out);
}

/* Fields in which no encoded word ever stands. */
static const char *const plain_fields[] = {
	"received",    "message-id",   "resent-message-id", "date",
	"resent-date", "mime-version", "references",	    "in-reply-to",
};

static bool is_plain(struct str name)
{
	if (str_istarts(name, STR("list-")))
		return true;
	for (size_t i = 0; i < sizeof plain_fields / sizeof *plain_fields; i++)
		if (str_ieq(name, str_c(plain_fields[i])))
			return true;
	return false;
}

struct str view_decode_text(struct arena *a, struct str name, struct str s)
{
	s = unfold(a, s);
	if (!str_ascii(s))
		s = view_charset(a, s, STR("UTF-8"), false, NULL);
	if (str_find(s, STR("=?")) == SIZE_MAX || is_plain(name))
		return s;
	return decode_words(a, s);
}

struct str view_decode_value(struct arena *a, struct str name, struct str raw)
{
	return view_decode_text(a, name, view_trim(unfold(a, raw)));
}
