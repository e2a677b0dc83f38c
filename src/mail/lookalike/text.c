/* Display names and file names: text that claims to be a brand, or hides what it says. */
#include <unicode/uchar.h>

#include "mail/domain.h"
#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define TEXT_MAX 1024u /* octets that are read */
#define TEXT_WORDS 64u /* words that are read */
#define SHORT_TITLE 4u /* letters of a title that counts only when written as the brand does */

struct words {
	struct str word[TEXT_WORDS], fold[TEXT_WORDS];
	size_t n;
};

static bool word_char(uint32_t c)
{
	return c == '$' || c == '!' || u_isalnum((UChar32)c) || char_invisible(c) ||
	       (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK);
}

/* Letters and digits that stand together, with what is not seen between them. */
static void split_words(const struct lookalike *l, struct arena *a, struct str s, struct words *w)
{
	size_t i = 0;
	uint32_t c;

	while (i < s.n && w->n < TEXT_WORDS) {
		size_t from = i, n = char_at(s, i, &c);
		while (i < s.n && word_char(c)) {
			i += n;
			if (i < s.n)
				n = char_at(s, i, &c);
		}
		if (i == from) {
			i += n;
			continue;
		}
		w->word[w->n] = str_sub(s, from, i - from);
		w->fold[w->n] = look_forms(l, a, w->word[w->n]).fold;
		w->n++;
	}
}

/* Inside a word: between letters, where only a disguise needs them. */
static unsigned hidden_chars(struct str s)
{
	unsigned reasons = 0;
	uint32_t c, last = 0;
	bool between = false;

	for (size_t i = 0; i < s.n; i += char_at(s, i, &c)) {
		char_at(s, i, &c);
		if (c == 0x202d || c == 0x202e)
			reasons |= LOOKALIKE_BIDI;
		if (char_invisible(c)) {
			between = last < 0x250 && u_isalpha((UChar32)last);
			continue;
		}
		if (between && c < 0x250 && u_isalpha((UChar32)c))
			reasons |= LOOKALIKE_INVISIBLE;
		between = false;
		last = c;
	}
	return reasons;
}

static unsigned odd_words(const struct lookalike *l, struct arena *a, const struct words *w)
{
	unsigned reasons = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct look_label k;
		if (str_ascii(w->word[i]))
			continue;
		k = look_forms(l, a, w->word[i]);
		reasons |= look_scripts(l, a, &k, false) & LOOKALIKE_MIXED_SCRIPT;
		if (look_styled(w->word[i]) & 1)
			reasons |= LOOKALIKE_RESTRICTED;
	}
	return reasons;
}

static bool owned(const struct look_brand *b, struct str domain)
{
	for (size_t i = 0; domain.n && i < b->n; i++)
		if (domain_within(domain, b->domains[i]))
			return true;
	return false;
}

static bool others_known(const struct lookalike *l, const struct words *w, size_t from, size_t to)
{
	for (size_t i = 0; i < w->n; i++)
		if ((i < from || i >= to) && !look_known(l, w->fold[i]))
			return false;
	return true;
}

/* The words [from, to) as they stand, letters only, any case: the brand's own spelling. */
static bool spelt_as(const struct words *w, size_t from, size_t to, struct str title, bool fold)
{
	size_t k = 0;

	for (size_t i = from; i < to; i++)
		for (size_t m = 0; m < w->word[i].n; m++) {
			char c = w->word[i].p[m];
			while (k < title.n && !ch_alnum(title.p[k]) &&
			       (unsigned char)title.p[k] < 0x80)
				k++;
			if (k == title.n ||
			    (fold ? ch_lower(c) != ch_lower(title.p[k]) : c != title.p[k]))
				return false;
			k++;
		}
	return k == title.n || (title.p[k] == '!' && k + 1 == title.n);
}

static const struct look_name *name_of(const struct lookalike *l, const struct look_brand *b)
{
	return b->n ? map_get(l->own, b->domains[0]) : NULL;
}

/* The words [from, to) are a brand's name, and the sender is not the brand. */
static void claim(const struct lookalike *l, const struct words *w, size_t from, size_t to,
		  const struct look_brand *b, struct str domain, struct look_hit *h)
{
	const struct look_name *name = name_of(l, b);
	struct str title = b->title;
	bool exact;

	if (!title.p && name)
		title = name->label.text;
	if (owned(b, domain) || !title.n || !name)
		return;
	exact = spelt_as(w, from, to, title, true);
	if (title.n <= SHORT_TITLE && exact && !spelt_as(w, from, to, title, false))
		return;
	if (exact) {
		if (!b->plain_word || others_known(l, w, from, to))
			look_add(h, LOOKALIKE_COMBO, name);
		return;
	}
	if (title.n <= SHORT_TITLE && str_ascii(w->word[from]))
		return;
	for (size_t i = from; i < to; i++)
		if (!str_ascii(w->word[i])) {
			look_add(h, LOOKALIKE_CONFUSABLE, name);
			return;
		}
	look_add(h, LOOKALIKE_ASCII, name);
}

static void claims(const struct lookalike *l, struct arena *a, const struct words *w,
		   struct str domain, struct look_hit *h)
{
	for (size_t i = 0; i < w->n; i++) {
		struct str key = STR("");
		for (size_t k = i; k < w->n && k < i + LOOK_WORDS_MAX && key.n < LOOK_LABEL_MAX;
		     k++) {
			const struct look_brand *b;
			key = arena_printf(a, "%.*s%.*s", STR_ARG(key), STR_ARG(w->fold[k]));
			b = map_get(l->by_title, key);
			if (b)
				claim(l, w, i, k + 1, b, domain, h);
		}
	}
}

static bool name_end(char c)
{
	return ch_fws(c) || strchr("<>()[]\"',;:/@|", c);
}

/* A host in the text: one of a brand that the sender is not, or an imitation of one. */
static void hosts(const struct lookalike *l, struct arena *a, struct str s, struct str domain,
		  struct look_hit *h)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		struct str name;
		while (i < s.n && s.p[i] && !name_end(s.p[i]))
			i++;
		name = str_sub(s, from, i - from);
		i++;
		if (str_chr(name, '.') == SIZE_MAX)
			continue;
		name = domain_read(a, name, 0);
		if (!name.p || !l->psl || !psl_listed(l->psl, name) || domain_within(domain, name))
			continue;
		for (size_t k = domain_labels(name); k > 1; k--) {
			const struct look_name *p = map_get(l->own, domain_last(name, k));
			if (p && !owned(p->brand, domain))
				look_add(h, LOOKALIKE_COMBO, p);
		}
	}
}

struct lookalike_result lookalike_text(const struct lookalike *l, struct arena *a, struct str text,
				       struct str domain)
{
	struct str s = str_sub(text, 0, TEXT_MAX);
	struct words *w = ARENA_NEW(a, struct words);
	struct look_hit h = { .reasons = hidden_chars(s) };

	split_words(l, a, s, w);
	h.reasons |= odd_words(l, a, w);
	claims(l, a, w, domain, &h);
	if (domain.n)
		hosts(l, a, s, domain, &h);
	return (struct lookalike_result){
		.verdict = h.reasons ? LOOKALIKE_SUSPICIOUS : LOOKALIKE_OK,
		.reasons = h.reasons,
		.imitates = h.name ? h.name->domain : STR_NULL,
		.unicode = text,
	};
}
