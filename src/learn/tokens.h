/* The tokens of a message, each bucket once: how view C sees headers, words and links. */
#ifndef LEARN_TOKENS_H
#define LEARN_TOKENS_H

#include "learn/features.h"

#define TOKEN_MAX 40u	       /* octets of a word; longer ones are no words */
#define TOKENS_HEADER 3000u    /* of header fields, at most */
#define TOKENS_LINK 2000u      /* of links, at most */
#define TOKENS_FIELD 1000u     /* words of one field that are looked at */
#define TOKENS_TEXT (1u << 18) /* octets of the visible text that are looked at */
#define TOKENS_SLOTS (1u << 15)

struct token_set {
	struct arena *arena;
	struct hash_key key;
	uint32_t *slot;	 /* bucket + 1, open addressing */
	uint32_t slots;	 /* a power of two, at most TOKENS_SLOTS */
	struct token *v; /* room for FEATURES_TOKENS_MAX */
	size_t n;
	size_t max; /* more than this are not taken now */
};

void tokens_init(struct token_set *t, struct arena *a, struct hash_key key);

/* One token; its text is put together of the three, and copied. */
void tokens_add(struct token_set *t, struct str prefix, struct str one, struct str two);

/* Where a token of that text is counted. */
uint32_t tokens_bucket(struct hash_key key, struct str text);

/* By rising bucket. */
void tokens_sort(struct token_set *t);

void tokens_headers(struct token_set *t, const struct hdr_list *headers);
void tokens_links(struct token_set *t, const url_vec *urls);
void tokens_words(struct token_set *t, struct str prefix, struct str text);

/* ---- words ---- */

struct word_reader {
	struct str in; /* UTF-8 */
	size_t at;
	bool field;	/* a header field: dots and the like belong to words too */
	bool after_han; /* the last word was of a script without blanks */
	char out[TOKEN_MAX * 4u];
};

/* The next word, in lower case (NFKC, case folded); numbers as their shape. Valid until the next
 * call. False: no more. */
bool word_next(struct word_reader *r, struct str *word);

/* Sorts n numbers below 2^20. */
void tokens_sort_u32(struct arena *a, uint32_t *v, size_t n);

#endif
