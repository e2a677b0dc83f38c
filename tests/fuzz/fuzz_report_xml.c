/* Aggregate reports as octets of any kind: read, condensed, written and read back. */
#include "report/condense.h"
#include "report/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any(void *arg, struct str domain)
{
	(void)arg;
	return domain.n > 0;
}

static uint64_t sum(const struct report_sum *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->group.n; i++)
		n += s->group.p[i].count;
	return n;
}

/* What is written is small, is read again, and no message is lost on the way. */
static void condense(struct arena *a, const struct report_read *r)
{
	struct report_by by = { .now = 1779235200, .ours = any };
	struct report_sum *out = ARENA_ARRAY(a, struct report_sum, SUM_MAX_SUMS), back;
	size_t n = report_condense(a, r, &by, out);

	for (size_t i = 0; i < n; i++) {
		uint64_t before = sum(&out[i]);
		struct str octets = report_sum_format(a, &out[i]);

		if (octets.n > SUM_MAX_OCTETS + 4096 || !report_sum_parse(a, octets, &back) ||
		    sum(&back) != before ||
		    (back.kind == REPORT_DMARC && back.good + back.bad != before))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str octets = str_of((const char *)data, size);
	struct report_read r = { 0 };
	struct report_sum s;

	if (report_read_xml(a, octets, &r))
		condense(a, &r);
	else if (!r.fault.n || r.kind != REPORT_NOTHING)
		__builtin_trap();
	report_sum_parse(a, octets, &s);
	arena_free(a);
	return 0;
}
