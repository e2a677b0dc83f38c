/* Text in the forms in which phrases are looked for. */
#include "llm/finder.h"

#include <unicode/uchar.h>

#include "base/utf8.h"

#define SPACED_MIN 6u /* single letters in a row that are a disguise */
#define SENTENCE_FAR 40u
#define SPACED_MAX 400u /* letters of one such run that are read together */

struct writer {
	struct arena *arena;
	char *p;
	uint32_t *at;
	size_t n, cap;
	size_t far; /* for the sentences before: places count as farther apart */
};

static __attribute__((noinline)) void grow(struct writer *w)
{
	size_t cap = w->cap ? w->cap * 2 : 256;

	w->p = arena_grow(w->arena, w->p, w->cap, cap);
	w->at = arena_grow(w->arena, w->at, w->cap * sizeof(*w->at), cap * sizeof(*w->at));
	w->cap = cap;
}

static inline void put(struct writer *w, char c, size_t at)
{
	if (w->n == w->cap)
		grow(w);
	w->p[w->n] = c;
	w->at[w->n++] = (uint32_t)(at + w->far);
}

static void put_code(struct writer *w, uint32_t c, size_t at)
{
	uint8_t octets[4];
	size_t len = 0;

	U8_APPEND_UNSAFE(octets, len, c);
	for (size_t i = 0; i < len; i++)
		put(w, (char)octets[i], at);
}

/* Most characters are letters without a mark, which are the same in every form. */
static inline bool put_letter(struct writer *w, char c, size_t at)
{
	if (!ch_alpha(c))
		return false;
	put(w, ch_lower(c), at);
	return true;
}

static void put_gap(struct writer *w, size_t at)
{
	if (!w->n || w->p[w->n - 1] != ' ')
		put(w, ' ', at);
}

static struct fold done(struct writer *w)
{
	return (struct fold){ str_of(w->p, w->n), w->at };
}

static bool is_mark(uint32_t c)
{
	return c >= 0x300 && (U_GET_GC_MASK((UChar32)c) & (U_GC_MN_MASK | U_GC_ME_MASK));
}

/* A sentence ends at s.p[i]. */
static bool ends_sentence(struct str s, size_t i)
{
	return (s.p[i] == '.' || s.p[i] == '!' || s.p[i] == '?') &&
	       (i + 1 == s.n || ch_fws(s.p[i + 1]));
}

struct fold fold_words(struct arena *a, struct str normal)
{
	struct writer w = { .arena = a };

	put(&w, ' ', 0);
	for (size_t i = 0, n; i < normal.n; i += n) {
		uint32_t c, f;

		n = 1;
		if (put_letter(&w, normal.p[i], i))
			continue;
		w.far += ends_sentence(normal, i) ? SENTENCE_FAR : 0;
		n = utf8_read(str_skip(normal, i), &c);
		if (!n) {
			n = 1;
			continue;
		}
		f = llm_fold(c);
		if (is_mark(f))
			continue;
		if (f < 0x80 ? ch_alnum((char)f) : u_isalnum((UChar32)f) || llm_is_letter(f))
			put_code(&w, f, i);
		else
			put_gap(&w, i);
	}
	put_gap(&w, normal.n);
	return done(&w);
}

struct fold fold_signs(struct arena *a, struct str normal)
{
	struct writer w = { .arena = a };

	put(&w, '\n', 0);
	for (size_t i = 0; i < normal.n; i++) {
		w.far += ends_sentence(normal, i) ? SENTENCE_FAR : 0;
		if (normal.p[i] == '\n' && w.p[w.n - 1] != '\n')
			put(&w, '\n', i);
		else if (!ch_fws(normal.p[i]))
			put(&w, ch_lower(normal.p[i]), i);
	}
	return done(&w);
}

struct fold fold_rot13(struct arena *a, struct fold f)
{
	char *p = arena_alloc(a, f.s.n + 1);

	for (size_t i = 0; i < f.s.n; i++) {
		char c = f.s.p[i];

		p[i] = c;
		if (c >= 'a' && c <= 'z')
			p[i] = (char)('a' + (c - 'a' + 13) % 26);
	}
	return (struct fold){ str_of(p, f.s.n), f.at };
}

struct fold fold_backwards(struct arena *a, struct fold f)
{
	struct writer w = { .arena = a };

	for (size_t i = f.s.n; i; i--)
		put(&w, f.s.p[i - 1], f.at[i - 1]);
	return done(&w);
}

/* ---- disguise ---- */

/* Letters of other scripts by the Latin ones they look like; in order. */
static const struct {
	uint16_t code;
	char as;
} looks[] = {
	{ 0x0111, 'd' }, { 0x0131, 'i' }, { 0x0142, 'l' }, { 0x0180, 'b' }, { 0x0251, 'a' },
	{ 0x0261, 'g' }, { 0x0262, 'g' }, { 0x0269, 'i' }, { 0x026A, 'i' }, { 0x0274, 'n' },
	{ 0x0280, 'r' }, { 0x028F, 'y' }, { 0x0299, 'b' }, { 0x029C, 'h' }, { 0x029F, 'l' },
	{ 0x03B1, 'a' }, { 0x03B2, 'b' }, { 0x03B3, 'y' }, { 0x03B5, 'e' }, { 0x03B7, 'n' },
	{ 0x03B9, 'i' }, { 0x03BA, 'k' }, { 0x03BC, 'u' }, { 0x03BD, 'v' }, { 0x03BF, 'o' },
	{ 0x03C1, 'p' }, { 0x03C3, 'o' }, { 0x03C4, 't' }, { 0x03C5, 'u' }, { 0x03C7, 'x' },
	{ 0x03C9, 'w' }, { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0433, 'r' }, { 0x0435, 'e' },
	{ 0x0437, '3' }, { 0x0438, 'u' }, { 0x043A, 'k' }, { 0x043C, 'm' }, { 0x043D, 'h' },
	{ 0x043E, 'o' }, { 0x043F, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' },
	{ 0x0443, 'y' }, { 0x0445, 'x' }, { 0x044C, 'b' }, { 0x0455, 's' }, { 0x0456, 'i' },
	{ 0x0458, 'j' }, { 0x04BB, 'h' }, { 0x04CF, 'l' }, { 0x0501, 'd' }, { 0x051B, 'q' },
	{ 0x051D, 'w' }, { 0x0561, 'w' }, { 0x0570, 'h' }, { 0x0575, 'j' }, { 0x0578, 'n' },
	{ 0x057D, 'u' }, { 0x0581, 'g' }, { 0x0585, 'o' }, { 0x13A0, 'd' }, { 0x1D00, 'a' },
	{ 0x1D04, 'c' }, { 0x1D05, 'd' }, { 0x1D07, 'e' }, { 0x1D0A, 'j' }, { 0x1D0B, 'k' },
	{ 0x1D0D, 'm' }, { 0x1D0F, 'o' }, { 0x1D18, 'p' }, { 0x1D1B, 't' }, { 0x1D1C, 'u' },
	{ 0x1D20, 'v' }, { 0x1D21, 'w' }, { 0x1D22, 'z' }, { 0x1E9F, 'd' }, { 0xA730, 'f' },
	{ 0xA731, 's' },
};

static char look_of(uint32_t c)
{
	size_t low = 0, high = sizeof(looks) / sizeof(*looks);

	if (c >= 0x1F130 && c <= 0x1F189) /* letters in squares and circles */
		return (char)('a' + (c - 0x1F130) % 32 % 26);
	if (c >= 0x1F1E6 && c <= 0x1F1FF)
		return (char)('a' + (c - 0x1F1E6));
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (looks[mid].code < c)
			low = mid + 1;
		else
			high = mid;
	}
	return low < sizeof(looks) / sizeof(*looks) && looks[low].code == c ? looks[low].as : 0;
}

static char leet_of(char c)
{
	switch (c) {
	case '0':
		return 'o';
	case '1':
	case '!':
	case '|':
		return 'i';
	case '3':
		return 'e';
	case '4':
	case '@':
		return 'a';
	case '5':
	case '$':
		return 's';
	case '7':
		return 't';
	default:
		return 0;
	}
}

/* Beside a letter, on either side; the text is folded on the fly, so what comes is looked up. */
static bool beside_letter(const struct writer *w, struct str s, size_t i)
{
	bool before = w->n && ch_alpha(w->p[w->n - 1]);

	return before || (i + 1 < s.n && ch_alpha(s.p[i + 1]));
}

/* One character; true: it was a disguise. */
static bool undo(struct writer *w, struct str s, size_t i, uint32_t c)
{
	uint32_t f = llm_fold(c);
	char as = f >= 0x80 ? look_of(f) : 0;

	if (is_mark(f))
		return false;
	if (as) {
		put(w, as, i);
		return true;
	}
	as = f < 0x80 ? leet_of((char)f) : 0;
	if (as && beside_letter(w, s, i)) {
		put(w, as, i);
		return true;
	}
	if (f < 0x80 ? ch_alnum((char)f) : llm_is_letter(f))
		put_code(w, f, i);
	else
		put_gap(w, i);
	return false;
}

/* Words of which spaced letters are made, longer ones first. */
static const char *const spaced_words[] = {
	"instructions", "instruction", "legitimate", "classify", "disregard", "assistant",
	"previous",	"everything",  "language",   "respond",	 "message",   "answer",
	"ignore",	"system",      "prompt",     "output",	 "forget",    "filter",
	"prior",	"above",       "model",	     "rules",	 "label",     "email",
	"treat",	"reply",       "mark",	     "mail",	 "this",      "your",
	"only",		"with",	       "safe",	     "spam",	 "ham",	      "the",
	"all",		"any",	       "you",	     "are",	 "and",	      "now",
	"not",		"as",	       "it",	     "is",	 "ai",
};

static size_t spaced_word(struct str s)
{
	for (size_t i = 0; i < sizeof(spaced_words) / sizeof(*spaced_words); i++)
		if (str_starts(s, str_c(spaced_words[i])))
			return strlen(spaced_words[i]);
	return 1;
}

/* "i g n o r e a l l" from place from of f on, as words. */
static void put_spaced(struct writer *w, const struct fold *f, size_t from, size_t letters)
{
	char run[SPACED_MAX];
	size_t n = letters < SPACED_MAX ? letters : SPACED_MAX, end = from + 2 * n;

	for (size_t i = 0; i < n; i++)
		run[i] = f->s.p[from + 2 * i];
	for (size_t i = 0, len; i < n; i += len) {
		len = spaced_word(str_of(run + i, n - i));
		for (size_t k = 0; k < len; k++)
			put(w, run[i + k], f->at[from + 2 * (i + k)]);
		put(w, ' ', f->at[end < f->s.n ? end : f->s.n - 1]);
	}
}

/* Single ASCII letters from i on with a blank behind each. */
static size_t letters_at(const struct fold *f, size_t i)
{
	size_t n = 0;

	while (i + 1 < f->s.n && n < SPACED_MAX && ch_alpha(f->s.p[i]) && f->s.p[i + 1] == ' ')
		n++, i += 2;
	return n;
}

static bool has_spaced(const struct fold *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->s.n && n < SPACED_MIN; i += n ? 2 * n : 1)
		n = !i || f->s.p[i - 1] == ' ' ? letters_at(f, i) : 0;
	return n >= SPACED_MIN;
}

static bool join_spaced(struct arena *a, struct fold *f)
{
	struct writer w = { .arena = a };

	if (!has_spaced(f))
		return false;
	for (size_t i = 0; i < f->s.n;) {
		bool start = !i || f->s.p[i - 1] == ' ';
		size_t n = start ? letters_at(f, i) : 0;

		if (n >= SPACED_MIN) {
			put_spaced(&w, f, i, n);
			i += 2 * n;
			continue;
		}
		for (n = n ? 2 * n : 1; n; n--, i++)
			put(&w, f->s.p[i], f->at[i]);
	}
	*f = done(&w);
	return true;
}

struct fold fold_disguise(struct arena *a, struct str normal)
{
	struct writer w = { .arena = a };
	bool found = false;
	struct fold f;

	put(&w, ' ', 0);
	for (size_t i = 0, n; i < normal.n; i += n) {
		uint32_t c;

		n = 1;
		if (put_letter(&w, normal.p[i], i))
			continue;
		w.far += ends_sentence(normal, i) ? SENTENCE_FAR : 0;
		n = utf8_read(str_skip(normal, i), &c);
		if (n)
			found = undo(&w, normal, i, c) || found;
		else
			n = 1;
	}
	put_gap(&w, normal.n);
	f = done(&w);
	return join_spaced(a, &f) || found ? f : (struct fold){ STR_NULL, NULL };
}
