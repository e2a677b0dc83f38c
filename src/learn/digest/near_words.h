/* The words by which texts are compared: what senders vary from copy to copy made equal. */
#ifndef LEARN_DIGEST_NEAR_WORDS_H
#define LEARN_DIGEST_NEAR_WORDS_H

#include "base/arena.h"
#include "base/hash.h"

#define NEAR_WORDS_MAX 4096u /* of one text; what is behind them is not compared */

struct near_words {
	size_t n;
	uint64_t hash[NEAR_WORDS_MAX];
};

/*
 * Case, marks, full-width and mathematical letters, look-alikes of Cyrillic and Greek folded;
 * invisible characters left out; a number is one word whatever its digits, and so are words of
 * letters and digits, long words, addresses and URLs. Where words have no blanks between them, a
 * character is one.
 */
void near_words_read(struct arena *a, struct hash_key key, struct str utf8, struct near_words *out);

#endif
