/* Character references of HTML: numbers with the windows-1252 remap, the full table of names. */
#include "mail/html/entities.h"

#include "base/buf.h"
#include "mail/html/html.h"

#include "mail/html/entities.inc"

#define LEGACY (1u << 31)

/* What 0x80 to 0x9F mean as numbers; 0: themselves. */
static const uint16_t windows1252[32] = {
	0x20AC, 0,	0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,	0x017D, 0,	0,	0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,	0x017E, 0x0178,
};

size_t entity_utf8(uint32_t code, char *out)
{
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		code = 0xFFFD;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xC0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xE0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

static uint32_t number_meaning(uint32_t n)
{
	if (n == 0 || n > 0x10FFFF || (n >= 0xD800 && n <= 0xDFFF))
		return 0xFFFD;
	if (n >= 0x80 && n <= 0x9F && windows1252[n - 0x80])
		return windows1252[n - 0x80];
	return n;
}

/* s begins with "&#". */
static size_t read_number(struct str s, uint32_t *code)
{
	bool hex = s.n > 2 && ch_lower(s.p[2]) == 'x';
	size_t i = hex ? 3 : 2, first = i;
	uint32_t n = 0;

	for (; i < s.n; i++) {
		int d = ch_hex(s.p[i]);

		if (d < 0 || (!hex && d > 9))
			break;
		if (n <= 0x10FFFF)
			n = n * (hex ? 16 : 10) + (uint32_t)d;
	}
	if (i == first)
		return 0;
	*code = number_meaning(n);
	return i + (i < s.n && s.p[i] == ';');
}

/* The value of a name, 0: there is none. */
static uint32_t find(struct str name)
{
	size_t lo = 0, hi = ENTITIES;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2, n = (size_t)entity_at[mid + 1] - entity_at[mid];
		int d = memcmp(name.p, entity_names + entity_at[mid], name.n < n ? name.n : n);

		if (d == 0 && name.n == n)
			return entity_value[mid];
		if (d < 0 || (d == 0 && name.n < n))
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

static void give(uint32_t value, uint32_t code[2])
{
	code[0] = value & 0x1FFFF;
	code[1] = entity_second[value >> 17 & 15];
}

/* A name at s, which is behind the "&"; its length with semicolon. */
static size_t read_name(struct str s, bool attr, uint32_t code[2])
{
	uint32_t value;
	size_t n = 0;

	while (n < s.n && n <= ENTITY_NAME_MAX && ch_alnum(s.p[n]))
		n++;
	if (n < s.n && s.p[n] == ';' && n <= ENTITY_NAME_MAX) {
		value = find(str_sub(s, 0, n));
		if (value) {
			give(value, code);
			return n + 1;
		}
	}
	for (n = n < ENTITY_LEGACY_MAX ? n : ENTITY_LEGACY_MAX; n > 1; n--) {
		value = find(str_sub(s, 0, n));
		if (!(value & LEGACY))
			continue;
		if (attr && n < s.n && (s.p[n] == '=' || ch_alnum(s.p[n])))
			return 0;
		give(value, code);
		return n;
	}
	return 0;
}

size_t entity_read(struct str s, bool attr, uint32_t code[2])
{
	size_t n;

	code[1] = 0;
	if (s.n < 2)
		return 0;
	if (s.p[1] == '#')
		return read_number(s, code);
	if (!ch_alpha(s.p[1]))
		return 0;
	if (s.n >= 6 && memcmp(s.p + 1, "nbsp;", 5) == 0) {
		code[0] = 0xA0;
		return 6;
	}
	n = read_name(str_skip(s, 1), attr, code);
	return n ? n + 1 : 0;
}

static struct str unescape(struct arena *a, struct str s, bool attr)
{
	struct buf b = { .arena = a };
	size_t amp = str_chr(s, '&');

	if (amp >= s.n)
		return s;
	while (amp < s.n) {
		uint32_t code[2];
		size_t n = entity_read(str_skip(s, amp), attr, code);

		buf_add(&b, str_sub(s, 0, n ? amp : amp + 1));
		if (n) {
			char *to = buf_room(&b, 8);
			size_t len = entity_utf8(code[0], to);

			b.n += len + (code[1] ? entity_utf8(code[1], to + len) : 0);
		}
		s = str_skip(s, amp + (n ? n : 1));
		amp = str_chr(s, '&');
	}
	buf_add(&b, s);
	return buf_str(&b);
}

struct str html_unescape(struct arena *a, struct str s)
{
	return unescape(a, s, false);
}

struct str html_unescape_attr(struct arena *a, struct str s)
{
	return unescape(a, s, true);
}
