/* Charsets as Python's codecs read them: which octets count, and which are left out. */
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include "base/utf8.h"
#include "learn/digest/pyzor_priv.h"
#include "mail/html/entities.h"

#define UNITS 1024 /* of UTF-16 converted in one go */
#define NAME_MAX_OCTETS 64u

enum codec_kind {
	CODEC_ASCII,
	CODEC_UTF8,
	CODEC_UTF8_SIG,
	CODEC_UTF16,
	CODEC_UTF16_LE,
	CODEC_UTF16_BE,
	CODEC_UTF32,
	CODEC_UTF32_LE,
	CODEC_UTF32_BE,
	CODEC_UPPER, /* a table of the octets over 127 */
	CODEC_WHOLE, /* of all octets */
	CODEC_PAIRS, /* one octet or two, by ICU; what it does not know is one octet */
	CODEC_ICU,
};

struct codec_name {
	const char *name;
	enum codec_kind kind;
	unsigned table;
	const char *icu;
};

/* Pairs from first to last are characters from first_char on; 0: they are none. */
struct codec_range {
	uint16_t first, last, first_char;
};

struct codec_ranges {
	const struct codec_range *p;
	size_t n;
};

#include "learn/digest/codecs.inc"

struct writer {
	struct buf out;
	enum pyzor_bad bad;
};

static void put(struct writer *w, uint32_t c)
{
	char *p = buf_room(&w->out, 4);

	if (c < 0xD800 || c > 0xDFFF)
		w->out.n += entity_utf8(c, p);
}

static void put_bad(struct writer *w)
{
	if (w->bad == PYZOR_REPLACE)
		put(w, 0xFFFD);
}

/* ---- what needs no table ---- */

static void read_ascii(struct writer *w, struct str in)
{
	size_t from = 0;

	for (size_t i = 0; i < in.n; i++) {
		if ((unsigned char)in.p[i] < 0x80)
			continue;
		buf_add(&w->out, str_sub(in, from, i - from));
		put_bad(w);
		from = i + 1;
	}
	buf_add(&w->out, str_skip(in, from));
}

/* How many of the octets that s begins with cannot be the beginning of anything else (Unicode 3.9,
 * "maximal subpart"). */
static size_t broken_utf8(struct str s)
{
	unsigned char c = (unsigned char)s.p[0], d = s.n > 1 ? (unsigned char)s.p[1] : 0;
	unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2, n = 2;

	if (c < 0xC2 || c > 0xF4 || d < low || d > high)
		return 1;
	while (n < want - 1 && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

static void read_utf8(struct writer *w, struct str in)
{
	size_t from = 0;

	for (size_t i = 0; i < in.n;) {
		uint32_t c;
		size_t n = (unsigned char)in.p[i] < 0x80 ? 1 : utf8_read(str_skip(in, i), &c);

		if (n == 0) {
			buf_add(&w->out, str_sub(in, from, i - from));
			put_bad(w);
			from = i += broken_utf8(str_skip(in, i));
		} else {
			i += n;
		}
	}
	buf_add(&w->out, str_skip(in, from));
}

static uint32_t unit(const char *p, unsigned size, bool big)
{
	uint32_t u = 0;

	for (unsigned i = 0; i < size; i++)
		u |= (uint32_t)(unsigned char)p[i] << 8 * (big ? size - 1 - i : i);
	return u;
}

static void read_utf16(struct writer *w, struct str in, bool big)
{
	size_t i = 0;

	while (i + 2 <= in.n) {
		uint32_t u = unit(in.p + i, 2, big), low = 0;

		i += 2;
		if (u >= 0xD800 && u <= 0xDBFF && i + 2 <= in.n)
			low = unit(in.p + i, 2, big);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			put(w, 0x10000 + ((u & 0x3FF) << 10 | (low & 0x3FF)));
			i += 2;
		} else if (u >= 0xD800 && u <= 0xDFFF) {
			put_bad(w);
		} else {
			put(w, u);
		}
	}
	if (i < in.n)
		put_bad(w);
}

static void read_utf32(struct writer *w, struct str in, bool big)
{
	size_t i = 0;

	for (; i + 4 <= in.n; i += 4) {
		uint32_t u = unit(in.p + i, 4, big);

		if (u > 0x10FFFF || (u >= 0xD800 && u <= 0xDFFF))
			put_bad(w);
		else
			put(w, u);
	}
	if (i < in.n)
		put_bad(w);
}

/* The order by the mark at the beginning, little end first without one. */
static void read_marked(struct writer *w, struct str in, unsigned size)
{
	bool big = false;

	if (in.n >= size && unit(in.p, size, true) == 0xFEFF)
		big = true;
	if (in.n >= size && unit(in.p, size, big) == 0xFEFF)
		in = str_skip(in, size);
	if (size == 2)
		read_utf16(w, in, big);
	else
		read_utf32(w, in, big);
}

/* ---- tables ---- */

static void read_table(struct writer *w, struct str in, const uint16_t *table, unsigned first)
{
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c < first)
			buf_addc(&w->out, (char)c);
		else if (table[c - first] == 0xFFFF)
			put_bad(w);
		else
			put(w, table[c - first]);
	}
}

/* ---- ICU ---- */

static void put_units(struct writer *w, const UChar *u, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = u[i];

		if (c >= 0xD800 && c <= 0xDBFF && i + 1 < n && (u[i + 1] & 0xFC00) == 0xDC00)
			c = 0x10000 + ((c & 0x3FF) << 10 | (u[++i] & 0x3FFu));
		put(w, c);
	}
}

static void read_stream(struct writer *w, UConverter *cnv, struct str in)
{
	const char *p = in.p, *end = in.p + in.n;
	UErrorCode e = U_ZERO_ERROR;
	UChar units[UNITS];

	if (w->bad == PYZOR_IGNORE)
		ucnv_setToUCallBack(cnv, UCNV_TO_U_CALLBACK_SKIP, NULL, NULL, NULL, &e);
	do {
		UChar *u = units;

		e = U_ZERO_ERROR;
		ucnv_toUnicode(cnv, &u, units + UNITS, &p, end, NULL, true, &e);
		put_units(w, units, (size_t)(u - units));
	} while (e == U_BUFFER_OVERFLOW_ERROR);
}

/* Not a control, nor of the private use area, which some makers' tables are filled up with. */
static bool is_character(UChar c)
{
	return c >= 0xA0 && (c < 0xE000 || c > 0xF8FF) && c != 0xFFFD;
}

/* The character of one or two octets by ICU; 0: none. */
static uint32_t icu_char(UConverter *cnv, const char *p, size_t n)
{
	UErrorCode e = U_ZERO_ERROR;
	UChar units[8];
	int32_t got;

	ucnv_resetToUnicode(cnv);
	got = ucnv_toUChars(cnv, units, 8, p, (int32_t)n, &e);
	if (U_FAILURE(e))
		return 0;
	if (got == 2 && U16_IS_LEAD(units[0]) && U16_IS_TRAIL(units[1]))
		return (uint32_t)U16_GET_SUPPLEMENTARY(units[0], units[1]);
	return got == 1 && is_character(units[0]) ? units[0] : 0;
}

static const struct codec_range *find_range(const struct codec_ranges *list, unsigned pair)
{
	size_t from = 0, to = list->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (pair < list->p[mid].first)
			to = mid;
		else if (pair > list->p[mid].last)
			from = mid + 1;
		else
			return &list->p[mid];
	}
	return NULL;
}

static uint32_t pair_char(UConverter *cnv, const struct codec_ranges *list, const char *p)
{
	unsigned pair = (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
	const struct codec_range *r = find_range(list, pair);

	if (!r)
		return icu_char(cnv, p, 2);
	return r->first_char ? r->first_char + (pair - r->first) : 0;
}

/* How many octets at p are a character, which is put; 0: none. Half-width Japanese is one octet,
 * some of EUC-JP three. */
static size_t put_pair(struct writer *w, UConverter *cnv, const struct codec_name *c, const char *p,
		       const char *end)
{
	const struct codec_ranges *list = &codec_pairs[c->table];
	unsigned char lead = (unsigned char)*p;
	const struct codec_range *alone = find_range(list, lead);
	bool half = str_starts(str_c(c->icu), STR("ibm-943")) && lead >= 0xA1 && lead <= 0xDF;
	bool long_euc = lead == 0x8F && str_starts(str_c(c->icu), STR("euc"));
	size_t n = alone || half ? 1 : long_euc ? 3 : 2;
	uint32_t code = 0;

	if (alone)
		code = alone->first_char;
	else if (n == 2 && end - p >= 2)
		code = pair_char(cnv, list, p);
	else if (n != 2 && (size_t)(end - p) >= n)
		code = icu_char(cnv, p, n);
	if (!code)
		return 0;
	put(w, code);
	return n;
}

static void read_pairs(struct writer *w, UConverter *cnv, const struct codec_name *c, struct str in)
{
	const char *p = in.p, *end = in.p + in.n;

	while (p < end) {
		size_t n = 1;

		if ((unsigned char)*p < 0x80) {
			buf_addc(&w->out, *p);
		} else if ((n = put_pair(w, cnv, c, p, end)) == 0) {
			put_bad(w);
			n = 1;
		}
		p += n;
	}
}

static bool read_icu(struct writer *w, const struct codec_name *c, struct str in)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *cnv = ucnv_open(c->icu, &e);

	if (!cnv)
		return false;
	if (c->kind == CODEC_PAIRS)
		read_pairs(w, cnv, c, in);
	else
		read_stream(w, cnv, in);
	ucnv_close(cnv);
	return true;
}

/* ---- names ---- */

/* Letters, digits and dots in lower case, "_" for all else between two of them. */
static size_t normalise(struct str name, char out[NAME_MAX_OCTETS + 1])
{
	bool gap = false;
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (!ch_alnum(name.p[i]) && name.p[i] != '.') {
			gap = n > 0;
			continue;
		}
		if (n + 2 > NAME_MAX_OCTETS)
			return 0;
		if (gap)
			out[n++] = '_';
		gap = false;
		out[n++] = ch_lower(name.p[i]);
	}
	out[n] = 0;
	return n;
}

static const struct codec_name *lookup(const char *name)
{
	size_t from = 0, to = sizeof codec_names / sizeof *codec_names;

	while (from < to) {
		size_t mid = (from + to) / 2;
		int d = strcmp(name, codec_names[mid].name);

		if (d == 0)
			return &codec_names[mid];
		if (d < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

static const struct codec_name *find(struct str name)
{
	char key[NAME_MAX_OCTETS + 1];

	if (!str_ascii(name) || !normalise(name, key))
		return NULL;
	if (!lookup(key))
		for (char *p = key; *p; p++)
			if (*p == '.')
				*p = '_';
	return lookup(key);
}

static void read_kind(struct writer *w, const struct codec_name *c, struct str in)
{
	switch (c ? c->kind : CODEC_ASCII) {
	case CODEC_UTF8_SIG:
		read_utf8(w, str_starts(in, STR("\xEF\xBB\xBF")) ? str_skip(in, 3) : in);
		return;
	case CODEC_UTF8:
		read_utf8(w, in);
		return;
	case CODEC_UTF16:
	case CODEC_UTF32:
		read_marked(w, in, c->kind == CODEC_UTF16 ? 2 : 4);
		return;
	case CODEC_UTF16_LE:
	case CODEC_UTF16_BE:
		read_utf16(w, in, c->kind == CODEC_UTF16_BE);
		return;
	case CODEC_UTF32_LE:
	case CODEC_UTF32_BE:
		read_utf32(w, in, c->kind == CODEC_UTF32_BE);
		return;
	case CODEC_UPPER:
		read_table(w, in, codec_upper[c->table], 128);
		return;
	case CODEC_WHOLE:
		read_table(w, in, codec_whole[c->table], 0);
		return;
	case CODEC_PAIRS:
	case CODEC_ICU:
		if (read_icu(w, c, in))
			return;
		break;
	case CODEC_ASCII:
		break;
	}
	read_ascii(w, in);
}

struct str pyzor_text(struct arena *a, struct str charset, struct str octets, enum pyzor_bad bad)
{
	const struct codec_name *c = find(charset);
	struct writer w = { .out = { .arena = a }, .bad = bad };
	bool plain = !c || (c->kind <= CODEC_UTF8_SIG || c->kind == CODEC_UPPER ||
			    c->kind == CODEC_PAIRS);

	if (plain && str_ascii(octets))
		return octets;
	buf_room(&w.out, octets.n + octets.n / 2);
	read_kind(&w, c, octets);
	return buf_str(&w.out);
}
