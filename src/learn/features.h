/*
 * What the classifier sees of a message: for view S the distinct byte 4-grams of its first octets,
 * for view C tokens of headers, words and links. Each is a bucket by a keyed hash, so that nobody
 * outside can work out collisions, and so that what is stored says nothing of the mail.
 */
#ifndef LEARN_FEATURES_H
#define LEARN_FEATURES_H

#include "base/hash.h"
#include "mail/content.h"

#define FEATURES_VERSION 1u /* raised when the same message would give other features */
#define FEATURES_RAW 3500u  /* octets that view S reads */
#define FEATURES_TOKENS_MAX 10000u

struct token {
	uint32_t bucket; /* below MODEL_C */
	struct str text; /* "subject:viagra", for explain; absent in features of an event */
};

struct features {
	const uint32_t *gram; /* rising, below MODEL_S */
	size_t ngram;
	const struct token *token; /* rising by bucket, each bucket once */
	size_t ntoken;
	uint8_t digest[16]; /* of the message: what learning the same one twice is known by */
};

/*
 * Of a message whose content is complete. head: the first octets of the body as they came (CRLF).
 * In the arena; the texts of tokens too. Time linear in the message, tokens at most
 * FEATURES_TOKENS_MAX.
 */
void features_read(struct arena *a, struct hash_key key, const struct hdr_list *headers,
		   struct content *content, struct str head, struct features *out);

/* As octets for a log: varint differences, without texts. Parse: false for any other octets. */
struct str features_format(struct arena *a, const struct features *f);
bool features_parse(struct arena *a, struct str s, struct features *out);

#endif
