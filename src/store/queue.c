/* Batches on their way to the next turn of the loop. */
#include "store/queue.h"

void queue_init(struct queue *q, struct loop *l, loop_fn *run, void *arg)
{
	*q = (struct queue){ .loop = l, .run = run, .arg = arg };
	q->last = &q->first;
}

void queue_fini(struct queue *q)
{
	loop_cancel(q->timer);
	q->timer = NULL;
}

static void run_soon(void *arg)
{
	struct queue *q = arg;

	q->timer = NULL;
	q->run(q->arg);
}

void queue_add(struct queue *q, struct store_batch *b)
{
	struct queue_item *i = ARENA_NEW(b->arena, struct queue_item);

	i->batch = b;
	b->backend = i;
	*q->last = i;
	q->last = &i->next;
	if (!q->timer)
		q->timer = loop_after(q->loop, 0, run_soon, q);
}

void queue_drop(struct queue *q, struct store_batch *b)
{
	struct queue_item **at = &q->first;

	while (*at && (*at)->batch != b)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = (*at)->next;
	if (!*at)
		q->last = at;
}

struct queue_item *queue_take(struct queue *q)
{
	struct queue_item *i = q->first;

	q->first = NULL;
	q->last = &q->first;
	return i;
}
