/* Names of recipients, as the fields that bring them here say them, taken out of text. */
#include "llm/priv.h"

#include <unicode/uchar.h>

#include "base/map.h"
#include "base/utf8.h"
#include "mail/mime/mime.h"
#include "mail/url/chars.h"

#define WORDS_MAX 4096u	 /* of all fields */
#define FIELD_MAX 65536u /* octets of one */
#define WORD_MAX 96u	 /* octets of one */
#define RUNS_MAX 32u	 /* names in scripts without blanks */
#define NAME_WORDS 3u	 /* after a greeting */
#define JOINED_MAX 40u	 /* octets of two names written as one word */

struct llm_names {
	struct arena *arena;
	struct map *words;
	struct str run[RUNS_MAX]; /* of Han, kana and the like: found inside of text */
	size_t nruns;
};

static const char *const fields[] = {
	"To",	       "Cc",	    "Bcc",	 "Delivered-To",  "X-Original-To",
	"Envelope-To", "Resent-To", "Resent-Cc", "Apparently-To", "X-Envelope-To"
};

/* The character at s.p[at], its octets in *n. */
static uint32_t char_of(struct str s, size_t at, size_t *n)
{
	uint32_t c;

	*n = utf8_read(str_skip(s, at), &c);
	if (*n)
		return c;
	*n = 1;
	return 0xFFFD;
}

/* Octets of the word at s.p[at]: letters and marks. */
static size_t word_at(struct str s, size_t at)
{
	size_t i = at, n;

	while (i < s.n && llm_is_letter(char_of(s, i, &n)))
		i += n;
	return i - at;
}

/* A word in the form that is compared; cap octets of out are enough for WORD_MAX. */
static struct str fold_word(struct str word, char out[4 * WORD_MAX])
{
	size_t len = 0, n;

	for (size_t i = 0; i < word.n && i < WORD_MAX; i += n) {
		uint32_t c = char_of(word, i, &n), f = llm_fold(c);

		if (f >= 0x300 && (U_GET_GC_MASK((UChar32)f) & U_GC_MN_MASK))
			continue;
		if (f < 0x80)
			out[len++] = (char)f;
		else
			U8_APPEND_UNSAFE((uint8_t *)out, len, f);
	}
	return str_of(out, len);
}

static size_t characters(struct str s)
{
	size_t count = 0, n;

	for (size_t i = 0; i < s.n; i += n, count++)
		(void)char_of(s, i, &n);
	return count;
}

/* One spelling of what is spelled in several: "Jürgen" and "Juergen", "Groß" and "Gross". Short
 * ones stay, or "Sue" would be "su". out has room for s; it may be s. */
static struct str respelled(struct str s, char *out)
{
	size_t n = 0;

	if (s.n < 5)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		bool umlaut = n && s.p[i] == 'e' && strchr("aou", out[n - 1]) && out[n - 1];

		if (!umlaut && !(n && s.p[i] == 's' && out[n - 1] == 's'))
			out[n++] = s.p[i];
	}
	return str_of(out, n);
}

/* "Bo": of two letters only what is written as a name. */
static bool is_short(struct str word)
{
	return word.n == 2 && llm_capital(word.p[0]) && ch_lower(word.p[1]) == word.p[1];
}

static void add_word(struct llm_names *x, struct str word)
{
	char folded[4 * WORD_MAX];
	struct str key;
	size_t n;

	if (!word.n || word.n > WORD_MAX || map_len(x->words) >= WORDS_MAX)
		return;
	if (char_unspaced(char_of(word, 0, &n))) {
		if (characters(word) >= 2 && x->nruns < RUNS_MAX)
			x->run[x->nruns++] = arena_dup(x->arena, word);
		return;
	}
	key = fold_word(word, folded);
	if (characters(key) < (is_short(word) ? 2 : 3) || llm_plain_word(key))
		return;
	key = respelled(key, folded);
	(void)map_put(x->words, arena_dup(x->arena, key), x);
}

static void add_words(struct llm_names *x, struct str text)
{
	for (size_t at = 0; at < text.n;) {
		size_t n = word_at(text, at);

		if (n) {
			add_word(x, str_sub(text, at, n));
			at += n;
			continue;
		}
		(void)char_of(text, at, &n);
		at += n;
	}
}

static bool parts_tokens(char c)
{
	return ch_fws(c) || (c && strchr(",;:<>()\"[]", c));
}

/* A field of addresses: its words, and of each address what stands before the "@". */
static void add_field(struct llm_names *x, struct str text)
{
	text = llm_normal(x->arena, str_sub(text, 0, FIELD_MAX), FIELD_MAX);
	for (size_t at = 0, from; at < text.n;) {
		struct str token;

		while (at < text.n && parts_tokens(text.p[at]))
			at++;
		for (from = at; at < text.n && !parts_tokens(text.p[at]); at++)
			continue;
		token = str_sub(text, from, at - from);
		if (str_rchr(token, '@') != SIZE_MAX)
			token = str_sub(token, 0, str_rchr(token, '@'));
		add_words(x, token);
	}
}

struct llm_names *llm_names(struct arena *a, const struct llm_facts *f)
{
	struct llm_names *x = ARENA_NEW(a, struct llm_names);

	x->arena = a;
	x->words = map_new(a, false);
	/* First: whoever fills To with thousands does not keep those that it came to out. */
	for (size_t i = 0; i < f->nrcpts && i < WORDS_MAX; i++)
		add_field(x, f->rcpt[i]);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct hdr *h;

		for (size_t k = 0; k < 16 && (h = hdr_find(f->headers, str_c(fields[i]), k)); k++)
			add_field(x, mime_words(a, str_sub(h->value, 0, FIELD_MAX)));
	}
	return x;
}

/* ---- text ---- */

struct naming {
	const struct llm_names *names;
	struct str in;
	size_t at;
	struct buf out;
	unsigned due; /* words of a name that a greeting announces */
};

static bool capital(struct str word)
{
	size_t n;
	uint32_t c = char_of(word, 0, &n);

	return u_isupper((UChar32)c) || !u_hasBinaryProperty((UChar32)c, UCHAR_CASED);
}

/* Nothing but a comma, a full stop or the line's end follows a name in a greeting. */
static bool ends_greeting(struct str s, size_t at)
{
	return at >= s.n || (s.p[at] && strchr(",!:;.\n-", s.p[at]));
}

/* A name, its genitive, or two of them in one. */
static bool is_known(const struct llm_names *x, struct str word, struct str folded)
{
	char other[4 * WORD_MAX];
	struct str key = respelled(folded, other);

	if (map_get(x->words, key))
		return word.n > 2 || is_short(word);
	if (key.n > 3 && key.p[key.n - 1] == 's' && map_get(x->words, str_sub(key, 0, key.n - 1)))
		return true;
	for (size_t i = 3; key.n <= JOINED_MAX && i + 3 <= key.n; i++)
		if (map_get(x->words, str_sub(key, 0, i)) && map_get(x->words, str_skip(key, i)))
			return true;
	return false;
}

static bool is_name(struct naming *t, struct str word, struct str folded)
{
	if (is_known(t->names, word, folded))
		return true;
	if (!t->due || llm_plain_word(folded) || llm_title(folded))
		return false;
	return capital(word) || ends_greeting(t->in, t->at + word.n);
}

/* Consecutive ones are one. */
static void put_name(struct buf *b)
{
	if (b->n >= 7 && str_iends(buf_str(b), STR("[NAME] ")))
		b->n--;
	else
		buf_add(b, STR("[NAME]"));
}

static void a_word(struct naming *t, size_t n)
{
	char buffer[4 * WORD_MAX];
	struct str word = str_sub(t->in, t->at, n), folded = fold_word(word, buffer);
	bool greets = word.n <= WORD_MAX && llm_greeting(folded);

	if (word.n > WORD_MAX) {
		buf_add(&t->out, word);
		t->due = 0;
	} else if (!greets && is_name(t, word, folded)) {
		put_name(&t->out);
		t->due = t->due ? t->due - 1 : 0;
	} else {
		buf_add(&t->out, word);
		t->due = greets || (t->due && llm_title(folded)) ? NAME_WORDS : 0;
	}
	t->at += n;
}

/* A name in a script without blanks, wherever it stands. */
static size_t a_run(struct naming *t)
{
	for (size_t i = 0; i < t->names->nruns; i++)
		if (str_starts(str_skip(t->in, t->at), t->names->run[i])) {
			buf_add(&t->out, STR("[NAME]"));
			return t->names->run[i].n;
		}
	return 0;
}

/* Of such a script, one character at a time. */
static bool unspaced(struct naming *t)
{
	size_t n;
	uint32_t c = char_of(t->in, t->at, &n);

	if (c < 0x80 || !char_unspaced(c))
		return false;
	if (!(n = a_run(t))) {
		(void)char_of(t->in, t->at, &n);
		buf_add(&t->out, str_sub(t->in, t->at, n));
	}
	t->at += n;
	return true;
}

/* Octets of a word up to a character of a script without blanks. */
static size_t spaced_word(struct str s, size_t at)
{
	size_t i = at, n;

	while (i < s.n) {
		uint32_t c = char_of(s, i, &n);

		if (!llm_is_letter(c) || (c >= 0x80 && char_unspaced(c)))
			break;
		i += n;
	}
	return i - at;
}

static void other(struct naming *t)
{
	size_t n = redact_written(t->in, t->at);

	if (!n)
		(void)char_of(t->in, t->at, &n);
	if (t->in.p[t->at] != ' ' && t->in.p[t->at] != '.' && t->in.p[t->at] != '-')
		t->due = 0;
	buf_add(&t->out, str_sub(t->in, t->at, n));
	t->at += n;
}

struct str redact_names(struct arena *a, const struct llm_names *names, struct str text)
{
	struct naming t = { .names = names, .in = text, .out = { .arena = a } };

	while (t.at < text.n) {
		size_t n;

		if (unspaced(&t))
			continue;
		n = spaced_word(text, t.at);
		if (n)
			a_word(&t, n);
		else
			other(&t);
	}
	return buf_str(&t.out);
}
