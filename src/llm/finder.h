/* Many phrases found in one pass (Aho and Corasick 1975), and the forms of text they are looked for
 * in. */
#ifndef LLM_FINDER_H
#define LLM_FINDER_H

#include "llm/phrases.h"

/* Immutable. */
struct automaton {
	uint8_t class[256]; /* of octets; 0: in no phrase */
	size_t classes;
	size_t states;
	const uint16_t *next; /* states x classes */
	const uint32_t *out;  /* concepts that end in a state */
};

struct llm_phrases {
	struct automaton words, signs;
};

static inline uint16_t automaton_step(const struct automaton *m, uint16_t state, char c)
{
	return m->next[(size_t)state * m->classes + m->class[(unsigned char)c]];
}

/* ---- fold.c ---- */

/* Letters and digits of normal text in small letters without marks, anything else as one blank.
 * at[i]: where in normal octet i stood; the end of a sentence counts as many octets. */
struct fold {
	struct str s;
	const uint32_t *at;
};
struct fold fold_words(struct arena *a, struct str normal);
/* The same with letters that only look Latin, digits for letters and spaced letters undone; absent:
 * there was nothing of the kind. */
struct fold fold_disguise(struct arena *a, struct str normal);
/* Small letters, no blanks, signs kept, line begins as "_". */
struct fold fold_signs(struct arena *a, struct str normal);
/* rot13 of letters; the whole backwards. */
struct fold fold_rot13(struct arena *a, struct fold f);
struct fold fold_backwards(struct arena *a, struct fold f);

/* ---- decode.c: what is hidden in codes; each absent where there is none ---- */

/* All base64 runs, hexadecimal runs, percent escapes of text, decoded where that gives text. */
struct str decode_runs(struct arena *a, struct str text);
/* What tag characters, variation selectors and zero-width characters spell. *tags: there are some
 * that no emoji needs. */
struct str decode_invisible(struct arena *a, struct str text, bool *tags);
/* Blanks, repeated lines or words that fill a screen and more. */
bool is_padded(struct str text);

#endif
