/*
 * Undoes what people write so that programs do not see a URL: [.] (dot) {dot} "[:]" hxxp, " dot ",
 * soft hyphens and zero-width characters, full-width and mathematical letters, ideographic stops.
 * Each look-ahead is bounded by a constant, so that the whole is linear.
 */
#include "mail/url/fold.h"

#include <unicode/unorm2.h>

#include "mail/url/chars.h"

#define BLANKS_MAX 2u /* around a dot in brackets, or a dot in words */

struct folder {
	struct str t;
	size_t i;
	char *out;
	uint32_t *at;
	uint8_t *mark;
	size_t n;
	const UNormalizer2 *nfkc;
	uint8_t pending; /* marks for the next octet */
	bool web;	 /* the word under way began with www or has a scheme */
	size_t word;	 /* where it began in out */
};

static char octet(const struct folder *f, size_t i)
{
	return i < f->t.n ? f->t.p[i] : '\0';
}

static void put(struct folder *f, char c, size_t from, unsigned mark)
{
	f->out[f->n] = c;
	f->at[f->n] = (uint32_t)from;
	f->mark[f->n++] = (uint8_t)(mark | f->pending);
	f->pending = 0;
}

static bool alnum_behind(const struct folder *f)
{
	return f->n && (ch_alnum(f->out[f->n - 1]) || (unsigned char)f->out[f->n - 1] >= 0x80);
}

static size_t skip_blanks(const struct folder *f, size_t i)
{
	size_t from = i;

	while (i - from < BLANKS_MAX && octet(f, i) == ' ')
		i++;
	return i;
}

static bool letter_at(const struct folder *f, size_t i)
{
	return ch_alnum(octet(f, i)) || (unsigned char)octet(f, i) >= 0x80;
}

/* Length of "." or "dot" at i; 0: neither. */
static size_t dot_at(const struct folder *f, size_t i)
{
	if (octet(f, i) == '.')
		return 1;
	return str_istarts(str_sub(f->t, i, 3), STR("dot")) ? 3 : 0;
}

static char closing(char open)
{
	return open == '[' ? ']' : open == '(' ? ')' : open == '{' ? '}' : '\0';
}

static void drop_blanks(struct folder *f)
{
	for (size_t k = 0; k < BLANKS_MAX && f->n && f->out[f->n - 1] == ' '; k++)
		f->n--;
}

/* "[.]", " (dot) ", "{ dot }" between letters. */
static bool bracket_dot(struct folder *f)
{
	size_t from = f->i, i = skip_blanks(f, from + 1), n = dot_at(f, i), was = f->n;

	if (!n)
		return false;
	i = skip_blanks(f, i + n);
	if (octet(f, i) != closing(octet(f, from)) || !letter_at(f, skip_blanks(f, i + 1)))
		return false;
	drop_blanks(f);
	if (!alnum_behind(f)) {
		f->n = was;
		return false;
	}
	put(f, '.', from, FOLD_DISGUISE);
	f->i = skip_blanks(f, i + 1);
	return true;
}

/* "[:]", "[://]", "[/]": as a scheme is broken up. */
static bool bracket_scheme(struct folder *f)
{
	static const char *const inner[] = { "://", ":", "//", "/" };

	for (size_t k = 0; k < sizeof inner / sizeof *inner; k++) {
		struct str w = str_c(inner[k]);
		if (!str_starts(str_skip(f->t, f->i + 1), w) ||
		    octet(f, f->i + 1 + w.n) != closing(octet(f, f->i)))
			continue;
		for (size_t m = 0; m < w.n; m++)
			put(f, w.p[m], f->i, FOLD_DISGUISE);
		f->i += w.n + 2;
		f->web = true;
		return true;
	}
	return false;
}

static bool broken_letter(char c)
{
	c = ch_lower(c);
	return c == 'x' || c == 't' || c == '*' || c == '_' || c == '#' || c == '+';
}

/* hxxp, hXtp, h**p, with ":" or "[:" behind: http. */
static bool broken_http(struct folder *f)
{
	size_t i = f->i + 4;

	if (ch_lower(octet(f, f->i)) != 'h' || (f->n && ch_alnum(f->out[f->n - 1])) ||
	    !broken_letter(octet(f, f->i + 1)) || !broken_letter(octet(f, f->i + 2)) ||
	    ch_lower(octet(f, f->i + 3)) != 'p' || str_istarts(str_skip(f->t, f->i), STR("http")))
		return false;
	i += ch_lower(octet(f, i)) == 's';
	if (octet(f, i) != ':' && !(closing(octet(f, i)) && octet(f, i + 1) == ':'))
		return false;
	for (size_t k = 0; k < 4; k++)
		put(f, "http"[k], f -> i + k, FOLD_DISGUISE);
	f->i += 4;
	return true;
}

/* The suffixes that " dot " alone is believed for. */
static bool common_suffix(struct str w)
{
	static const char *const list[] = { "com",  "net",  "org", "info", "biz",    "co",
					    "io",   "uk",   "de",  "ru",   "cn",     "fr",
					    "eu",   "us",   "xyz", "top",  "online", "site",
					    "shop", "club", "app", "dev" };

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (str_ieq(w, str_c(list[i])))
			return true;
	return false;
}

/* Words before "dot com" in plain talk. */
static bool talk(struct str w)
{
	static const char *const list[] = { "the", "this",  "that", "every", "each",
					    "old", "early", "late", "new",   "big",
					    "and", "any",   "some", "first" };

	if (w.n < 3)
		return true;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (str_ieq(w, str_c(list[i])))
			return true;
	return false;
}

static size_t word_end(const struct folder *f, size_t i)
{
	size_t from = i;

	while (i - from < 64 && (ch_alnum(octet(f, i)) || octet(f, i) == '-'))
		i++;
	return i;
}

/* "example dot com", "www . example . com". */
static bool worded_dot(struct folder *f)
{
	size_t i = skip_blanks(f, f->i), n, end;
	struct str word = str_of(f->out + f->word, f->n - f->word);

	n = dot_at(f, i);
	if (!n || i == f->i || octet(f, i + n) != ' ' || !alnum_behind(f) || (n == 1 && !f->web))
		return false;
	n += i;
	i = skip_blanks(f, n);
	end = word_end(f, i);
	if (end == i)
		return false;
	if (!f->web && (!common_suffix(str_sub(f->t, i, end - i)) || talk(word)))
		return false;
	put(f, '.', f->i, FOLD_DISGUISE);
	f->i = i;
	return true;
}

/* A compatibility form of an ASCII letter, digit or sign: that; 0: none. */
static char plain_form(const struct folder *f, uint32_t c)
{
	UChar out[4];
	UErrorCode err = U_ZERO_ERROR;
	int32_t n;

	if (c != 0x2024 &&
	    (c < 0x2070 || (c > 0x24ff && c < 0xff00) || (c > 0xffef && c < 0x1d400)))
		return '\0';
	n = unorm2_getDecomposition(f->nfkc, (UChar32)c, out, 4, &err);
	if (U_FAILURE(err) || n != 1 || out[0] > 0x7e || out[0] <= 0x20)
		return '\0';
	return (char)out[0];
}

/* An ASCII letter or digit, or what looks like the full-width form of one. */
static bool plain_at(const struct folder *f, size_t i)
{
	unsigned char next = (unsigned char)octet(f, i + 1);

	return ch_alnum(octet(f, i)) ||
	       ((unsigned char)octet(f, i) == 0xef && (next == 0xbc || next == 0xbd)) ||
	       (unsigned char)octet(f, i) == 0xf0;
}

static bool ideographic_stop(uint32_t c)
{
	return c == 0x3002 || c == 0xff0e || c == 0xff61;
}

static void fold_wide(struct folder *f)
{
	uint32_t c;
	size_t n = char_at(f->t, f->i, &c), from = f->i;
	char plain;

	f->i += n;
	if (char_invisible(c)) {
		f->pending |= FOLD_INVISIBLE;
		return;
	}
	plain = ideographic_stop(c) ? '.' : plain_form(f, c);
	/* the stop of a sentence is no dot: letters stand at both sides of that */
	if (plain && !ch_alnum(plain) && plain != '/' && plain != ':' &&
	    !(f->n && ch_alnum(f->out[f->n - 1]) && plain_at(f, f->i)))
		plain = '\0';
	if (plain) {
		put(f, plain, from, FOLD_DISGUISE);
		return;
	}
	for (size_t k = 0; k < n; k++)
		put(f, f->t.p[from + k], from + k, 0);
}

/* What kind of word goes on. */
static void note_word(struct folder *f, char c)
{
	size_t n;

	if (ch_fws(c)) {
		f->web = false;
		f->word = f->n + 1;
		return;
	}
	n = f->n + 1 - f->word;
	if (n == 3 && ch_lower(c) == 'w')
		f->web = str_istarts(str_of(f->out + f->word, 2), STR("ww"));
	else if (c == '/' && f->n >= 2 && f->out[f->n - 1] == '/' && f->out[f->n - 2] == ':')
		f->web = true;
}

static void fold_plain(struct folder *f)
{
	char c = f->t.p[f->i];

	if (closing(c) && (bracket_dot(f) || bracket_scheme(f)))
		return;
	if ((c == 'h' || c == 'H') && broken_http(f))
		return;
	if (c == ' ' && worded_dot(f))
		return;
	note_word(f, c);
	put(f, c, f->i, 0);
	f->i++;
}

/* Nothing to undo: most mail. */
static bool is_plain(struct str t)
{
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];
		if ((unsigned char)c >= 0x80)
			return false;
		if (closing(c) ||
		    (c == ' ' && i + 1 < t.n &&
		     (t.p[i + 1] == '.' || ch_lower(t.p[i + 1]) == 'd' || t.p[i + 1] == ' ')))
			return false;
		if (ch_lower(c) == 'h' && i + 1 < t.n && broken_letter(t.p[i + 1]) &&
		    !str_istarts(str_skip(t, i), STR("http")))
			return false;
	}
	return true;
}

struct folded fold_text(struct arena *a, struct str text)
{
	struct folder f = { .t = text };
	UErrorCode err = U_ZERO_ERROR;

	if (f.t.n > UINT32_MAX)
		f.t.n = UINT32_MAX;
	if (is_plain(f.t))
		return (struct folded){ .s = f.t, .raw = f.t };
	f.nfkc = unorm2_getNFKCInstance(&err);
	if (U_FAILURE(err))
		return (struct folded){ .s = f.t, .raw = f.t };
	f.out = arena_alloc(a, f.t.n + 1);
	f.at = arena_alloc(a, arena_mul(f.t.n + 1, sizeof *f.at));
	f.mark = arena_alloc(a, f.t.n + 1);
	while (f.i < f.t.n) {
		if ((unsigned char)f.t.p[f.i] < 0x80)
			fold_plain(&f);
		else
			fold_wide(&f);
	}
	return (struct folded){ .s = str_of(f.out, f.n), .raw = f.t, .at = f.at, .mark = f.mark };
}

size_t fold_place(const struct folded *f, size_t i)
{
	if (i >= f->s.n)
		return f->raw.n;
	return f->at ? f->at[i] : i;
}

unsigned fold_marks(const struct folded *f, size_t from, size_t to)
{
	unsigned marks = 0;

	for (size_t i = from; f->mark && i < to && i < f->s.n; i++)
		marks |= f->mark[i];
	return marks;
}
