/*
 * Batches and answers as octets, between the processes of one machine. A frame is its length (u32,
 * of what follows) and a payload; numbers are big-endian. Both ends check what they get: false for
 * any octets that the other function does not write.
 *
 *	payload of a batch	'B' id:u32 flags:u8 n:u16, n operations
 *	payload of answers	'A' id:u32 n:u16, n answers
 */
#ifndef STORE_WIRE_H
#define STORE_WIRE_H

#include "base/buf.h"
#include "store/store.h"

#define FRAME_MAX (16u << 20) /* octets of a payload */
#define FRAME_HEAD 4u	      /* octets before it */

struct batch {
	uint32_t id;
	unsigned flags; /* enum store_call_flag */
	struct store_op *op;
	size_t n;
};

/*
 * A whole frame. Keys, members and values that no store takes are cut to one octet more than it
 * does. False: it is larger than FRAME_MAX (nothing of use is in b then).
 */
bool batch_format(struct buf *b, uint32_t id, unsigned flags, const struct store_op *op, size_t n);

/* A payload; slices point into it. */
bool batch_parse(struct arena *a, struct str payload, struct batch *out);

/* A whole frame; answers that do not fit into FRAME_MAX any more become STORE_FAILED. */
void answers_format(struct buf *b, uint32_t id, const struct store_answer *a, size_t n);
bool answers_parse(struct arena *arena, struct str payload, uint32_t *id, struct store_answer **a,
		   size_t *n);

#endif
