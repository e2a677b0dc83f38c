/*
 * Replies of a Redis that may send anything (LIMITS: hostile store): hiredis's reader in bounds.
 * Whatever comes, one reply costs at most REDIS_REPLY_OCTETS, and what has come of an unfinished
 * one at most REDIS_UNREAD_MAX; over that the reader fails, and with it the connection.
 */
#ifndef STORE_REDIS_READER_H
#define STORE_REDIS_READER_H

#include <hiredis/async.h>

#include "base/arena.h"

#define REDIS_REPLY_OCTETS (4u << 20) /* of one reply with all its elements */
#define REDIS_REPLY_ELEMENTS 100000u  /* of one reply, those of its arrays included */
#define REDIS_REPLY_DEPTH 7u	      /* arrays in arrays */
#define REDIS_UNREAD_MAX (2u << 20)   /* octets of a value not yet complete */
#define REDIS_READER_KEEP (64u << 10) /* of its buffer when it is empty */

struct reader {
	struct arena *arena; /* of the reply that is being read */
	size_t octets, elements;
	/* Whether a command waits for a reply; NULL: always. hiredis aborts the process at a reply
	 * that nobody asked for, so it must not get to see one. */
	bool (*awaited)(void *arg);
	void *arg;
};

void reader_init(struct reader *rd);
void reader_fini(struct reader *rd);

/* Makes r, which must be new, read into rd, which outlives its last redisReaderGetReply. */
void reader_bind(struct reader *rd, redisReader *r);

/* More has come of an unfinished value than any value may have. To be asked before each read. */
bool reader_full(const redisReader *r);

/* Gives the memory of the last reply back: the reply is not looked at any more. */
void reader_release(struct reader *rd);

/* The octets of a string, status or error reply; absent if it is none of them. */
struct str reply_str(const redisReply *r);

#endif
