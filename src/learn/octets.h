/* Numbers as octets: seven bits each, low ones first, in no more octets than they need. */
#ifndef LEARN_OCTETS_H
#define LEARN_OCTETS_H

#include "base/buf.h"

/* What is left of octets that are read. */
struct octets {
	struct str s;
	bool bad; /* something was not as it must be: what was read since is 0 */
};

void octets_put(struct buf *b, uint64_t v);
uint64_t octets_get(struct octets *o, uint64_t max);

void octets_put32(struct buf *b, uint32_t v); /* four octets, little-endian */
uint32_t octets_get32(struct octets *o);
void octets_put64(struct buf *b, uint64_t v);
uint64_t octets_get64(struct octets *o);

/* A length and octets. */
void octets_put_str(struct buf *b, struct str s);
struct str octets_get_str(struct octets *o, size_t max);
struct str octets_get_n(struct octets *o, size_t n); /* exactly n octets */

/* Rising numbers below a limit, each once, as differences. */
void octets_put_rising(struct buf *b, const uint32_t *v, size_t n);
/* Room for n. */
void octets_get_rising(struct octets *o, uint32_t *v, size_t n, uint32_t limit);

/* All was read, and all was well. */
static inline bool octets_done(const struct octets *o)
{
	return !o->bad && o->s.n == 0;
}

#endif
