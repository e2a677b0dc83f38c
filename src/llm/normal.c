/* Text made plain: one form of each character, and nothing that a reader does not see. */
#include "llm/priv.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/utf8.h"

#define CHUNK 1024u /* characters that ICU gets at once */
#define GROW 18u    /* NFKC makes at most so many UTF-16 units of one */
#define MARKS_IN_A_ROW 4u

/* Seldom in mail, two octets each; where they stand in a text they become blanks. */
static const char *const mark_text[LLM_MARKS] = { "\xCB\x86", "\xC2\xA6", "\xC7\x81", "\xCB\xAD",
						  "\xCA\x98", "\xCB\x9F", "\xC2\xAC", "\xC7\x82" };
static const uint32_t mark_code[LLM_MARKS] = {
	0x2C6, 0xA6, 0x1C1, 0x2ED, 0x298, 0x2DF, 0xAC, 0x1C2
};

struct str llm_mark(unsigned i)
{
	return str_c(mark_text[i % LLM_MARKS]);
}

/* The letter below the marks of c: of Latin, Greek, Cyrillic, Arabic and their like. */
static uint32_t base_of(uint32_t c)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&e);

	for (unsigned i = 0; i < 4 && c >= 0x80; i++) {
		UChar out[8];

		if (unorm2_getRawDecomposition(nfd, (UChar32)c, out, 8, &e) <= 0 || U_FAILURE(e) ||
		    U16_IS_SURROGATE(out[0]))
			break;
		c = out[0];
	}
	return c;
}

uint32_t llm_fold(uint32_t c)
{
	static const char latin1[] = "aaaaaaaceeeeiiiidnooooo.ouuuuyty";

	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if (c < 0xC0)
		return c;
	c = (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT);
	if (c == 0xDF)
		return 's';
	if (c >= 0xE0 && c <= 0xFF && c != 0xF7)
		return (unsigned char)latin1[c - 0xE0];
	return c < 0x2000 ? base_of(c) : c;
}

bool llm_is_letter(uint32_t c)
{
	if (c < 0x80)
		return ch_alpha((char)c);
	return u_isalpha((UChar32)c) ||
	       ((U_GET_GC_MASK((UChar32)c) & (U_GC_MN_MASK | U_GC_MC_MASK)) != 0);
}

enum what { KEEP, DROP, BLANK, LINE };

static bool is_mark_char(uint32_t c)
{
	for (unsigned i = 0; i < LLM_MARKS; i++)
		if (c == mark_code[i])
			return true;
	return false;
}

static enum what what_of(uint32_t c)
{
	if (c == '\n' || c == 0x2028 || c == 0x2029 || c == 0x85)
		return LINE;
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') ? BLANK
		       : c < 32 || c == 127		    ? DROP
							    : KEEP;
	if (c == 0x20E3) /* the frame of a key: of "1" in it the "1" is read */
		return DROP;
	if (u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
	    u_hasBinaryProperty((UChar32)c, UCHAR_BIDI_CONTROL))
		return DROP;
	if (u_isUWhiteSpace((UChar32)c) || is_mark_char(c) || c == 0x2800)
		return BLANK;
	switch (u_charType((UChar32)c)) {
	case U_CONTROL_CHAR:
	case U_FORMAT_CHAR:
	case U_PRIVATE_USE_CHAR:
	case U_SURROGATE:
	case U_UNASSIGNED:
		return DROP;
	default:
		return KEEP;
	}
}

/* What is written, and what it ended in. */
struct plain {
	struct buf out;
	size_t max;
	enum what gap; /* a blank or a line end that is due */
	bool full;
	unsigned marks; /* combining ones in a row */
};

static void put(struct plain *p, struct str c)
{
	size_t gap = p->gap != KEEP && p->out.n ? 1 : 0;

	if (p->out.n + gap + c.n > p->max) {
		p->full = true;
		return;
	}
	if (gap)
		buf_addc(&p->out, p->gap == LINE ? '\n' : ' ');
	p->gap = KEEP;
	buf_add(&p->out, c);
}

static void put_code(struct plain *p, uint32_t c, struct str octets)
{
	enum what w = what_of(c);

	if (w == BLANK || w == LINE) {
		if (p->gap != LINE)
			p->gap = w;
		return;
	}
	if (w == DROP)
		return;
	if (c >= 0x300 && (U_GET_GC_MASK((UChar32)c) & (U_GC_MN_MASK | U_GC_ME_MASK))) {
		if (++p->marks > MARKS_IN_A_ROW)
			return;
	} else {
		p->marks = 0;
	}
	put(p, octets);
}

/* Seen ASCII characters come in runs, which are copied at once, as far as there is room. */
static void put_ascii(struct plain *p, struct str s)
{
	for (size_t i = 0, n; i < s.n && !p->full; i += n) {
		size_t room = p->out.n + 1 < p->max ? p->max - p->out.n - 1 : 0;
		n = 0;
		while (n < room && i + n < s.n && s.p[i + n] > ' ' && s.p[i + n] < 127)
			n++;
		if (n > 1) {
			p->marks = 0;
			put(p, str_sub(s, i, n));
			continue;
		}
		n = 1;
		put_code(p, (unsigned char)s.p[i], str_sub(s, i, 1));
	}
}

static void put_utf16(struct plain *p, const UChar *u, int32_t n)
{
	for (int32_t i = 0; i < n && !p->full;) {
		uint8_t octets[4];
		int32_t len = 0;
		uint32_t code = u[i++];

		if (U16_IS_LEAD(code) && i < n && U16_IS_TRAIL(u[i]))
			code = (uint32_t)U16_GET_SUPPLEMENTARY(code, u[i++]);
		if (U16_IS_SURROGATE(code))
			continue;
		if (code >= 0x660 && u_charType((UChar32)code) == U_DECIMAL_DIGIT_NUMBER)
			code = '0' + (uint32_t)u_charDigitValue((UChar32)code);
		U8_APPEND_UNSAFE(octets, len, code);
		put_code(p, code, str_of((const char *)octets, (size_t)len));
	}
}

/* One run of characters of which some are not ASCII; its invisible ones are left out first, so
 * that what they separated comes together. */
static void put_run(struct plain *p, const uint32_t *code, size_t n)
{
	UChar in[2 * CHUNK], out[GROW * CHUNK];
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&e);
	int32_t len = 0, made;

	for (size_t i = 0; i < n; i++)
		U16_APPEND_UNSAFE(in, len, code[i]);
	made = unorm2_normalize(nfkc, in, len, out, (int32_t)(GROW * CHUNK), &e);
	if (U_SUCCESS(e))
		put_utf16(p, out, made);
	else
		put_utf16(p, in, len);
}

/* Characters from *at on, up to CHUNK: those that are seen, in code. */
static size_t take(struct str text, size_t *at, uint32_t *code)
{
	size_t n = 0, marks = 0;

	while (*at < text.n && n < CHUNK) {
		uint32_t c;
		size_t len = utf8_read(str_skip(text, *at), &c);
		bool mark;

		*at += len ? len : 1;
		if (!len || what_of(c) == DROP)
			continue;
		mark = c >= 0x300 && (U_GET_GC_MASK((UChar32)c) & U_GC_MN_MASK);
		marks = mark ? marks + 1 : 0;
		if (marks > MARKS_IN_A_ROW)
			continue;
		code[n++] = c;
		/* A run ends where an ASCII letter or blank begins: nothing composes over it. */
		if (n > CHUNK / 2 && c == ' ')
			break;
	}
	return n;
}

static size_t ascii_run(struct str text, size_t at)
{
	size_t i = at;

	while (i < text.n && (unsigned char)text.p[i] < 0x80)
		i++;
	/* The last one that is seen may be the base of a mark that follows. */
	if (i < text.n && i > at)
		do
			i--;
		while (i > at && what_of((unsigned char)text.p[i]) == DROP);
	return i - at;
}

struct str llm_normal(struct arena *a, struct str text, size_t max)
{
	struct plain p = { .out = { .arena = a }, .max = max, .gap = KEEP };
	uint32_t code[CHUNK];

	for (size_t at = 0; at < text.n && !p.full;) {
		size_t plain = ascii_run(text, at), n;

		put_ascii(&p, str_sub(text, at, plain));
		at += plain;
		n = take(text, &at, code);
		if (n)
			put_run(&p, code, n);
	}
	return buf_str(&p.out);
}
