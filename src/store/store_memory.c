/* A store in the memory of this process: for tests, and tools without a state directory. */
#include <stdlib.h>

#include "store/memory.h"
#include "store/queue.h"

#define STORE_MEMORY_ENTRIES (1u << 22) /* tools look at whole corpora */

struct backend {
	struct store *store;
	struct memory *memory;
	struct queue queue;
};

static void answer(struct backend *m, struct store_batch *b)
{
	struct store_answer *a = ARENA_ARRAY(b->arena, struct store_answer, b->n);
	int64_t now = store_now_ms(m->store);

	for (size_t i = 0; i < b->n; i++)
		table_run(memory_table(m->memory), b->arena, &b->op[i], now, &a[i]);
	store_batch_end(m->store, b, a, false, NULL);
}

static void run(void *self)
{
	struct backend *m = self;

	for (struct queue_item *i = queue_take(&m->queue), *next; i; i = next) {
		next = i->next;
		answer(m, i->batch);
	}
}

static void begin(void *self, struct store_batch *b)
{
	struct backend *m = self;

	queue_add(&m->queue, b);
}

static void drop(void *self, struct store_batch *b)
{
	struct backend *m = self;

	queue_drop(&m->queue, b);
}

static void free_it(void *self)
{
	struct backend *m = self;

	queue_fini(&m->queue);
	memory_free(m->memory);
	free(m);
}

static const struct store_backend methods = { "memory", begin, drop, free_it };

struct store *store_memory(struct loop *l)
{
	struct backend *m = calloc(1, sizeof *m);

	if (!m)
		bug("no memory for a store");
	m->memory = memory_new(STORE_MEMORY_ENTRIES);
	m->store = store_over(l, &methods, m, NULL, false);
	queue_init(&m->queue, l, run, m);
	return m->store;
}
