/* Long text made short without letting padding push its sting out of what is left. */
#include "llm/priv.h"

#include "base/map.h"

#define SENTENCE_MAX 240u
#define SAME_LINE_MIN 24u /* shorter lines are said twice for good reasons */
#define GAP " [...] "

/* In order of octets. Beginnings of words, so that forms of them count. */
static const char *const sting_words[] = {
	"accou",   "amount", "bank",	"bezahl",  "bill",   "bitcoin", "bonus",    "card",
	"cash",	   "check",  "cheque",	"click",   "compte", "confirm", "conta",    "credit",
	"crypto",  "cuenta", "deliver", "deposit", "dollar", "euro",	"expire",   "factur",
	"fattur",  "fund",   "geld",	"gift",	   "iban",   "inherit", "invest",   "invoice",
	"klick",   "konto",  "kredit",	"loan",	   "login",  "lottery", "million",  "money",
	"overdue", "pagam",  "pago",	"paiem",   "parcel", "passwor", "passwort", "pay",
	"paypal",  "pin",    "prize",	"rechnun", "refund", "secur",	"suspend",  "transfer",
	"urgent",  "usd",    "verif",	"wallet",  "winner", "wire",	"xmr",	    "zahl",
};
#define STINGS (sizeof(sting_words) / sizeof(*sting_words))

/* The word begins with one of them. */
static bool stings(struct str word)
{
	for (size_t i = 0; i < STINGS; i++)
		if (ch_lower(word.p[0]) == sting_words[i][0] &&
		    str_istarts(word, str_c(sting_words[i])))
			return true;
	return false;
}

static bool interesting(struct str s)
{
	bool in_word = false;
	unsigned digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '@' || c == '$' || (c == ':' && str_starts(str_skip(s, i), STR("://"))) ||
		    (unsigned char)c == 0xE2 || (unsigned char)c == 0xC2)
			return true;
		digits = ch_digit(c) ? digits + 1 : digits;
		if (digits >= 4)
			return true;
		if (ch_alpha(c) && !in_word && stings(str_skip(s, i)))
			return true;
		in_word = ch_alpha(c) || (unsigned char)c >= 0x80;
	}
	return false;
}

/* Octets of the sentence at the beginning of s. */
static size_t sentence(struct str s)
{
	size_t n = s.n < SENTENCE_MAX ? s.n : SENTENCE_MAX, blank = 0;

	for (size_t i = 0; i < n; i++) {
		if (s.p[i] == '\n')
			return i + 1;
		if (s.p[i] != ' ')
			continue;
		blank = i + 1;
		if (i && (s.p[i - 1] == '.' || s.p[i - 1] == '!' || s.p[i - 1] == '?'))
			return i + 1;
	}
	if (n == s.n || !blank)
		while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
			n++;
	return n < s.n && blank ? blank : n;
}

typedef VEC(struct str) pieces;

/* Sentences of the middle that matter, each once. */
static size_t find(struct arena *a, struct str middle, pieces *out)
{
	struct map *seen = map_new(a, true);
	size_t total = 0;

	for (size_t at = 0; at < middle.n;) {
		struct str rest = str_skip(middle, at), s = str_sub(rest, 0, sentence(rest));

		at += s.n;
		if (!interesting(s) || map_put(seen, str_trim(s), out))
			continue;
		VEC_PUSH(a, *out) = s;
		total += s.n;
	}
	return total;
}

/* As many of them as fit in max, evenly from all of them. */
static void choose(struct buf *b, const pieces *found, size_t total, size_t max)
{
	size_t step = total / (max ? max : 1) + 1, used = 0;
	const char *end = NULL;

	for (size_t i = 0; i < found->n && max; i += step) {
		struct str s = found->p[i];

		if (used + s.n + sizeof(GAP) > max)
			continue;
		if (s.p != end)
			buf_add(b, STR(GAP));
		buf_add(b, s);
		used += s.n + sizeof(GAP);
		end = s.p + s.n;
	}
}

/* A word with a digit or "@" may be half of a number: a cut never stands beside one. */
static bool fragile(struct str s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (ch_digit(s.p[i]) || s.p[i] == '@' || s.p[i] == '+')
			return true;
	return false;
}

/* The last place at or before at, at most 256 octets away, where a word ends that is not fragile.
 */
static size_t cut_before(struct str s, size_t at)
{
	size_t low = at > 256 ? at - 256 : 0, end = at;

	while (at > low) {
		size_t word = at;

		while (word > low && s.p[word - 1] != ' ' && s.p[word - 1] != '\n')
			word--;
		if (word > low && !fragile(s, word, at))
			return word;
		at = word > low ? word - 1 : low;
	}
	while (end > 0 && end < s.n && ((unsigned char)s.p[end] & 0xC0) == 0x80)
		end--;
	return end;
}

static size_t cut_after(struct str s, size_t at)
{
	size_t high = at + 256 < s.n ? at + 256 : s.n, from = at;

	while (from < high) {
		size_t word = from;

		while (word < high && s.p[word] != ' ' && s.p[word] != '\n')
			word++;
		if (word < high && !fragile(s, from, word))
			return word + 1;
		from = word < high ? word + 1 : high;
	}
	while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80)
		at++;
	return at;
}

struct str llm_cut(struct arena *a, struct str text, size_t max, size_t *left)
{
	struct buf b = { .arena = a };
	size_t head, tail, kept;
	pieces found = { 0 };

	if (text.n <= max) {
		*left = 0;
		return text;
	}
	if (max < 64) {
		*left = text.n;
		return STR("");
	}
	head = cut_before(text, max * 4 / 10);
	tail = cut_after(text, text.n - max / 4);
	buf_add(&b, str_sub(text, 0, head));
	kept = find(a, str_sub(text, head, tail - head), &found);
	choose(&b, &found, kept, max - head - (text.n - tail) - 2 * sizeof(GAP));
	buf_add(&b, STR(GAP));
	buf_add(&b, str_skip(text, tail));
	*left = text.n > b.n ? text.n - b.n : 0;
	return buf_str(&b);
}

struct str llm_distinct(struct arena *a, struct str text)
{
	struct map *seen = map_new(a, true);
	struct buf b = { .arena = a };
	struct str rest = text;

	while (rest.n) {
		struct str line = str_cut(&rest, '\n'), key = str_trim(line);

		if (key.n >= SAME_LINE_MIN && map_put(seen, key, seen))
			continue;
		if (!key.n)
			continue;
		if (b.n)
			buf_addc(&b, '\n');
		buf_add(&b, line);
	}
	return buf_str(&b);
}
