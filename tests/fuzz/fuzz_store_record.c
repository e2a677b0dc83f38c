/* Fuzz target: records and raw records of the store; what is one comes out as it went in, and bears
 * every operation. */
#include <math.h>
#include <stdlib.h>

#include "store/memory.h"

static void all_ops(struct arena *a, struct str octets)
{
	struct record r;

	for (int k = STORE_GET; k <= STORE_LEASE; k++) {
		struct store_op op = { .kind = (enum store_kind)k,
				       .key = STR("t:k"),
				       .value = STR("v"),
				       .delta = { 1, -2 },
				       .half_life_ms = { 1, 0, 1000 },
				       .cost = 1,
				       .burst = 2,
				       .rate = 3 };
		struct store_answer ans;

		if (!record_parse(octets, &r))
			return;
		if (record_apply(&r, &op, 1700000000000, &ans) && r.kind &&
		    !record_parse(record_format(a, &r), &(struct record){ 0 }))
			abort();
		for (unsigned i = 0; i < STORE_SUMS; i++)
			if (!isfinite(ans.sum[i]))
				abort();
	}
}

static void whole_store(struct arena *a, struct str octets)
{
	struct memory *m = memory_new(50);
	struct store_op op = { .kind = STORE_RESTORE, .value = octets };
	struct store_answer ans;

	table_run(memory_table(m), a, &op, 1, &ans);
	op = (struct store_op){ .kind = STORE_WALK, .value = ans.status ? octets : STR_NULL };
	table_run(memory_table(m), a, &op, 1, &ans);
	for (size_t i = 0; i < ans.nentry; i++)
		if (!str_eq(ans.entry[i].value, octets))
			abort();
	memory_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str octets = str_of((const char *)data, size);
	struct record r;
	struct raw_record raw;

	if (record_parse(octets, &r) && !str_eq(record_format(a, &r), octets))
		abort();
	if (raw_parse(octets, &raw) && !str_eq(raw_format(a, &raw), octets))
		abort();
	all_ops(a, octets);
	whole_store(a, octets);
	arena_free(a);
	return 0;
}
