/* Fuzz: a record that is read is written again with the same octets. */
#include <stdlib.h>

#include "report/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	struct row r;

	row_facts_domain(s);
	if (row_parse(a, s, &r) && !str_eq(row_format(a, &r), s))
		abort();
	arena_free(a);
	return 0;
}
