/* Octets to UTF-8 as SpamAssassin with Perl's Encode takes them: what is tried, and in what order.
 */
#include <unicode/ucnv.h>

#include "base/utf8.h"
#include "mail/view/view_priv.h"

#define MAX_NAME 64u

/* Names that are no news for plain ASCII text: it stays octets. A "-" or "_" or " " of a name in
 * mail is "-" here; "#" is one digit, "*" anything. */
static const char *const plain_names[] = {
	"ascii",      "us-ascii",     "ansi-x3.4-1986", "ansi-x3.4-1968", "iso646-us",
	"iso-8859",   "iso8859",      "iso-8859-#",	"iso8859-#",	  "iso-8859-##",
	"iso8859-##", "windows-####", "utf8",		"utf-8",	  "koi8-?",
	"koi8-??",    "euc-?",	      "euc-??",		"big5",		  "gbk",
	"gb18030",    "gb-18030",     "gb18030-20##",	"gb-18030-20##",
};

/* What Encode knows, and ICU's name for the same; tried in order. */
static const struct {
	const char *name, *icu;
} known[] = {
	{ "utf-8", "UTF-8" },
	{ "utf8", "UTF-8" },
	{ "ascii", "US-ASCII" },
	{ "us-ascii", "US-ASCII" },
	{ "latin1", "ISO-8859-1" },
	{ "latin-1", "ISO-8859-1" },
	{ "latin2", "ISO-8859-2" },
	{ "latin-2", "ISO-8859-2" },
	{ "iso-8859-#", NULL },
	{ "iso-8859-##", NULL },
	{ "windows-125#", NULL },
	{ "windows-874", "windows-874" },
	{ "windows-31j", "windows-31j" },
	{ "cp125#", NULL },
	{ "cp-125#", NULL },
	{ "windows125#", NULL },
	{ "cp437", "IBM437" },
	{ "cp850", "IBM850" },
	{ "cp-850", "IBM850" },
	{ "cp852", "IBM852" },
	{ "cp866", "IBM866" },
	{ "ibm866", "IBM866" },
	{ "cp932", "windows-31j" },
	{ "cp936", "windows-936" },
	{ "cp949", "windows-949" },
	{ "cp950", "windows-950" },
	{ "koi8-r", "KOI8-R" },
	{ "koi8-u", "KOI8-U" },
	{ "tis-620", "iso-8859-11" },
	{ "big5", "Big5" },
	{ "big5-eten", "Big5" },
	{ "big5-hkscs", "Big5-HKSCS" },
	{ "gb2312", "ibm-1383_P110-1999" },
	{ "euc-cn", "ibm-1383_P110-1999" },
	{ "gbk", "windows-936" },
	{ "gb18030*", "windows-936" },
	{ "gb-18030*", "windows-936" },
	{ "hz", "HZ-GB-2312" },
	{ "hz-gb-2312", "HZ-GB-2312" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "iso-2022-kr", "ISO-2022-KR" },
	{ "shift-jis", "ibm-943_P15A-2003" },
	{ "shiftjis", "ibm-943_P15A-2003" },
	{ "x-sjis", "ibm-943_P15A-2003" },
	{ "sjis", "ibm-943_P15A-2003" },
	{ "euc-jp", "EUC-JP" },
	{ "x-euc-jp", "EUC-JP" },
	{ "ujis", "EUC-JP" },
	{ "euc-kr", "EUC-KR" },
	{ "ks-c-5601-1987", "windows-949" },
	{ "ksc5601", "windows-949" },
	{ "johab", "ibm-1363" },
	{ "viscii", "VISCII" },
	{ "macintosh", "macintosh" },
	{ "x-mac-roman", "macintosh" },
	{ "utf-7", "UTF-7" },
	{ "utf7", "UTF-7" },
	{ "utf-16", "UTF-16" },
	{ "utf16", "UTF-16" },
	{ "utf-16le", "UTF-16LE" },
	{ "utf-16be", "UTF-16BE" },
	{ "ucs-2", "UTF-16BE" },
	{ "ucs2", "UTF-16BE" },
	{ "utf-32", "UTF-32" },
};

/* windows-1252 above 127, where it differs from ISO-8859-1; 0: not assigned. */
static const uint16_t w1252[32] = {
	0x20ac, 0,	0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,	0x017d, 0,	0,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,	0x017e, 0x0178,
};

/* name, lower-cased, fits the pattern: "#" a digit, "?" a letter, "*" the rest. */
static bool fits(struct str name, const char *pattern)
{
	size_t i = 0;

	for (; *pattern; pattern++, i++) {
		char c;

		if (*pattern == '*')
			return true;
		if (i == name.n)
			return false;
		c = name.p[i] == '_' || name.p[i] == ' ' ? '-' : name.p[i];
		if (*pattern == '#' ? !ch_digit(c)
				    : (*pattern == '?' ? !ch_alpha(c) : c != *pattern))
			return false;
	}
	return i == name.n;
}

static bool plain(struct str name)
{
	for (size_t i = 0; i < sizeof plain_names / sizeof *plain_names; i++)
		if (fits(name, plain_names[i]))
			return true;
	return false;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* False: an octet is not assigned, and insist is not set (else U+FFFD stands for it). */
static bool from_w1252(struct arena *a, struct str in, bool insist, struct str *out)
{
	char *p = arena_alloc(a, arena_mul(in.n, 3)), *to = p;

	for (size_t i = 0; i < in.n; i++) {
		uint32_t c = (unsigned char)in.p[i];

		if (c >= 0x80 && c < 0xa0) {
			c = w1252[c - 0x80];
			if (!c && !insist)
				return false;
			if (!c)
				c = 0xfffd;
		}
		to = put_utf8(to, c);
	}
	*out = str_of(p, (size_t)(to - p));
	return true;
}

/* A windows code page of ICU has controls where Encode has nothing: U+FFFD for them. */
static bool no_controls(struct arena *a, struct str *s, bool insist)
{
	struct str in = *s;
	char *p = NULL, *to = NULL;
	size_t from = 0;

	for (size_t i = 0; i + 1 < in.n; i++) {
		if (in.p[i] != '\xc2' || (unsigned char)in.p[i + 1] >= 0xa0)
			continue;
		if (!insist)
			return false;
		if (!p)
			p = to = arena_alloc(a, arena_mul(in.n, 2));
		memcpy(to, in.p + from, i - from);
		to = put_utf8(to + (i - from), 0xfffd);
		from = i + 2;
	}
	if (!p)
		return true;
	memcpy(to, in.p + from, in.n - from);
	*s = str_of(p, (size_t)(to - p) + in.n - from);
	return true;
}

static bool by_icu(struct arena *a, const char *icu, struct str in, bool insist, struct str *out)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *from = ucnv_open(icu, &e);
	UConverter *to = ucnv_open("UTF-8", &e);
	const char *src = in.p;
	size_t room = arena_mul(in.n, 3) + 16;
	char *p = arena_alloc(a, room), *at = p;

	if (U_SUCCESS(e) && !insist)
		ucnv_setToUCallBack(from, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
	if (U_SUCCESS(e)) {
		UChar pivot[1024], *ps = pivot, *pt = pivot;

		ucnv_convertEx(to, from, &at, p + room, &src, in.p + in.n, pivot, &ps, &pt,
			       pivot + 1024, true, true, &e);
	}
	ucnv_close(from);
	ucnv_close(to);
	*out = str_of(p, (size_t)(at - p));
	return U_SUCCESS(e);
}

/* Characters for private use: of ICU's Big5, not of Encode's. */
static bool has_private(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		unsigned char x = (unsigned char)s.p[i], y = (unsigned char)s.p[i + 1];

		if (x == 0xee || (x == 0xef && y < 0xa4))
			return true;
	}
	return false;
}

/* Charsets with nothing at 0x80 to 0x9f but first octets, where ICU has controls. */
static bool lacks_controls(const char *icu)
{
	return str_starts(str_c(icu), STR("EUC-")) || str_starts(str_c(icu), STR("Big5")) ||
	       str_starts(str_c(icu), STR("ibm-1383")) || str_eq(str_c(icu), STR("windows-874"));
}

static bool by_known(struct arena *a, const char *icu, struct str in, bool insist, struct str *out)
{
	bool ok;

	/* Encode's reader of it ends where an octet over 127 stands. */
	if (str_eq(str_c(icu), STR("ISO-2022-JP")))
		for (size_t i = 0; i < in.n; i++)
			if ((unsigned char)in.p[i] >= 0x80)
				in.n = i;
	insist |= str_starts(str_c(icu), STR("ISO-2022")); /* it never complains */
	ok = by_icu(a, icu, in, insist, out);
	/* Half a character at the very end of those of two octets is left out. */
	if (!ok && in.n && (unsigned char)in.p[in.n - 1] >= 0x80 &&
	    !str_starts(str_c(icu), STR("UTF")))
		ok = by_icu(a, icu, str_sub(in, 0, in.n - 1), insist, out);
	if (ok && str_eq(str_c(icu), STR("Big5")) && !insist && has_private(*out))
		return false;
	return ok && (!lacks_controls(icu) || no_controls(a, out, insist));
}

static bool by_name(struct arena *a, struct str name, struct str in, bool insist, struct str *out)
{
	char icu[MAX_NAME] = "";
	size_t i = 0;

	if (fits(name, "iso-8859-1") || fits(name, "iso8859-1") || fits(name, "windows-1252") ||
	    fits(name, "cp1252"))
		return from_w1252(a, in, insist, out);
	while (i < sizeof known / sizeof *known && !fits(name, known[i].name))
		i++;
	if (i == sizeof known / sizeof *known && !str_starts(name, STR("iso8859-")))
		return false;
	if (i < sizeof known / sizeof *known && known[i].icu)
		return by_known(a, known[i].icu, in, insist, out);
	if (str_starts(name, STR("iso"))) {
		struct str n = str_skip(name, str_find(name, STR("8859")));

		memcpy(icu, "iso-", 4);
		memcpy(icu + 4, n.p, n.n);
		return by_icu(a, icu, in, insist, out);
	}
	memcpy(icu, "windows-125x", 13);
	icu[11] = name.p[name.n - 1];
	return by_icu(a, icu, in, insist, out) && no_controls(a, out, insist);
}

/* "UTF-16" without a byte order mark: the order that the octets speak for. */
static const char *utf16_order(struct str in)
{
	size_t le = 0, be = 0, even = 0, odd = 0;

	for (size_t i = 0; i + 1 < in.n; i += 2) {
		unsigned char x = (unsigned char)in.p[i], y = (unsigned char)in.p[i + 1];

		even += (x >> 4) + (x & 15u);
		odd += (y >> 4) + (y & 15u);
		le += x == ' ' && !y;
		be += !x && y == ' ';
	}
	le += even > odd * 4;
	be += odd * 4 > even;
	return le == be ? NULL : (le > be ? "UTF-16LE" : "UTF-16BE");
}

static bool by_utf16(struct arena *a, struct str in, struct str *out)
{
	const char *order;

	if (str_starts(in, STR("\xff\xfe")) || str_starts(in, STR("\xfe\xff")))
		return false;
	order = utf16_order(in);
	return order && by_icu(a, order, in, false, out);
}

static bool declared(struct arena *a, struct str name, struct str in, bool insist, bool tried_utf8,
		     struct str *out)
{
	bool utf8 = fits(name, "utf8") || fits(name, "utf-8");

	if (!insist && (fits(name, "ascii") || fits(name, "us-ascii")))
		return false;
	if (str_starts(name, STR("utf16")) || str_starts(name, STR("utf-16")) ||
	    str_starts(name, STR("utf 16")))
		return by_utf16(a, in, out);
	if (utf8 && tried_utf8)
		return false;
	return by_name(a, name, in, insist, out);
}

struct str view_charset(struct arena *a, struct str in, struct str charset, bool insist, bool *wide)
{
	bool ascii = str_ascii(in), yes;
	struct str name, out = in;

	if (!wide)
		wide = &yes;
	*wide = false;
	if (charset.n >= MAX_NAME)
		charset = STR("?");
	name = arena_lower(a, charset);
	if (ascii && plain(name))
		return in;
	if (!ascii && !insist && utf8_valid(in)) {
		*wide = true;
		return in;
	}
	if (declared(a, name, in, insist, !ascii && !insist, &out)) {
		*wide = true;
		return out;
	}
	if (ascii)
		return in;
	*wide = true;
	from_w1252(a, in, true, &out);
	return out;
}
