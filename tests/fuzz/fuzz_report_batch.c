/* Fuzz: what is read back of a log of rows and of its marks; sums are those of its rows. */
#include <stdlib.h>

#include "control/report/batch.h"
#include "control/report/keys.h"
#include "control/report/sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct window_part p = { .start = 86400, .length = 3600 };
	const struct sums_limits small = { .ids = 4, .rows = 3, .rounds = 4 };
	struct str s = str_of((const char *)data, size);
	struct sums *sums = sums_new(&p, &small);
	struct window_part part;
	struct window_sums *out;
	struct marks marks = { 0 };
	struct mark m;
	uint64_t n = 0;

	if (index_parse(s, &part) && part.start % part.length)
		abort();
	if (mark_parse(s, &m))
		marks_add(&marks, &m);
	do {
		sums_entry(sums, SUMS_BEFORE, s);
		sums_entry(sums, SUMS_COUNT, s);
		sums_entry(sums, SUMS_COUNT, s);
	} while (sums_again(sums));
	out = sums_result(sums);
	for (size_t i = 0; i < out->n; i++)
		for (size_t k = 0; k < out->report[i].report.nrows; k++)
			n += out->report[i].report.row[k].count;
	if (n != out->messages)
		abort();
	window_sums_free(out);
	sums_free(sums);
	return 0;
}
