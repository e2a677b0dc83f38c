/* Frames of the control socket: length (u32, big-endian, of what follows), type (u8), payload. */
#ifndef CONTROL_FRAME_H
#define CONTROL_FRAME_H

#include "base/buf.h"
#include "base/hash.h"
#include "learn/model.h"

#define FRAME_MAX (256u * 1024u) /* octets after the length */
#define CONTROL_IN_FLIGHT 64u	 /* events of a connection without a result yet */

enum frame_type {
	FRAME_HELLO = 'H',   /* first, from both; payload of hello_format */
	FRAME_LEARN = 'L',   /* an event (learn/event.h); answered by a result, in order */
	FRAME_RESULT = 'R',  /* one octet: enum trainer_result */
	FRAME_STATUS = 'S',  /* no payload; answered by JSON */
	FRAME_BOARD = 'B',   /* no payload; answered by JSON: scan/board.h, board_report */
	FRAME_METRICS = 'M', /* no payload; answered by JSON: control/metrics.h */
	FRAME_JSON = 'J',
};

struct frame {
	char type;
	struct str payload; /* points into what was read */
};

/* Takes a frame from the front of *in: 1; 0: it is not all there yet; -1: no frame. */
int frame_take(struct str *in, struct frame *out);
void frame_put(struct buf *b, enum frame_type type, struct str payload);

/* Who speaks. The client leaves key and counts zero. */
struct hello {
	bool same_version; /* of frames and of features */
	struct hash_key key;
	struct model_counts counts;
};
struct str hello_format(struct arena *a, const struct hello *h);
bool hello_parse(struct str s, struct hello *h);

#endif
