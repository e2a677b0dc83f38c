/* Character references as HTML::Parser undoes them: those of HTML 4, and fewer of them than a
 * browser knows. */
#include "mail/view/sahtml.h"

#define MAX_NAME 8u   /* of the names in the table */
#define MAX_PREFIX 6u /* of those that need no ";" */

/* In the order of their octets; those that need the ";" are in the second table. */
struct reference {
	char name[MAX_NAME];
	uint16_t code;
};

static const struct reference bare[] = {
	{ "AElig", 0xc6 },  { "Aacute", 0xc1 }, { "Acirc", 0xc2 },  { "Agrave", 0xc0 },
	{ "Aring", 0xc5 },  { "Atilde", 0xc3 }, { "Auml", 0xc4 },   { "Ccedil", 0xc7 },
	{ "ETH", 0xd0 },    { "Eacute", 0xc9 }, { "Ecirc", 0xca },  { "Egrave", 0xc8 },
	{ "Euml", 0xcb },   { "Iacute", 0xcd }, { "Icirc", 0xce },  { "Igrave", 0xcc },
	{ "Iuml", 0xcf },   { "Ntilde", 0xd1 }, { "Oacute", 0xd3 }, { "Ocirc", 0xd4 },
	{ "Ograve", 0xd2 }, { "Oslash", 0xd8 }, { "Otilde", 0xd5 }, { "Ouml", 0xd6 },
	{ "THORN", 0xde },  { "Uacute", 0xda }, { "Ucirc", 0xdb },  { "Ugrave", 0xd9 },
	{ "Uuml", 0xdc },   { "Yacute", 0xdd }, { "aacute", 0xe1 }, { "acirc", 0xe2 },
	{ "acute", 0xb4 },  { "aelig", 0xe6 },	{ "agrave", 0xe0 }, { "amp", 0x26 },
	{ "apos", 0x27 },   { "aring", 0xe5 },	{ "atilde", 0xe3 }, { "auml", 0xe4 },
	{ "brvbar", 0xa6 }, { "ccedil", 0xe7 }, { "cedil", 0xb8 },  { "cent", 0xa2 },
	{ "copy", 0xa9 },   { "curren", 0xa4 }, { "deg", 0xb0 },    { "divide", 0xf7 },
	{ "eacute", 0xe9 }, { "ecirc", 0xea },	{ "egrave", 0xe8 }, { "eth", 0xf0 },
	{ "euml", 0xeb },   { "frac12", 0xbd }, { "frac14", 0xbc }, { "frac34", 0xbe },
	{ "gt", 0x3e },	    { "iacute", 0xed }, { "icirc", 0xee },  { "iexcl", 0xa1 },
	{ "igrave", 0xec }, { "iquest", 0xbf }, { "iuml", 0xef },   { "laquo", 0xab },
	{ "lt", 0x3c },	    { "macr", 0xaf },	{ "micro", 0xb5 },  { "middot", 0xb7 },
	{ "nbsp", 0xa0 },   { "not", 0xac },	{ "ntilde", 0xf1 }, { "oacute", 0xf3 },
	{ "ocirc", 0xf4 },  { "ograve", 0xf2 }, { "ordf", 0xaa },   { "ordm", 0xba },
	{ "oslash", 0xf8 }, { "otilde", 0xf5 }, { "ouml", 0xf6 },   { "para", 0xb6 },
	{ "plusmn", 0xb1 }, { "pound", 0xa3 },	{ "quot", 0x22 },   { "raquo", 0xbb },
	{ "reg", 0xae },    { "sect", 0xa7 },	{ "shy", 0xad },    { "sup1", 0xb9 },
	{ "sup2", 0xb2 },   { "sup3", 0xb3 },	{ "szlig", 0xdf },  { "thorn", 0xfe },
	{ "times", 0xd7 },  { "uacute", 0xfa }, { "ucirc", 0xfb },  { "ugrave", 0xf9 },
	{ "uml", 0xa8 },    { "uuml", 0xfc },	{ "yacute", 0xfd }, { "yen", 0xa5 },
	{ "yuml", 0xff },
};

static const struct reference closed[] = {
	{ "Alpha", 0x391 },   { "Beta", 0x392 },     { "Chi", 0x3a7 },	   { "Dagger", 0x2021 },
	{ "Delta", 0x394 },   { "Epsilon", 0x395 },  { "Eta", 0x397 },	   { "Gamma", 0x393 },
	{ "Iota", 0x399 },    { "Kappa", 0x39a },    { "Lambda", 0x39b },  { "Mu", 0x39c },
	{ "Nu", 0x39d },      { "OElig", 0x152 },    { "Omega", 0x3a9 },   { "Omicron", 0x39f },
	{ "Phi", 0x3a6 },     { "Pi", 0x3a0 },	     { "Prime", 0x2033 },  { "Psi", 0x3a8 },
	{ "Rho", 0x3a1 },     { "Scaron", 0x160 },   { "Sigma", 0x3a3 },   { "Tau", 0x3a4 },
	{ "Theta", 0x398 },   { "Upsilon", 0x3a5 },  { "Xi", 0x39e },	   { "Yuml", 0x178 },
	{ "Zeta", 0x396 },    { "alefsym", 0x2135 }, { "alpha", 0x3b1 },   { "and", 0x2227 },
	{ "ang", 0x2220 },    { "asymp", 0x2248 },   { "bdquo", 0x201e },  { "beta", 0x3b2 },
	{ "bull", 0x2022 },   { "cap", 0x2229 },     { "chi", 0x3c7 },	   { "circ", 0x2c6 },
	{ "clubs", 0x2663 },  { "cong", 0x2245 },    { "crarr", 0x21b5 },  { "cup", 0x222a },
	{ "dArr", 0x21d3 },   { "dagger", 0x2020 },  { "darr", 0x2193 },   { "delta", 0x3b4 },
	{ "diams", 0x2666 },  { "empty", 0x2205 },   { "emsp", 0x2003 },   { "ensp", 0x2002 },
	{ "epsilon", 0x3b5 }, { "equiv", 0x2261 },   { "eta", 0x3b7 },	   { "euro", 0x20ac },
	{ "exist", 0x2203 },  { "fnof", 0x192 },     { "forall", 0x2200 }, { "frasl", 0x2044 },
	{ "gamma", 0x3b3 },   { "ge", 0x2265 },	     { "hArr", 0x21d4 },   { "harr", 0x2194 },
	{ "hearts", 0x2665 }, { "hellip", 0x2026 },  { "image", 0x2111 },  { "infin", 0x221e },
	{ "int", 0x222b },    { "iota", 0x3b9 },     { "isin", 0x2208 },   { "kappa", 0x3ba },
	{ "lArr", 0x21d0 },   { "lambda", 0x3bb },   { "lang", 0x2329 },   { "larr", 0x2190 },
	{ "lceil", 0x2308 },  { "ldquo", 0x201c },   { "le", 0x2264 },	   { "lfloor", 0x230a },
	{ "lowast", 0x2217 }, { "loz", 0x25ca },     { "lrm", 0x200e },	   { "lsaquo", 0x2039 },
	{ "lsquo", 0x2018 },  { "mdash", 0x2014 },   { "minus", 0x2212 },  { "mu", 0x3bc },
	{ "nabla", 0x2207 },  { "ndash", 0x2013 },   { "ne", 0x2260 },	   { "ni", 0x220b },
	{ "notin", 0x2209 },  { "nsub", 0x2284 },    { "nu", 0x3bd },	   { "oelig", 0x153 },
	{ "oline", 0x203e },  { "omega", 0x3c9 },    { "omicron", 0x3bf }, { "oplus", 0x2295 },
	{ "or", 0x2228 },     { "otimes", 0x2297 },  { "part", 0x2202 },   { "permil", 0x2030 },
	{ "perp", 0x22a5 },   { "phi", 0x3c6 },	     { "pi", 0x3c0 },	   { "piv", 0x3d6 },
	{ "prime", 0x2032 },  { "prod", 0x220f },    { "prop", 0x221d },   { "psi", 0x3c8 },
	{ "rArr", 0x21d2 },   { "radic", 0x221a },   { "rang", 0x232a },   { "rarr", 0x2192 },
	{ "rceil", 0x2309 },  { "rdquo", 0x201d },   { "real", 0x211c },   { "rfloor", 0x230b },
	{ "rho", 0x3c1 },     { "rlm", 0x200f },     { "rsaquo", 0x203a }, { "rsquo", 0x2019 },
	{ "sbquo", 0x201a },  { "scaron", 0x161 },   { "sdot", 0x22c5 },   { "sigma", 0x3c3 },
	{ "sigmaf", 0x3c2 },  { "sim", 0x223c },     { "spades", 0x2660 }, { "sub", 0x2282 },
	{ "sube", 0x2286 },   { "sum", 0x2211 },     { "sup", 0x2283 },	   { "supe", 0x2287 },
	{ "tau", 0x3c4 },     { "there4", 0x2234 },  { "theta", 0x3b8 },   { "thetasym", 0x3d1 },
	{ "thinsp", 0x2009 }, { "tilde", 0x2dc },    { "trade", 0x2122 },  { "uArr", 0x21d1 },
	{ "uarr", 0x2191 },   { "upsih", 0x3d2 },    { "upsilon", 0x3c5 }, { "weierp", 0x2118 },
	{ "xi", 0x3be },      { "zeta", 0x3b6 },     { "zwj", 0x200d },	   { "zwnj", 0x200c },
};

/* At most eight octets as a number that is ordered as they are. */
static uint64_t key(const char *p, size_t n)
{
	unsigned char pad[MAX_NAME] = { 0 };
	uint64_t k = 0;

	memcpy(pad, p, n);
	for (size_t i = 0; i < MAX_NAME; i++)
		k = k << 8 | pad[i];
	return k;
}

static const struct reference *find(const struct reference *t, size_t n, struct str name)
{
	size_t lo = 0, hi = n;
	uint64_t want;

	if (name.n > MAX_NAME)
		return NULL;
	want = key(name.p, name.n);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		uint64_t at = key(t[mid].name, MAX_NAME);

		if (at == want)
			return &t[mid];
		if (at < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The code that s, which begins after "&" and is no number, names; *used: octets of it. prefix: a
 * name may be the beginning of a longer word. 0: none. */
static uint32_t named(struct str s, bool prefix, size_t *used)
{
	const struct reference *r;
	size_t n = 0;

	while (n < s.n && (ch_alnum(s.p[n]) || s.p[n] == '_'))
		n++;
	*used = n;
	if (n == 0)
		return 0;
	r = find(bare, sizeof bare / sizeof *bare, str_sub(s, 0, n));
	if (!r && n < s.n && s.p[n] == ';')
		r = find(closed, sizeof closed / sizeof *closed, str_sub(s, 0, n));
	if (r || !prefix)
		return r ? r->code : 0;
	n = n - 1 > MAX_PREFIX ? MAX_PREFIX : n - 1;
	for (; n > 1 && !r; n--) {
		r = find(bare, sizeof bare / sizeof *bare, str_sub(s, 0, n));
		*used = n;
	}
	return r ? r->code : 0;
}

/* The number after "&#"; 0: there is none, or it is too large. */
static uint32_t number(struct str s, size_t *used)
{
	size_t i = 0, from;
	uint32_t base = 10, n = 0;

	if (s.n && (s.p[0] == 'x' || s.p[0] == 'X')) {
		base = 16;
		i = 1;
	}
	from = i;
	for (; i < s.n; i++) {
		int d = ch_hex(s.p[i]);

		if (d < 0 || (uint32_t)d >= base)
			break;
		n = n * base + (uint32_t)d;
		if (n > 0x10ffff)
			return 0;
	}
	*used = i;
	return i > from ? n : 0;
}

static void put(struct buf *b, uint32_t c)
{
	char *p = buf_room(b, 4);

	if (c < 0x80) {
		p[0] = (char)c;
		b->n += 1;
	} else if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 63));
		b->n += 2;
	} else if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 63));
		p[2] = (char)(0x80 | (c & 63));
		b->n += 3;
	} else {
		p[0] = (char)(0xf0 | c >> 18);
		p[1] = (char)(0x80 | (c >> 12 & 63));
		p[2] = (char)(0x80 | (c >> 6 & 63));
		p[3] = (char)(0x80 | (c & 63));
		b->n += 4;
	}
}

/* A number as a character: halves of surrogate pairs are put together, what is none becomes
 * U+FFFD. *high: the first half, if that came just before. */
static uint32_t character(struct buf *b, uint32_t c, uint32_t *high)
{
	uint32_t first = *high;

	*high = 0;
	if (c >= 0xd800 && c < 0xdc00) {
		*high = c;
		return 0xfffd;
	}
	if (c >= 0xdc00 && c < 0xe000) {
		if (!first)
			return 0xfffd;
		b->n -= 3; /* the U+FFFD of the first half */
		return ((first - 0xd800) << 10) + (c - 0xdc00) + 0x10000;
	}
	return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe ? 0xfffd : c;
}

struct str sahtml_unescape(struct arena *a, struct str s, bool prefix, bool *wide)
{
	struct buf b = { .arena = a };
	size_t at = str_chr(s, '&'), used, from = 0;
	uint32_t high = 0;

	if (at == SIZE_MAX)
		return s;
	buf_room(&b, s.n + 4);
	for (; at < s.n; at++) {
		struct str rest = str_skip(s, at + 1);
		bool numeric = rest.n && rest.p[0] == '#';
		uint32_t c;

		if (s.p[at] != '&')
			continue;
		buf_add(&b, str_sub(s, from, at - from));
		if (at != from)
			high = 0;
		from = at;
		c = numeric ? number(str_skip(rest, 1), &used) : named(rest, prefix, &used);
		if (c == 0 || (numeric && (c == 0xfffe || c == 0xffff)))
			continue;
		if (numeric && (*wide || c > 255))
			c = character(&b, c, &high);
		else
			high = 0;
		*wide |= c > 255;
		put(&b, c);
		at += used + numeric;
		if (at + 1 < s.n && s.p[at + 1] == ';')
			at++;
		from = at + 1;
	}
	buf_add(&b, str_skip(s, from));
	return buf_str(&b);
}
