/* Batches of a back-end in this process on their way to the next turn of the loop, where all that
 * came in one turn are done together. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "io/loop.h"
#include "store/backend.h"

struct queue_item {
	struct store_batch *batch;
	struct store_answer *answer; /* for who runs it */
	struct queue_item *next;
};

struct queue {
	struct loop *loop;
	loop_fn *run; /* called with arg when there is something */
	void *arg;
	struct queue_item *first, **last;
	struct loop_timer *timer;
};

void queue_init(struct queue *q, struct loop *l, loop_fn *run, void *arg);
void queue_fini(struct queue *q);
void queue_add(struct queue *q, struct store_batch *b); /* in the batch's arena */
void queue_drop(struct queue *q, struct store_batch *b);

/* From run: all there is, in order, off the queue. Ending a batch takes its item with it: read next
 * first. */
struct queue_item *queue_take(struct queue *q);

#endif
