/* Text in any charset to UTF-8. */
#include "mail/text/charset.h"

#include <errno.h>
#include <iconv.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/text/charset_names.h"

#define UNITS 1024    /* of UTF-16 converted in one go */
#define SNIFFED 1024u /* octets looked at for the order of UTF-16 */
#define MAX_ICONV_ERRORS 10000u
#define MAX_REPLACED 100000u /* by U+FFFD; what is broken behind them is a "?" */
#define MOST_FOR_ONE 3	     /* octets of UTF-8 for one that comes in */

static const char windows_1252[] = "windows-1252";

struct reader {
	struct buf out;
	size_t max;	 /* of out */
	size_t replaced; /* what was broken */
	bool broken;
};

/* ---- out ---- */

static void reader_init(struct reader *r, struct arena *a, struct str in)
{
	*r = (struct reader){ .out = { .arena = a }, .max = arena_mul(in.n, MOST_FOR_ONE) };
	buf_room(&r->out, in.n + in.n / 4 + 1);
}

static void put(struct reader *r, uint32_t c)
{
	char *p;
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c == 0)
		return;
	if (r->out.n + n > r->max) {
		r->broken = true;
		return;
	}
	/* more than was thought: all that there may be, and no copy again */
	p = buf_room(&r->out, r->out.n + n > r->out.cap ? r->max - r->out.n : n);
	if (n == 1) {
		*p = (char)c;
	} else {
		for (size_t i = n - 1; i > 0; i--, c >>= 6)
			p[i] = (char)(0x80 | (c & 0x3f));
		*p = (char)(c | (0xf00u >> n & 0xff));
	}
	r->out.n += n;
}

static void put_broken(struct reader *r)
{
	r->broken = true;
	put(r, r->replaced++ < MAX_REPLACED ? 0xfffd : '?');
}

/* ---- ASCII and UTF-8 ---- */

/* Octets at the beginning of s that are US-ASCII and no NUL. */
static size_t ascii_run(struct str s)
{
	const uint64_t high = 0x8080808080808080u, low = 0x0101010101010101u;
	size_t i = 0;
	uint64_t w;

	for (; i + sizeof w <= s.n; i += sizeof w) {
		memcpy(&w, s.p + i, sizeof w);
		if (((w | (w - low)) & high) != 0)
			break;
	}
	while (i < s.n && s.p[i] > 0)
		i++;
	return i;
}

/* Octets at the beginning of s that are UTF-8 without NUL. */
static size_t utf8_run(struct str s)
{
	uint32_t c;
	size_t at = 0, n;

	for (;;) {
		at += ascii_run(str_skip(s, at));
		if (at == s.n || s.p[at] == '\0')
			return at;
		n = utf8_read(str_skip(s, at), &c);
		if (n == 0)
			return at;
		at += n;
	}
}

static struct str from_utf8(struct arena *a, struct str in, bool *broken)
{
	struct reader r;
	size_t n = utf8_run(in);

	if (n == in.n)
		return in;
	reader_init(&r, a, in);
	for (;;) {
		buf_add(&r.out, str_sub(in, 0, n));
		in = str_skip(in, n);
		if (!in.n)
			break;
		if (*in.p)
			put_broken(&r);
		in = str_skip(in, 1);
		n = utf8_run(in);
	}
	*broken = r.broken;
	return buf_str(&r.out);
}

/* ---- ICU ---- */

/*
 * What a charset does not have becomes U+FFFD. An ASCII octet that ended a pair without meaning
 * stands for itself, as in browsers: it may be the "<" that somebody wants to be overlooked.
 */
static void U_CALLCONV replace(const void *context, UConverterToUnicodeArgs *args,
			       const char *octets, int32_t n, UConverterCallbackReason reason,
			       UErrorCode *e)
{
	UChar text[2] = { 0xfffd };
	struct reader *const *r = context;
	int32_t count = 1;

	if (reason > UCNV_IRREGULAR)
		return;
	(*r)->broken = true;
	if ((*r)->replaced++ >= MAX_REPLACED)
		text[0] = '?';
	if (n == 2 && octets[1] > 0)
		text[count++] = (UChar)octets[1];
	*e = U_ZERO_ERROR;
	ucnv_cbToUWriteUChars(args, text, count, 0, e);
}

static uint32_t put_units(struct reader *r, const UChar *u, size_t n, uint32_t lead)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c = u[i];
		if (lead && c >= 0xdc00 && c <= 0xdfff) {
			put(r, 0x10000 + ((lead - 0xd800) << 10) + (c - 0xdc00));
			lead = 0;
			continue;
		}
		if (lead)
			put_broken(r);
		lead = c >= 0xd800 && c <= 0xdbff ? c : 0;
		if (c >= 0xdc00 && c <= 0xdfff)
			put_broken(r);
		else if (!lead)
			put(r, c);
	}
	return lead;
}

/* Families whose one octet may stand for more than three, or that nobody sends. */
static bool unwanted(const UConverter *u)
{
	UConverterType t = ucnv_getType(u);

	return t == UCNV_SCSU || t == UCNV_BOCU1 || t == UCNV_COMPOUND_TEXT ||
	       (t >= UCNV_LMBCS_1 && t <= UCNV_LMBCS_LAST);
}

static UConverter *icu_open(const char *name)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *u = name[0] ? ucnv_open(name, &e) : NULL;

	if (u && (U_FAILURE(e) || unwanted(u))) {
		ucnv_close(u);
		return NULL;
	}
	return u;
}

static void icu_read(UConverter *u, struct reader *r, struct str in)
{
	UChar unit[UNITS];
	const char *p = in.p, *end = in.p + in.n;
	UErrorCode e = U_ZERO_ERROR;
	uint32_t lead = 0;

	ucnv_setToUCallBack(u, replace, &r, NULL, NULL, &e);
	do {
		UChar *to = unit;
		e = U_ZERO_ERROR;
		ucnv_toUnicode(u, &to, unit + UNITS, &p, end, NULL, true, &e);
		lead = put_units(r, unit, (size_t)(to - unit), lead);
	} while (e == U_BUFFER_OVERFLOW_ERROR);
	if (lead || U_FAILURE(e))
		put_broken(r);
}

static bool from_icu(struct arena *a, const char *name, struct str in, struct str *out,
		     bool *broken)
{
	UConverter *u = icu_open(name);
	struct reader r;

	if (!u)
		return false;
	reader_init(&r, a, in);
	icu_read(u, &r, in);
	ucnv_close(u);
	*broken |= r.broken;
	*out = buf_str(&r.out);
	return true;
}

/* ---- iconv ---- */

static void put_utf8(struct reader *r, struct str s)
{
	uint32_t c;
	size_t n;

	for (; s.n; s = str_skip(s, n)) {
		n = utf8_read(s, &c);
		if (n == 0) {
			n = 1;
			put_broken(r);
		} else {
			put(r, c);
		}
	}
}

/* What is broken that often is not in this charset at all: what is left is read octet by octet. */
static void iconv_read(iconv_t to_utf8, struct reader *r, struct str in)
{
	char *p = (char *)(uintptr_t)in.p; /* iconv() does not write there */
	size_t left = in.n, errors = 0;

	while (left > 0 && errors < MAX_ICONV_ERRORS) {
		char chunk[UNITS], *to = chunk;
		size_t room = sizeof chunk;
		size_t rc = iconv(to_utf8, &p, &left, &to, &room);
		int why = errno;
		put_utf8(r, str_of(chunk, sizeof chunk - room));
		if (rc == (size_t)-1 && why != E2BIG) {
			put_broken(r);
			errors++;
			p++;
			left--;
		}
	}
	for (; left > 0; p++, left--)
		put(r, (unsigned char)*p);
}

static bool from_iconv(struct arena *a, const char *name, struct str in, struct str *out,
		       bool *broken)
{
	iconv_t to_utf8 = iconv_open("UTF-8", name);
	struct reader r;
	char rest[64], *to = rest;
	size_t room = sizeof rest;

	if (to_utf8 == (iconv_t)-1)
		return false;
	reader_init(&r, a, in);
	iconv_read(to_utf8, &r, in);
	iconv(to_utf8, NULL, NULL, &to, &room); /* what it kept back */
	put_utf8(&r, str_of(rest, sizeof rest - room));
	iconv_close(to_utf8);
	*broken |= r.broken;
	*out = buf_str(&r.out);
	return true;
}

/* ---- which one ---- */

static const struct {
	struct str mark;
	const char *name;
} marks[] = {
	/* longest first */
	{ STR("\xff\xfe\0\0"), "utf-32le" },
	{ STR("\0\0\xfe\xff"), "utf-32be" },
	{ STR("\xff\xfe"), "utf-16le" },
	{ STR("\xfe\xff"), "utf-16be" },
};

/* The byte order mark that in begins with, cut off; NULL: none. */
static const char *cut_mark(struct str *in)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts(*in, marks[i].mark)) {
			*in = str_skip(*in, marks[i].mark.n);
			return marks[i].name;
		}
	return NULL;
}

/* Zeros at even and odd places of the beginning. */
static void count_zeros(struct str in, size_t zeros[2])
{
	in = str_sub(in, 0, SNIFFED);
	zeros[0] = zeros[1] = 0;
	for (size_t i = 0; i < in.n; i++)
		zeros[i % 2] += in.p[i] == '\0';
}

static bool iso_2022_jp(struct str in)
{
	return str_find(in, STR("\033$B")) != SIZE_MAX || str_find(in, STR("\033$@")) != SIZE_MAX;
}

struct order {
	struct arena *a;
	struct str in;
	unsigned flags;
	bool broken;
};

static struct str by_backend(struct order *o, const char *backend, bool iconv_first)
{
	struct str out;

	if (iconv_first ? from_iconv(o->a, backend, o->in, &out, &o->broken)
			: from_icu(o->a, backend, o->in, &out, &o->broken))
		return out;
	o->flags |= CHARSET_UNKNOWN;
	return from_utf8(o->a, o->in, &o->broken);
}

/* By what the octets are: UTF-8, else windows-1252. */
static struct str guess(struct order *o)
{
	size_t plain = ascii_run(o->in);

	if (plain == o->in.n)
		return memchr(o->in.p ? o->in.p : "", '\033', o->in.n) && iso_2022_jp(o->in)
			       ? by_backend(o, "iso-2022-jp", false)
			       : o->in;
	if (utf8_valid(o->in))
		return from_utf8(o->a, o->in, &o->broken);
	return by_backend(o, windows_1252, false);
}

static bool octets_over_127(struct str in)
{
	for (size_t i = ascii_run(in); i < in.n; i++)
		if ((unsigned char)in.p[i] > 127)
			return true;
	return false;
}

/* UTF-16 and UTF-32 without a mark. What has no zero and is UTF-8 was never that. */
static struct str wide(struct order *o, const struct charset_name *c)
{
	size_t zeros[2];

	count_zeros(o->in, zeros);
	if (zeros[0] + zeros[1] == 0 && utf8_valid(o->in)) {
		o->broken = true;
		return guess(o);
	}
	o->flags |= CHARSET_UTF16;
	if (c->kind == CN_UTF16)
		return by_backend(o, zeros[0] > zeros[1] ? "utf-16be" : "utf-16le", false);
	if (c->kind == CN_UTF32)
		return by_backend(o, o->in.n && o->in.p[0] ? "utf-32le" : "utf-32be", false);
	return by_backend(o, c->backend, false);
}

static struct str read_as(struct order *o, const struct charset_name *c)
{
	if ((c->flags & CN_ASCII) && c->kind >= CN_ICU && ascii_run(o->in) == o->in.n)
		return o->in;
	o->flags |= c->flags & CN_HIDES ? CHARSET_UTF7 : 0;
	switch (c->kind) {
	case CN_GUESS:
		o->flags |= octets_over_127(o->in) ? CHARSET_GUESSED : 0;
		return guess(o);
	case CN_GUESS_ASCII:
		o->broken |= octets_over_127(o->in);
		return guess(o);
	case CN_UTF8:
		return from_utf8(o->a, o->in, &o->broken);
	case CN_ICU:
	case CN_ICONV:
		return by_backend(o, c->backend, c->kind == CN_ICONV);
	default:
		return wide(o, c);
	}
}

/* What ICU calls a charset that the table does not have; absent: neither knows it. */
static struct str icu_name(struct arena *a, struct str key)
{
	UConverter *u = key.n ? icu_open(key.p) : NULL;
	UErrorCode e = U_ZERO_ERROR;
	struct str found;
	const char *z;

	if (!u)
		return STR_NULL;
	z = ucnv_getStandardName(ucnv_getName(u, &e), "MIME", &e);
	if (!z)
		z = ucnv_getStandardName(ucnv_getName(u, &e), "IANA", &e);
	found = arena_lower(a, str_c(z ? z : ucnv_getName(u, &e)));
	ucnv_close(u);
	return found;
}

/* The row of a key: of the table, or made for what ICU has; NULL: nobody knows it. */
static const struct charset_name *row_of(struct arena *a, struct str key)
{
	const struct charset_name *c = charset_name_find(key);
	struct charset_name *made;
	struct str name;

	if (c || !key.n)
		return c;
	name = icu_name(a, key);
	if (!name.p)
		return NULL;
	c = charset_name_find(charset_key(a, name));
	if (c)
		return c;
	made = ARENA_NEW(a, struct charset_name);
	made->name = made->backend = arena_cstr(a, name);
	made->kind = CN_ICU;
	return made;
}

/* A mark decides over whatever is declared, as in browsers; of a charset of single octets only
 * where zeros follow. */
static const char *marked(struct str *in, const struct charset_name *c)
{
	struct str rest = *in;
	const char *name = cut_mark(&rest);
	size_t zeros[2];

	if (!name)
		return NULL;
	count_zeros(rest, zeros);
	if (c && c->kind >= CN_ICU && zeros[0] + zeros[1] == 0)
		return NULL;
	*in = rest;
	return name;
}

struct str charset_to_utf8(struct arena *a, struct str name, struct str in, unsigned *flags)
{
	static const struct charset_name none = { .kind = CN_GUESS };
	struct str key = charset_key(a, name), out;
	const struct charset_name *c = key.p && !key.n ? &none : row_of(a, key);
	struct order o = { .a = a, .in = in };
	const char *mark;

	if (str_starts(o.in, STR("\xef\xbb\xbf")) && (!c || c->kind < CN_ICU))
		o.in = str_skip(o.in, 3);
	mark = marked(&o.in, c);
	if (mark) {
		o.flags |= CHARSET_UTF16;
		out = by_backend(&o, mark, false);
	} else if (c) {
		out = read_as(&o, c);
	} else {
		o.flags |= CHARSET_UNKNOWN;
		out = guess(&o);
	}
	if (flags)
		*flags = o.flags | (o.broken ? CHARSET_BROKEN : 0);
	return out;
}

struct str charset_canonical(struct arena *a, struct str name)
{
	const struct charset_name *c = row_of(a, charset_key(a, name));

	return c ? str_c(c->name) : STR_NULL;
}
