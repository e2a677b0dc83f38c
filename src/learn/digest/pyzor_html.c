/*
 * The text of an HTML page as Python's html.parser hands it out when it is fed the page and never
 * told that this was all: what is not complete at the end is lost.
 */
#include "learn/digest/pyzor_priv.h"
#include "mail/html/entities.h"

#define TAIL 34u /* characters at the end in which an open "&" holds the text back */

struct parser {
	struct arena *arena;
	const char *p, *end;
	struct buf out;
	bool collect;
	struct str literal; /* inside script or style: its name */
};

/* ---- text ---- */

/* Characters that a number in a reference cannot mean; they vanish. */
static bool is_noncharacter(uint32_t c)
{
	return (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
	       (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

/* A reference by number: its octets, and what it means in out; 0: it is none. */
static size_t number(struct str s, struct buf *out)
{
	bool hex = s.n > 2 && ch_lower(s.p[2]) == 'x';
	size_t i = hex ? 3 : 2, first = i;
	uint32_t n = 0, code[2] = { 0, 0 };

	for (; i < s.n && (hex ? ch_hex(s.p[i]) >= 0 : ch_digit(s.p[i])); i++)
		if (n <= 0x10FFFF)
			n = n * (hex ? 16 : 10) + (uint32_t)ch_hex(s.p[i]);
	if (i == first)
		return 0;
	if (i < s.n && s.p[i] == ';')
		i++;
	if (is_noncharacter(n) && n <= 0x10FFFF)
		return i;
	code[0] = n;
	if (n == 0 || (n >= 0x80 && n <= 0x9F)) /* the old meanings */
		entity_read(str_sub(s, 0, i), false, code);
	out->n += entity_utf8(code[0], buf_room(out, 4));
	return i;
}

static size_t reference(struct str s, struct buf *out)
{
	uint32_t code[2] = { 0, 0 };
	size_t n;

	if (s.n > 1 && s.p[1] == '#')
		return number(s, out);
	n = entity_read(s, false, code);
	if (n) {
		out->n += entity_utf8(code[0], buf_room(out, 4));
		if (code[1])
			out->n += entity_utf8(code[1], buf_room(out, 4));
	}
	return n;
}

static struct str unescape(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	size_t amp = str_chr(s, '&');

	if (amp == SIZE_MAX)
		return s;
	buf_room(&b, s.n);
	while (amp != SIZE_MAX) {
		size_t n;

		buf_add(&b, str_sub(s, 0, amp));
		s = str_skip(s, amp);
		n = reference(s, &b);
		if (n == 0) {
			buf_addc(&b, '&');
			n = 1;
		}
		s = str_skip(s, n);
		amp = str_chr(s, '&');
	}
	buf_add(&b, s);
	return buf_str(&b);
}

static void give(struct parser *h, struct str data)
{
	data = pyzor_strip(data);
	if (!data.n || !h->collect)
		return;
	if (h->out.n)
		buf_addc(&h->out, ' ');
	buf_add(&h->out, data);
}

/* ---- looking ahead ---- */

static struct str rest(const struct parser *h, const char *from)
{
	return str_of(from, (size_t)(h->end - from));
}

static bool has(const struct parser *h, const char *from, const char *what)
{
	return from <= h->end && str_starts(rest(h, from), str_c(what));
}

static const char *skip_space(const struct parser *h, const char *p)
{
	for (size_t n; (n = pyzor_space_at(p, h->end)) > 0;)
		p += n;
	return p;
}

/* Behind the first c from p on; NULL: there is none. */
static const char *behind(const struct parser *h, const char *p, char c)
{
	const char *q = p < h->end ? memchr(p, c, (size_t)(h->end - p)) : NULL;

	return q ? q + 1 : NULL;
}

/* Behind the first of: mark (one character, times times, white space between), white space, ">". */
static const char *behind_close(const struct parser *h, const char *p, char mark, unsigned times,
				bool gaps)
{
	while ((p = behind(h, p, mark)) != NULL) {
		const char *q = p;
		unsigned n = 1;

		for (; n < times; n++) {
			if (gaps)
				q = skip_space(h, q);
			if (q >= h->end || *q != mark)
				break;
			q++;
		}
		if (n < times)
			continue;
		q = skip_space(h, q);
		if (q < h->end && *q == '>')
			return q + 1;
	}
	return NULL;
}

/* ---- tags ---- */

static bool ends_name(char c)
{
	return c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == ' ' || c == '/' ||
	       c == '>' || c == 0;
}

static const char *skip_name(const struct parser *h, const char *p)
{
	while (p < h->end && !ends_name(*p))
		p++;
	return p;
}

/* White space, and slashes that are not before ">". */
static const char *skip_gap(const struct parser *h, const char *p)
{
	for (;;) {
		size_t n = pyzor_space_at(p, h->end);

		if (n == 0 && p < h->end && *p == '/' && !has(h, p, "/>"))
			n = 1;
		if (n == 0)
			return p;
		p += n;
	}
}

/* An attribute may begin behind a quote, a slash, white space. */
static bool may_begin(const char *p, const char *from)
{
	const char *c = p - 1;

	if (c < from)
		return false;
	if (*c == '\'' || *c == '"' || *c == '/')
		return true;
	while (c > from && p - c < 3 && (*c & 0xC0) == 0x80)
		c--;
	return c + pyzor_space_at(c, p) == p && p > c;
}

static const char *skip_attr_name(const struct parser *h, const char *p)
{
	for (bool first = true; p < h->end; first = false) {
		if (pyzor_space_at(p, h->end) || *p == '/' || *p == '>' || (*p == '=' && !first))
			break;
		p++;
	}
	return p;
}

static const char *skip_bare(const struct parser *h, const char *p)
{
	while (p < h->end && *p != '>' && !pyzor_space_at(p, h->end))
		p++;
	return p;
}

/*
 * "= value" at p; p itself if there is none. A quote that is never closed is no value: then the
 * white space before it, or else a second "=", is what the value begins with.
 */
static const char *skip_value(const struct parser *h, const char *p)
{
	const char *eq = skip_space(h, p), *v, *close;
	const char *after = eq;

	while (after < h->end && *after == '=')
		after++;
	if (after == eq)
		return p;
	v = skip_space(h, after);
	if (v >= h->end || (*v != '\'' && *v != '"'))
		return skip_space(h, skip_bare(h, v));
	close = behind(h, v + 1, *v);
	if (close)
		return skip_space(h, close);
	if (v > after)
		return v;
	return after - eq > 1 ? skip_space(h, skip_bare(h, after - 1)) : p;
}

/* From behind the tag's name to where no attribute follows. */
static const char *skip_attrs(const struct parser *h, const char *name_end)
{
	const char *p = name_end;

	while (p < h->end && (*p == '/' || pyzor_space_at(p, h->end)))
		p += *p == '/' ? 1 : pyzor_space_at(p, h->end);
	for (;;) {
		const char *name = p;

		if (!may_begin(p, name_end - 1))
			return skip_space(h, p);
		p = skip_attr_name(h, p);
		if (p == name)
			return skip_space(h, p);
		p = skip_gap(h, skip_value(h, p));
	}
}

static struct str literal_name(struct str name)
{
	return str_ieq(name, STR("script"))  ? STR("script")
	       : str_ieq(name, STR("style")) ? STR("style")
					     : STR_NULL;
}

/* "<" and a letter at p. Behind the tag; NULL: it is not complete. */
static const char *start_tag(struct parser *h, const char *p)
{
	const char *name_end = skip_name(h, p + 1), *q = skip_attrs(h, name_end), *gap;
	struct str name = str_of(p + 1, (size_t)(name_end - p - 1));
	bool empty;

	if (q >= h->end)
		return NULL;
	if (*q != '>' && !has(h, q, "/>")) {
		if (ch_alpha(*q) || *q == '=' || *q == '/')
			return NULL;
		give(h, str_of(p, (size_t)(q - p)));
		return q;
	}
	gap = skip_gap(h, name_end);
	empty = *q == '/' || has(h, gap, "/>");
	q += *q == '/' ? 2 : 1;
	name = literal_name(name);
	if (name.p && !empty)
		h->literal = name;
	if (name.p)
		h->collect = empty;
	return q;
}

/* "</" at p. */
static const char *end_tag(struct parser *h, const char *p)
{
	const char *gt = behind(h, p + 1, '>'), *name = skip_space(h, p + 2), *q = name;

	if (!gt)
		return NULL;
	if (q < h->end && ch_alpha(*q))
		while (q < h->end && (ch_alnum(*q) || strchr("-.:_", *q)) && *q)
			q++;
	if (q > name && skip_space(h, q) + 1 == gt) {
		if (literal_name(str_of(name, (size_t)(q - name))).p)
			h->collect = true;
		return gt;
	}
	name = p + 2;
	if (name < h->end && ch_alpha(*name)) {
		q = skip_name(h, name);
		if (literal_name(str_of(name, (size_t)(q - name))).p)
			h->collect = true;
	}
	return gt;
}

/* "<![" at p: sections of SGML, and conditions of a well-known word processor. A word that is
 * neither stops Python with an error. */
static const char *marked_section(struct parser *h, const char *p)
{
	static const char *const sgml[] = { "temp", "cdata", "ignore", "include", "rcdata" };
	static const char *const office[] = { "if", "else", "endif" };
	const char *q = p + 3;
	struct str word;

	if (q < h->end && ch_alpha(*q))
		while (q < h->end && *q && (ch_alnum(*q) || strchr("-_.", *q)))
			q++;
	word = str_of(p + 3, (size_t)(q - p - 3));
	if (skip_space(h, q) >= h->end)
		return NULL;
	for (size_t i = 0; i < sizeof sgml / sizeof *sgml; i++)
		if (str_ieq(word, str_c(sgml[i])))
			return behind_close(h, p + 3, ']', 2, true);
	for (size_t i = 0; i < sizeof office / sizeof *office; i++)
		if (str_ieq(word, str_c(office[i])))
			return behind_close(h, p + 3, ']', 1, true);
	return NULL;
}

/* What begins with the "<" at p: behind it; NULL: nothing more can be read. */
static const char *markup(struct parser *h, const char *p)
{
	if (p + 1 >= h->end)
		return NULL;
	if (ch_alpha(p[1]))
		return start_tag(h, p);
	if (p[1] == '/')
		return end_tag(h, p);
	if (has(h, p, "<!--"))
		return behind_close(h, p + 4, '-', 2, false);
	if (has(h, p, "<!["))
		return marked_section(h, p);
	if (p[1] == '!' || p[1] == '?')
		return behind(h, p + 2, '>');
	give(h, STR("<"));
	return p + 1;
}

/* Behind "</name>"; NULL: it never ends. What is in between is not wanted. */
static const char *literal_end(struct parser *h)
{
	for (const char *p = h->p; (p = behind(h, p, '<')) != NULL;) {
		const char *q;

		if (p >= h->end || *p != '/')
			continue;
		q = skip_space(h, p + 1);
		if (!str_istarts(rest(h, q), h->literal))
			continue;
		q = skip_space(h, q + h->literal.n);
		if (q < h->end && *q == '>')
			return q + 1;
	}
	return NULL;
}

/* The text at the end may be the first half of something: an "&" near it, and nothing that would
 * end a reference behind. */
static bool held_back(const struct parser *h)
{
	const char *from = h->end, *amp = NULL;

	for (unsigned n = 0; from > h->p && n < TAIL; n++) {
		from--;
		while (from > h->p && (*from & 0xC0) == 0x80)
			from--;
		if (*from == '&') {
			amp = from;
			break;
		}
	}
	if (!amp)
		return false;
	for (; amp < h->end; amp++)
		if (*amp == ';' || pyzor_space_at(amp, h->end))
			return false;
	return true;
}

struct str pyzor_html(struct arena *a, struct str utf8)
{
	struct parser h = {
		.arena = a,
		.p = utf8.p ? utf8.p : "",
		.out = { .arena = a },
		.collect = true,
	};

	h.end = h.p + utf8.n;
	buf_room(&h.out, utf8.n / 2);
	while (h.p && h.p < h.end) {
		const char *lt;

		if (h.literal.p) {
			h.p = literal_end(&h);
			h.literal = STR_NULL;
			h.collect = true;
			continue;
		}
		lt = memchr(h.p, '<', (size_t)(h.end - h.p));
		if (!lt && held_back(&h))
			break;
		if (!lt)
			lt = h.end;
		if (lt > h.p)
			give(&h, unescape(a, str_of(h.p, (size_t)(lt - h.p))));
		h.p = lt < h.end ? markup(&h, lt) : lt;
	}
	return buf_str(&h.out);
}
