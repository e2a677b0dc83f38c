/* Big-endian numbers in octets: a writer into a buffer and a reader that cannot leave its slice. */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include "base/buf.h"

void octets_u(struct buf *b, uint64_t v, unsigned size); /* size octets, 1 to 8 */
void octets_f64(struct buf *b, double v);
void octets_str(struct buf *b, struct str s); /* length (u32), octets */

/* What is left of the octets; bad once more was asked for than there is, and then for good. */
struct octets {
	struct str left;
	bool bad;
};

uint64_t octets_get_u(struct octets *o, unsigned size);
double octets_get_f64(struct octets *o);
struct str octets_get_run(struct octets *o, size_t n);
struct str octets_get_text(struct octets *o, size_t max); /* as octets_str; bad over max */

/* All was read, and nothing more than there was. */
static inline bool octets_done(const struct octets *o)
{
	return !o->bad && o->left.n == 0;
}

#endif
