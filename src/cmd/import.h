/*
 * What other filters have learnt, as events: their counts of words become messages that hold so
 * many of them, so that importing is learning, and can be forgotten like it.
 */
#ifndef CMD_IMPORT_H
#define CMD_IMPORT_H

#include "base/err.h"
#include "base/vec.h"
#include "learn/event.h"

#define IMPORT_MESSAGES_MAX 100000u /* of a class; more are scaled down, with their words */
#define IMPORT_PLACES_MAX (32u * 1024u * 1024u) /* words of all messages together */

struct import_word {
	uint32_t bucket;
	uint32_t count[LEARN_SPAM + 1]; /* messages of each class that it was in */
};

struct import {
	struct arena *arena;
	uint64_t id[2]; /* of the source: the same one gives the same messages */
	uint32_t messages[LEARN_SPAM + 1];
	VEC(struct import_word) words;
	uint32_t *place;       /* of a bucket: index + 1 */
	uint64_t lines, taken; /* of words: all, and those that we know by name */
};

void import_init(struct import *m, struct arena *a, struct str source);

/* Adds counts; those of one bucket add up. */
void import_add(struct import *m, uint32_t bucket, uint32_t ham, uint32_t spam);

/* A dump of bogofilter's word list: "bogoutil -d wordlist.db". -1 and *e: it is none. */
int import_bogofilter(struct import *m, struct hash_key key, struct str dump, struct err *e);

/*
 * A backup of SpamAssassin's data base ("sa-learn --backup"). Its words are hashes there: a word is
 * taken when mail is shown that holds it, whatever that mail is. NULL and *e: it is none.
 */
struct import_hashed;
struct import_hashed *import_spamassassin(struct import *m, struct hash_key key, struct str backup,
					  struct err *e);
void import_spamassassin_mail(struct import_hashed *h, struct str octets);

/* Calls fn with each message, source and class set; its tokens live during the call. -1 and *e from
 * fn, or too many words. */
typedef int import_fn(void *arg, struct learn_event *event, struct err *e);
int import_each(struct import *m, import_fn *fn, void *arg, struct err *e);

#endif
