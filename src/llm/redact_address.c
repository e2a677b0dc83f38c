/* Mail addresses in text, also those that are written to be read by people only. */
#include "llm/priv.h"

#define LOCAL_MAX 128u /* octets looked back for a local part */
#define LABELS_MAX 10u
#define GAP_MAX 3u
#define LITERAL_MAX 64u

static const char *const at_tight[] = { "@",	"%40",	"%2540", "&#64;", "&#x40;", "(at)", "[at]",
					"{at}", "<at>", "(@)",	 "[@]",	  "{@}",    "(ät)", "[ät]",
					"(a)",	"_at_", "-at-",	 "*at*",  "~at~",   "|at|" };
static const char *const at_word[] = { "at",	      "ät",	"arroba",     "arobase",
				       "klammeraffe", "собака", "chiocciola", "małpa" };
static const char *const dot_tight[] = { "(dot)",   "[dot]",   "{dot}",	  "<dot>",   "(.)",
					 "[.]",	    "{.}",     "(punkt)", "[punkt]", "(point)",
					 "[point]", "(punto)", "[punto]", "_dot_",   "-dot-",
					 "*dot*",   "~dot~",   "|dot|",	  "." };
static const char *const dot_word[] = {
	"dot", "punkt", "point", "punto", "ponto", "точка", "kropka"
};

/* In front of "at host.example" they do not name anybody. */
static const char *const no_local[] = {
	"available", "call", "check", "contact", "found",   "here", "hosted",	   "in",
	"is",	     "it",   "live",  "located", "look",    "me",   "on",	   "online",
	"or",	     "out",  "page",  "site",	 "store",   "that", "them",	   "this",
	"up",	     "us",   "visit", "web",	 "website", "you",  "information", "sign",
	"log",	     "shop", "more",  "details", "and"
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static bool local_char(char c)
{
	return ch_alnum(c) || (unsigned char)c >= 0x80 || (c && strchr(".!#$%&'*+-/=?^_`{|}~", c));
}

/* Within a character of UTF-8. */
static bool inside(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

static bool label_char(char c)
{
	return ch_alnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static size_t blanks(struct str s, size_t at)
{
	size_t n = 0;

	while (n < GAP_MAX && at + n < s.n && ch_fws(s.p[at + n]))
		n++;
	return n;
}

/* Octets of one of the table's texts at s.p[at]. */
static size_t one_of(struct str s, size_t at, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_istarts(str_skip(s, at), str_c(table[i])))
			return strlen(table[i]);
	return 0;
}

/* The same of a word: blanks around it. */
static size_t word_of(struct str s, size_t at, const char *const *table, size_t n)
{
	size_t gap = blanks(s, at), len;

	if (!gap)
		return 0;
	len = one_of(s, at + gap, table, n);
	if (!len || !blanks(s, at + gap + len))
		return 0;
	return gap + len + blanks(s, at + gap + len);
}

/* What parts two labels, from at on; *spoken: not a bare dot. */
static size_t dot_at(struct str s, size_t at, bool *spoken)
{
	size_t n, gap;

	*spoken = false;
	if (at + 1 < s.n && s.p[at] == '.' && label_char(s.p[at + 1]))
		return 1;
	*spoken = true;
	n = word_of(s, at, dot_word, COUNT(dot_word));
	if (n)
		return n;
	gap = blanks(s, at);
	n = one_of(s, at + gap, dot_tight, COUNT(dot_tight) - (gap ? 0u : 1u));
	if (!n)
		return 0;
	n += gap + blanks(s, at + gap + n);
	/* ". Next" is the end of a sentence; ". com" and " . com" are not. */
	if (str_sub(s, at + gap, 1).n && s.p[at + gap] == '.' && !gap)
		return 0;
	return n;
}

/* Octets of a domain at s.p[at]; *dots: separators in it; *letters: its last label is a word. */
static size_t domain_at(struct str s, size_t at, unsigned *dots, bool *letters)
{
	size_t end = at;
	bool spoken;

	*dots = 0;
	*letters = false;
	for (unsigned labels = 0; labels < LABELS_MAX; labels++) {
		size_t from = end, n;

		if (labels) {
			n = dot_at(s, end, &spoken);
			if (!n || end + n >= s.n || !label_char(s.p[end + n]))
				break;
			from = end + n;
		}
		for (end = from; end < s.n && end - from < 64 && label_char(s.p[end]); end++)
			continue;
		while (end < s.n && inside(s.p[end]))
			end++;
		if (end == from)
			return 0;
		*dots = labels;
		*letters = end - from > 1 && !ch_digit(s.p[from]);
	}
	return end - at;
}

/* "[192.0.2.7]", "[IPv6:2001:db8::7]" (RFC 5321 4.1.3). */
static size_t literal_at(struct str s, size_t at)
{
	bool digit = false;
	size_t i = at + 1;

	if (at >= s.n || s.p[at] != '[')
		return 0;
	for (; i < s.n && i - at < LITERAL_MAX && (ch_alnum(s.p[i]) || strchr(".:", s.p[i])); i++)
		digit = digit || ch_digit(s.p[i]);
	return digit && i < s.n && s.p[i] == ']' ? i + 1 - at : 0;
}

/* Octets at the end of b that are a local part, with gap blanks behind it. */
static size_t local_before(const struct buf *b, size_t *gap)
{
	size_t n = b->n, low = n > LOCAL_MAX ? n - LOCAL_MAX : 0, from;

	while (n > low && *gap < GAP_MAX && ch_fws(b->p[n - 1]))
		n--, ++*gap;
	if (n > low && b->p[n - 1] == '"') { /* a quoted one */
		from = n - 1;
		while (from > low && b->p[from - 1] != '"' && b->p[from - 1] != '\n')
			from--;
		if (from > low && b->p[from - 1] == '"')
			return n - from + 1;
	}
	for (from = n; from > low && local_char(b->p[from - 1]);)
		from--;
	while (from < n && inside(b->p[from])) /* low is no beginning of a character */
		from++;
	return n - from;
}

static bool names_nobody(struct str word)
{
	for (size_t i = 0; i < COUNT(no_local); i++)
		if (str_ieq(word, str_c(no_local[i])))
			return true;
	return false;
}

/* "bob dot smith": the words before, one after another. */
static void drop_spoken(struct buf *b)
{
	for (unsigned i = 0; i < 3; i++) {
		size_t gap = 0, n = local_before(b, &gap), word;

		if (!gap ||
		    !one_of(str_of(b->p + b->n - gap - n, n), 0, dot_word, COUNT(dot_word)) ||
		    n < 3)
			return;
		word = b->n;
		b->n -= gap + n;
		gap = 0;
		n = local_before(b, &gap);
		if (!n) {
			b->n = word;
			return;
		}
		b->n -= gap + n;
	}
}

/* An "at" of len octets stands at s.p[at], spaced by before blanks in b. The end of the address, or
 * 0. */
static size_t address(struct buf *b, struct str s, size_t at, size_t len, bool word)
{
	size_t gap = 0, local = local_before(b, &gap), after, n, literal;
	unsigned dots;
	bool letters;

	after = word ? 0 : blanks(s, at + len);
	literal = literal_at(s, at + len + after);
	n = literal ? literal : domain_at(s, at + len + after, &dots, &letters);
	if (!local || !n)
		return 0;
	if (!literal && (gap || after || word) && (!dots || !letters))
		return 0;
	if (word && names_nobody(str_of(b->p + b->n - gap - local, local)))
		return 0;
	b->n -= gap + local;
	if (word)
		drop_spoken(b);
	if (b->n && ch_alnum(b->p[b->n - 1]))
		buf_addc(b, ' ');
	buf_add(b, STR("[EMAIL]"));
	return at + len + after + n;
}

/* Any of the ways to write "@" at s.p[at]. */
static size_t at_sign(struct str s, size_t at, bool *word)
{
	char c = ch_lower(s.p[at]);

	*word = false;
	if (strchr("@%&([{<_-*~|", c) && c)
		return one_of(s, at, at_tight, COUNT(at_tight));
	*word = true;
	return ch_fws(c) ? word_of(s, at, at_word, COUNT(at_word)) : 0;
}

struct str redact_addresses(struct arena *a, struct str text)
{
	struct buf b = { .arena = a };

	for (size_t at = 0; at < text.n;) {
		bool word;
		size_t n = at_sign(text, at, &word), end;

		end = n ? address(&b, text, at, n, word) : 0;
		if (end) {
			at = end;
			continue;
		}
		buf_addc(&b, text.p[at++]);
	}
	return buf_str(&b);
}
