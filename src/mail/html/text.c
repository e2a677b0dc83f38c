/* Text as a reader gets it: references, white space, and characters nobody sees. */
#include "mail/html/text.h"

#include "base/utf8.h"
#include "mail/html/entities.h"

/* As bits: 1 is a character of a word, 2 a blank; the others are above them. */
enum kind { PLAIN, WORD, BLANK, SPACE, AMP, HIGH, CONTROL };

#define W WORD
#define C CONTROL
static const unsigned char kind_of[256] = {
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	SPACE,
	SPACE,
	C,
	SPACE,
	SPACE,
	C,
	C, /* NUL to SI */
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C,
	C, /* to US */
	[' '] = BLANK,
	['&'] = AMP,
	[0x7F] = C,
	['0'] = W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	['A'] = W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	['a'] = W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	W,
	[0x80 ... 0xFF] = HIGH,
};
#undef W
#undef C

static unsigned kind_at(struct str s, size_t i)
{
	return kind_of[(unsigned char)s.p[i]];
}

/* Default-ignorable and other characters without a picture (Unicode 15, DerivedCoreProperties). */
static const struct {
	uint32_t from, to;
} unseen[] = {
	{ 0x80, 0x9F },	      { 0xAD, 0xAD },	    { 0x34F, 0x34F },	{ 0x61C, 0x61C },
	{ 0x115F, 0x1160 },   { 0x17B4, 0x17B5 },   { 0x180B, 0x180F }, { 0x200B, 0x200F },
	{ 0x202A, 0x202E },   { 0x2060, 0x206F },   { 0x3164, 0x3164 }, { 0xFE00, 0xFE0F },
	{ 0xFEFF, 0xFEFF },   { 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFF8 }, { 0x1BCA0, 0x1BCA3 },
	{ 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
};

static bool is_unseen(uint32_t c)
{
	if (c < 0x80)
		return false;
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen && c >= unseen[i].from; i++)
		if (c <= unseen[i].to)
			return true;
	return false;
}

static bool is_space(uint32_t c)
{
	return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Pending white space is written; what comes is a character of a word or another one. There is
 * room. */
static void begin(struct html_text *t, bool word)
{
	if (t->line || t->space) {
		if (t->out.n)
			t->out.p[t->out.n++] = t->line ? '\n' : ' ';
		t->counted = 0;
	} else if (word && t->word) {
		t->split += t->cut;
		t->invisible += t->invisible_since;
	}
	t->line = t->space = t->cut = false;
	t->invisible_since = 0;
}

static void write_utf8(struct html_text *t, uint32_t c)
{
	t->out.n += entity_utf8(c, t->out.p + t->out.n);
}

/* Is an invisible character part of how a script is written: joiners and selectors behind
 * characters beyond the Latin ones? */
static bool belongs(const struct html_text *t, uint32_t c)
{
	return (c == 0x200C || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) && t->out.n &&
	       !t->space && !t->line && (unsigned char)t->out.p[t->out.n - 1] >= 0x80 &&
	       t->invisible_since == 0;
}

static bool add_char(struct html_text *t, uint32_t c)
{
	bool word = c >= 0x80 || kind_of[c] == WORD;

	if (is_space(c) || (c < 0x80 && (kind_of[c] == SPACE || kind_of[c] == BLANK))) {
		t->space = true;
		return false;
	}
	if (is_unseen(c) || (c < 0x80 && kind_of[c] == CONTROL)) {
		if (belongs(t, c)) {
			write_utf8(t, c);
			return false;
		}
		t->bidi += c == 0x202D || c == 0x202E;
		if (c >= 0xE0000)
			t->invisible++;
		else if (c > 0x9F)
			t->invisible_since++;
		return false;
	}
	begin(t, word);
	write_utf8(t, c);
	t->word = word;
	t->words += word & !t->counted;
	t->counted |= word;
	return true;
}

/* The reference at s; octets it takes. */
static size_t add_reference(struct html_text *t, struct str s, bool *seen)
{
	uint32_t code[2];
	size_t n = entity_read(s, false, code);

	if (!n) {
		*seen |= add_char(t, '&');
		return 1;
	}
	t->letters += s.p[1] == '#' && code[0] < 0x80 && kind_of[code[0]] == WORD;
	*seen |= add_char(t, code[0]);
	if (code[1])
		*seen |= add_char(t, code[1]);
	return n;
}

static size_t add_high(struct html_text *t, struct str s, bool *seen)
{
	uint32_t code = 0xFFFD;
	size_t n = utf8_read(s, &code);

	*seen |= add_char(t, n ? code : 0xFFFD);
	return n ? n : 1;
}

/* A run of plain ASCII with single blanks between; from is the place of its first character. No
 * branch depends on where words end: that cannot be foretold. */
static size_t add_run(struct html_text *t, struct str s, size_t from)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = from, words = 0;
	unsigned kind = kind_of[p[i]], before = 0, counted;

	begin(t, kind == WORD);
	counted = t->counted;
	while (kind <= BLANK && !(kind & before & BLANK)) {
		words += kind & ~counted & WORD;
		counted = (counted | kind) & ~kind >> 1 & WORD;
		before = kind;
		kind = ++i < s.n ? kind_of[p[i]] : CONTROL;
	}
	if (before == BLANK)
		i--;
	memcpy(t->out.p + t->out.n, s.p + from, i - from);
	t->out.n += i - from;
	t->word = kind_of[p[i - 1]] == WORD;
	t->words += words;
	t->counted = before == BLANK ? 1 : counted;
	return i;
}

bool text_add(struct html_text *t, struct str s, unsigned flags)
{
	bool seen = false;

	/* A broken octet becomes three, and white space may come before the whole. */
	buf_room(&t->out, 3 * s.n + 8);
	for (size_t i = 0; i < s.n;) {
		unsigned kind = kind_at(s, i);

		if (kind <= WORD) {
			i = add_run(t, s, i);
			seen = true;
		} else if (kind == SPACE || kind == BLANK) {
			t->space = true;
			t->line |= (flags & TEXT_LINES) && s.p[i] == '\n';
			i++;
		} else if (kind == AMP && !(flags & TEXT_RAW)) {
			i += add_reference(t, str_skip(s, i), &seen);
		} else if (kind == HIGH) {
			i += add_high(t, str_skip(s, i), &seen);
		} else {
			seen |= add_char(t, (unsigned char)s.p[i++]);
		}
	}
	return seen;
}

size_t text_count(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] != ' ' && s.p[i] != '\n' && ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}
