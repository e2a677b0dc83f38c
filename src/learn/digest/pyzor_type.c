/* Content-Type as Python's email package reads it: type, charset, boundary. */
#include <stdlib.h>

#include "learn/digest/pyzor_priv.h"

/* Characters over 127 that are white space: U+0085, A0, 1680, 2000 to 200A, 2028, 2029, 202F,
 * 205F, 3000. */
static size_t wide_space(const unsigned char *p, size_t n)
{
	if (n < 2 || p[0] < 0xC2)
		return 0;
	if (p[0] == 0xC2)
		return p[1] == 0x85 || p[1] == 0xA0 ? 2 : 0;
	if (n < 3 || p[0] < 0xE1 || p[0] > 0xE3)
		return 0;
	if (p[0] == 0xE1)
		return p[1] == 0x9A && p[2] == 0x80 ? 3 : 0;
	if (p[0] == 0xE3)
		return p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;
	if (p[1] == 0x81)
		return p[2] == 0x9F ? 3 : 0;
	if (p[1] != 0x80)
		return 0;
	return p[2] <= 0x8A || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF ? 3 : 0;
}

size_t pyzor_space_at(const char *p, const char *end)
{
	if (p >= end)
		return 0;
	if ((unsigned char)*p < 0x80)
		return pyzor_space(*p);
	return wide_space((const unsigned char *)p, (size_t)(end - p));
}

struct str pyzor_strip(struct str s)
{
	const char *p = s.p, *end = s.p + s.n;

	for (size_t n; (n = pyzor_space_at(p, end)) > 0;)
		p += n;
	while (end > p) {
		const char *c = end - 1;

		while (c > p && end - c < 3 && (*c & 0xC0) == 0x80)
			c--;
		if (!pyzor_space_at(c, end))
			break;
		end = c;
	}
	return str_of(p, (size_t)(end - p));
}

/* The same for a field's value, whose octets over 127 stand for no character. */
static struct str strip(struct str s)
{
	while (s.n && pyzor_space(*s.p))
		s = str_skip(s, 1);
	while (s.n && pyzor_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* "..." or <...> without that; escapes undone in the first. */
static struct str unquote(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };

	if (s.n < 2)
		return s;
	if (s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_sub(s, 1, s.n - 2);
	if (s.p[0] != '"' || s.p[s.n - 1] != '"')
		return s;
	s = str_sub(s, 1, s.n - 2);
	if (str_chr(s, '\\') == SIZE_MAX)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '\\' || s.p[i + 1] == '"'))
			i++;
		buf_addc(&b, s.p[i]);
	}
	return buf_str(&b);
}

/* Cuts the next parameter off *rest: up to a ";" behind an even number of quotes. */
static struct str next_param(struct str *rest)
{
	bool odd = false;
	size_t i = 0;
	struct str one;

	for (; i < rest->n; i++) {
		if (rest->p[i] == '"' && !(i && rest->p[i - 1] == '\\'))
			odd = !odd;
		else if (rest->p[i] == ';' && (!odd || i == 0))
			break;
	}
	one = str_sub(*rest, 0, i);
	*rest = i < rest->n ? str_skip(*rest, i + 1) : STR_NULL;
	return strip(one);
}

/* ---- RFC 2231 ---- */

struct segment {
	uint64_t number;
	size_t order;
	bool encoded;
	struct str value;
};

static int by_number(const void *x, const void *y)
{
	const struct segment *s = x, *t = y;

	if (s->number != t->number)
		return s->number < t->number ? -1 : 1;
	return s->order < t->order ? -1 : s->order > t->order;
}

/* name is want with "*", "*0" or "*0*" behind. */
static bool is_segment(struct str name, struct str want, struct segment *s)
{
	struct str number;

	if (name.n <= want.n || !str_istarts(name, want) || name.p[want.n] != '*')
		return false;
	s->encoded = name.p[name.n - 1] == '*';
	s->number = 0;
	number = str_skip(name, want.n + 1);
	if (number.n == 0)
		return true;
	if (number.p[number.n - 1] == '*')
		number.n--;
	return str_u64(number, UINT32_MAX, &s->number);
}

static void add_percent(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int hi = s.p[i] == '%' && i + 2 < s.n ? ch_hex(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? ch_hex(s.p[i + 2]) : -1;

		if (lo >= 0) {
			buf_addc(b, (char)(hi * 16 + lo));
			i += 2;
		} else {
			buf_addc(b, s.p[i]);
		}
	}
}

/* The segments joined; of "charset'language'text" the text. */
static struct str join(struct arena *a, struct segment *s, size_t n)
{
	struct buf b = { .arena = a };
	struct str all, rest;
	bool extended = false;

	qsort(s, n, sizeof *s, by_number);
	for (size_t i = 0; i < n; i++) {
		extended |= s[i].encoded;
		if (s[i].encoded)
			add_percent(&b, s[i].value);
		else
			buf_add(&b, s[i].value);
	}
	all = rest = buf_str(&b);
	if (!extended)
		return all;
	str_cut(&rest, '\'');
	if (rest.p)
		str_cut(&rest, '\'');
	return rest.p ? rest : all;
}

/* The parameter of that name; absent: none. The first plain one counts before segments. */
static struct str find_param(struct arena *a, struct str params, struct str want, bool *plain)
{
	struct segment *s = NULL;
	size_t n = 0;

	*plain = true;
	for (bool first = true; params.p; first = false) {
		struct str value = next_param(&params), name = strip(str_cut(&value, '='));
		struct segment one;

		value = value.p ? strip(value) : STR("");
		if (str_ieq(name, want))
			return unquote(a, value);
		if (first || n >= PYZOR_MAX_SEGMENTS || !is_segment(name, want, &one))
			continue;
		if (!s)
			s = ARENA_ARRAY(a, struct segment, PYZOR_MAX_SEGMENTS);
		one.order = n;
		one.value = unquote(a, value);
		s[n++] = one;
	}
	*plain = false;
	return n ? join(a, s, n) : STR_NULL;
}

static void read_boundary(struct arena *a, struct str value, struct pyzor_type *out)
{
	bool plain;
	struct str b = find_param(a, value, STR("boundary"), &plain);

	out->has_boundary = b.p != NULL;
	if (plain && b.p)
		b = unquote(a, b); /* a second time */
	while (b.n && pyzor_space(b.p[b.n - 1]))
		b.n--;
	out->boundary = b;
}

void pyzor_type_read(struct arena *a, struct str value, struct pyzor_type *out)
{
	struct str type = value, name;
	size_t slash;
	bool plain;

	*out = (struct pyzor_type){ .main = STR("text"), .sub = STR("plain") };
	name = strip(str_cut(&type, ';'));
	slash = str_chr(name, '/');
	if (slash != SIZE_MAX && str_chr(str_skip(name, slash + 1), '/') == SIZE_MAX) {
		name = arena_lower(a, name);
		out->main = str_sub(name, 0, slash);
		out->sub = str_skip(name, slash + 1);
	}
	out->charset = find_param(a, value, STR("charset"), &plain);
	if (str_eq(out->main, STR("multipart")))
		read_boundary(a, value, out);
}
