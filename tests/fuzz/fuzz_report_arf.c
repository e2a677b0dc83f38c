/* Files and messages of any kind as reports: complaints, and whatever is packed in them. */
#include "report/condense.h"
#include "report/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any(void *arg, struct str domain)
{
	(void)arg;
	return domain.n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct report_read r;
	struct report_by by = { .now = 1779235200, .ours = any, .user = STR("joe@here.test") };
	struct report_sum *out = ARENA_ARRAY(a, struct report_sum, SUM_MAX_SUMS), back;

	if (report_read(a, str_of((const char *)data, size), &r)) {
		size_t n = report_condense(a, &r, &by, out);

		for (size_t i = 0; i < n; i++)
			if (!report_sum_parse(a, report_sum_format(a, &out[i]), &back))
				__builtin_trap();
	} else if (!r.fault.n || r.kind != REPORT_NOTHING) {
		__builtin_trap();
	}
	arena_free(a);
	return 0;
}
