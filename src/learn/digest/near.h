/*
 * Digests of our own: which messages are nearly the same. Shingles of two normalised words of the
 * visible text are reduced to 30 minima (Broder 1997), and those to 10 bands of 3: two texts that
 * share nine tenths of their shingles share a band in all but two of a million cases, and texts of
 * which one word in ten was changed (two thirds of the shingles) in 97 of 100. Of the 1.77 million
 * pairs among 2000 messages of mailing lists 0.08 % share a band, because of footers and of regular
 * letters of one sender, and 0.05 % two, which is what counts. Beside it, SHA-256
 * of attachments and the shape of HTML pages (their tags in order).
 */
#ifndef LEARN_DIGEST_NEAR_H
#define LEARN_DIGEST_NEAR_H

#include "base/hash.h"
#include "mail/content.h"

#define NEAR_BANDS 10u
#define NEAR_ROWS 3u	   /* minima of a band */
#define NEAR_MIN_WORDS 32u /* a shorter text has no bands */
#define NEAR_FILES 16u

struct near {
	bool has_text; /* band[] is set */
	uint64_t band[NEAR_BANDS];
	size_t words;
	bool has_shape;
	uint64_t shape;
	uint8_t file[NEAR_FILES][32];
	size_t nfiles;
};

/* key: of the site or of those who share; equal for all who compare. */
void near_read(struct arena *a, struct hash_key key, struct content *content, struct near *out);

/*
 * Under which keys they are counted in the store (STORE_ADD, half-life NEAR_HALF_LIFE_MS, ttl
 * NEAR_TTL_MS): "near:b:HEX", "near:s:HEX", "near:f:HEX". out: room for NEAR_KEYS_MAX, bands first.
 */
enum near_sum {
	NEAR_SPAM, /* learnt as spam, by people or on evidence */
	NEAR_HAM,
	NEAR_TRAP, /* copies that came to a trap */
	NEAR_SEEN, /* copies seen at all */
};
#define NEAR_KEYS_MAX (NEAR_BANDS + 1u + NEAR_FILES)
#define NEAR_HALF_LIFE_MS (UINT64_C(7) * 86400 * 1000)
#define NEAR_TTL_MS (UINT64_C(30) * 86400 * 1000)
/* In how many bands two texts agree: 0 to NEAR_BANDS. */
unsigned near_common(const struct near *x, const struct near *y);

size_t near_keys(struct arena *a, const struct near *n, struct str out[NEAR_KEYS_MAX]);

#endif
