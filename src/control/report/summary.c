/* A report that came in, as records of the store. */
#include "control/report/summary.h"

#include "control/report/summary_key.h"

int64_t summary_day(int64_t t, int64_t now)
{
	int64_t today = now / SUMMARY_DAY, day = t / SUMMARY_DAY;

	if (day > today)
		return today;
	return day < today - (int64_t)SUMMARY_DAYS + 1 ? today - (int64_t)SUMMARY_DAYS + 1 : day;
}

struct str summary_log_key(struct arena *a, int64_t day)
{
	return arena_printf(a, "rptlog:%u", (unsigned)(day % SUMMARY_RING));
}

/* What a log says of a report: its day, how far it is trusted, who it is. */
static struct str entry(struct arena *a, int64_t day, const struct report_sum *s)
{
	struct buf b = { .arena = a };

	octets_u(&b, (uint64_t)day, 4);
	octets_u(&b, s->trust, 1);
	buf_add(&b, str_of((const char *)s->identity, sizeof s->identity));
	return buf_str(&b);
}

size_t summary_add(struct arena *a, struct str record, int64_t now,
		   struct store_op out[SUMMARY_OPS])
{
	struct report_sum s;
	int64_t day;

	if (!report_sum_parse(a, record, &s))
		return 0;
	day = summary_day(s.end > 0 ? s.end - 1 : 0, now);
	out[0] = (struct store_op){ .kind = STORE_NEW,
				    .key = report_sum_key(a, &s, s.trust),
				    .value = record,
				    .ttl_ms = UINT64_C(86400000) * (SUMMARY_DAYS + 1) };
	out[1] = (struct store_op){ .kind = STORE_APPEND,
				    .key = summary_log_key(a, day),
				    .value = entry(a, day, &s),
				    .limit = SUMMARY_PER_DAY };
	return SUMMARY_OPS;
}
