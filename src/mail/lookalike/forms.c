/* The forms of a label that are compared: skeleton, fold, and without marks. */
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include "base/buf.h"
#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define SKELETON_MAX (8u * LOOK_LABEL_MAX)

/* What looks like a letter of ASCII and is not in the table of TR 39, or there like another. */
static const struct {
	uint32_t from;
	char to[3];
} extra[] = {
	{ 0xdf, "b" },	 { 0xf0, "d" },	  { 0xfe, "p" },   { 0x131, "i" },  { 0x138, "k" },
	{ 0x185, "b" },	 { 0x192, "f" },  { 0x237, "j" },  { 0x250, "a" },  { 0x251, "a" },
	{ 0x25b, "e" },	 { 0x25c, "e" },  { 0x261, "g" },  { 0x262, "g" },  { 0x269, "i" },
	{ 0x26a, "i" },	 { 0x274, "n" },  { 0x27e, "r" },  { 0x280, "r" },  { 0x28b, "u" },
	{ 0x28f, "y" },	 { 0x299, "b" },  { 0x29c, "h" },  { 0x29f, "l" },  { 0x3b1, "a" },
	{ 0x3b2, "b" },	 { 0x3b4, "d" },  { 0x3b5, "e" },  { 0x3b7, "n" },  { 0x3b9, "i" },
	{ 0x3ba, "k" },	 { 0x3bc, "u" },  { 0x3bd, "v" },  { 0x3bf, "o" },  { 0x3c0, "n" },
	{ 0x3c1, "p" },	 { 0x3c3, "o" },  { 0x3c4, "t" },  { 0x3c5, "u" },  { 0x3c7, "x" },
	{ 0x3c9, "w" },	 { 0x3f2, "c" },  { 0x3f3, "j" },  { 0x431, "b" },  { 0x432, "b" },
	{ 0x433, "r" },	 { 0x437, "e" },  { 0x438, "u" },  { 0x43a, "k" },  { 0x43c, "m" },
	{ 0x43d, "h" },	 { 0x43f, "n" },  { 0x442, "t" },  { 0x448, "w" },  { 0x44a, "b" },
	{ 0x44c, "b" },	 { 0x454, "e" },  { 0x45b, "h" },  { 0x461, "w" },  { 0x4cf, "l" },
	{ 0x4bb, "h" },	 { 0x501, "d" },  { 0x51b, "q" },  { 0x51d, "w" },  { 0x561, "w" },
	{ 0x563, "q" },	 { 0x566, "q" },  { 0x570, "h" },  { 0x578, "n" },  { 0x57a, "w" },
	{ 0x57d, "u" },	 { 0x581, "g" },  { 0x582, "l" },  { 0x584, "f" },  { 0x585, "o" },
	{ 0x1d00, "a" }, { 0x1d04, "c" }, { 0x1d05, "d" }, { 0x1d07, "e" }, { 0x1d0a, "j" },
	{ 0x1d0b, "k" }, { 0x1d0d, "m" }, { 0x1d0f, "o" }, { 0x1d18, "p" }, { 0x1d1b, "t" },
	{ 0x1d1c, "u" }, { 0x1d20, "v" }, { 0x1d21, "w" }, { 0x1d22, "z" }, { 0xa731, "s" },
	{ 0xa793, "e" }, { 0xa7b5, "b" }, { 0xa7b7, "w" },
};

static const char *extra_of(uint32_t c)
{
	for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
		if (extra[i].from == c)
			return extra[i].to;
	return NULL;
}

static void put_code(struct buf *b, uint32_t c)
{
	uint8_t utf8[U8_MAX_LENGTH];
	int32_t n = 0;

	U8_APPEND_UNSAFE(utf8, n, c);
	buf_add(b, str_of((const char *)utf8, (size_t)n));
}

struct str look_lower(struct arena *a, struct str s)
{
	struct buf b = { .arena = a };
	uint32_t c;

	if (str_ascii(s))
		return arena_lower(a, s);
	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		char_at(s, i, &c);
		put_code(&b, (uint32_t)u_tolower((UChar32)c));
	}
	return buf_str(&b);
}

static bool is_mark(UChar32 c)
{
	return (U_MASK(u_charType(c)) & (uint32_t)(U_GC_MN_MASK | U_GC_ME_MASK)) != 0;
}

static UChar32 next_code(const UChar *s, int32_t *i, int32_t n)
{
	unsigned lead = s[(*i)++];

	if (lead < 0xd800 || lead > 0xdbff || *i == n)
		return (UChar32)lead;
	return (UChar32)(0x10000 + ((lead - 0xd800) << 10) + (s[(*i)++] - 0xdc00u));
}

/* In lower case, if it is no mark. twins: as the letter that it looks like. */
static void put_base(struct buf *b, UChar32 c, bool twins)
{
	const char *twin;

	if (is_mark(c) && c < 0x900)
		return;
	c = u_tolower(c);
	twin = twins ? extra_of((uint32_t)c) : NULL;
	if (twin)
		buf_add(b, str_c(twin));
	else
		put_code(b, (uint32_t)c);
}

/* The pieces of a character by NFD. */
static void put_pieces(struct buf *b, const UNormalizer2 *nfd, uint32_t c, bool twins)
{
	UChar part[32];
	UErrorCode err = U_ZERO_ERROR;
	int32_t n = unorm2_getDecomposition(nfd, (UChar32)c, part, 32, &err), i = 0;

	if (U_FAILURE(err) || n < 0)
		put_base(b, (UChar32)c, twins);
	else
		while (i < n)
			put_base(b, next_code(part, &i, n), twins);
}

static struct str without_marks(struct arena *a, struct str s, bool twins)
{
	struct buf b = { .arena = a };
	UErrorCode err = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&err);
	uint32_t c;

	if (U_FAILURE(err))
		return s;
	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		char_at(s, i, &c);
		if (!char_invisible(c))
			put_pieces(&b, nfd, c, twins);
	}
	return buf_str(&b);
}

/* The letter that a sign of ASCII is taken for. */
static char letter_like(char c)
{
	static const char digit[] = "olzeasbtbg"; /* 0 to 9 */

	if (ch_digit(c))
		return digit[c - '0'];
	c = ch_lower(c);
	return c == 'i' || c == '|' || c == '!' ? 'l' : c == 'q' ? 'g' : c == '$' ? 's' : c;
}

struct str look_fold_map(struct arena *a, struct str s, uint8_t *from)
{
	struct str base = str_ascii(s) ? s : without_marks(a, s, true);
	char *out = arena_alloc(a, base.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < base.n; i++) {
		char c = ch_lower(base.p[i]),
		     next = i + 1 < base.n ? ch_lower(base.p[i + 1]) : '\0';
		bool pair = (c == 'r' && next == 'n') || (c == 'v' && next == 'v') ||
			    (c == 'c' && next == 'l');
		if (from)
			from[n] = (uint8_t)i;
		out[n++] = !pair ? letter_like(c) : c == 'r' ? 'm' : c == 'v' ? 'w' : 'd';
		i += pair;
	}
	return str_of(out, n);
}

struct str look_fold(struct arena *a, struct str s)
{
	return look_fold_map(a, s, NULL);
}

struct str look_skeleton(const struct lookalike *l, struct arena *a, struct str text)
{
	char *out = arena_alloc(a, SKELETON_MAX);
	UErrorCode err = U_ZERO_ERROR;
	int32_t n = uspoof_getSkeletonUTF8(l->spoof, 0, text.p, (int32_t)text.n, out, SKELETON_MAX,
					   &err);

	return U_FAILURE(err) || n < 0 || (size_t)n > SKELETON_MAX ? text : str_of(out, (size_t)n);
}

struct look_label look_forms(const struct lookalike *l, struct arena *a, struct str text)
{
	struct look_label k = { .ascii = str_ascii(text) };

	k.text = look_lower(a, str_sub(text, 0, LOOK_LABEL_MAX));
	k.skel = k.bare = k.text;
	if (!k.ascii) {
		k.skel = look_skeleton(l, a, k.text);
		k.bare = without_marks(a, k.text, false);
	}
	k.fold = look_fold(a, k.skel);
	return k;
}
