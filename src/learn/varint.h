/* Numbers as octets: seven bits each, low ones first, in no more octets than they need. */
#ifndef LEARN_VARINT_H
#define LEARN_VARINT_H

#include "base/buf.h"

/* What is left of octets that are read. */
struct varint {
	struct str s;
	bool bad; /* something was not as it must be: what was read since is 0 */
};

void varint_put(struct buf *b, uint64_t v);
uint64_t varint_get(struct varint *o, uint64_t max);

void varint_put32(struct buf *b, uint32_t v); /* four octets, little-endian */
uint32_t varint_get32(struct varint *o);
void varint_put64(struct buf *b, uint64_t v);
uint64_t varint_get64(struct varint *o);

/* A length and octets. */
void varint_put_str(struct buf *b, struct str s);
struct str varint_get_str(struct varint *o, size_t max);
struct str varint_get_n(struct varint *o, size_t n); /* exactly n octets */

/* Rising numbers below a limit, each once, as differences. */
void varint_put_rising(struct buf *b, const uint32_t *v, size_t n);
/* Room for n. */
void varint_get_rising(struct varint *o, uint32_t *v, size_t n, uint32_t limit);

/* All was read, and all was well. */
static inline bool varint_done(const struct varint *o)
{
	return !o->bad && o->s.n == 0;
}

#endif
