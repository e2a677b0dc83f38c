/* Fuzz target: batches and answers between processes; a batch is done on a store in memory, and
 * what is answered is read again. */
#include <stdlib.h>

#include "store/memory.h"
#include "store/wire.h"

static void do_batch(struct arena *a, const struct batch *b)
{
	struct memory *m = memory_new(200);
	struct store_answer *ans = ARENA_ARRAY(a, struct store_answer, b->n), *again;
	struct buf frame = { .arena = a };
	uint32_t id;
	size_t n;

	for (size_t i = 0; i < b->n; i++)
		table_run(memory_table(m), a, &b->op[i], 1700000000000, &ans[i]);
	answers_format(&frame, b->id, ans, b->n);
	if (!answers_parse(a, str_skip(buf_str(&frame), FRAME_HEAD), &id, &again, &n) ||
	    id != b->id || n != b->n)
		abort();
	for (size_t i = 0; i < n; i++)
		if (again[i].status != ans[i].status || !str_eq(again[i].value, ans[i].value) ||
		    again[i].nentry != ans[i].nentry)
			abort();
	memory_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str payload = str_of((const char *)data, size);
	struct buf frame = { .arena = a };
	struct store_answer *ans;
	struct batch b, again;
	uint32_t id;
	size_t n;

	if (batch_parse(a, payload, &b)) {
		if (!batch_format(&frame, b.id, b.flags, b.op, b.n) ||
		    !batch_parse(a, str_skip(buf_str(&frame), FRAME_HEAD), &again) ||
		    again.n != b.n)
			abort();
		do_batch(a, &b);
	}
	if (answers_parse(a, payload, &id, &ans, &n))
		answers_format(&frame, id, ans, n);
	arena_free(a);
	return 0;
}
