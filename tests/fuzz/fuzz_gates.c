/* What the gates read: one-time codes in texts, records of the store, limits, addresses of traps.
 */
#include <string.h>

#include "base/err.h"
#include "checks/memory/greylist.h"
#include "checks/memory/rate.h"
#include "checks/memory/trap_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void never(void *arg, const char *line)
{
	(void)arg;
	bug("%s", line);
}

static struct trap_list *traps(struct arena *a)
{
	static const struct conf_opt *const tables[] = { trap_options, NULL };
	struct trap_list *l;
	struct err e;

	if (trap_list_read(a,
			   conf_load_text(a, "fuzz",
					  STR("trap { addresses = {\"a@b.test\", \"c+d@b.test\"} "
					      "patterns = {\"x*y?@*.test\", \"*@*\"} "
					      "domains = {\"trap.test\"} }"),
					  tables, never, NULL),
			   &l, &e) < 0)
		bug("%s", e.text);
	return l;
}

static void check_code(struct arena *a, struct str in)
{
	struct str subject = str_cut(&in, '\n'), code = STR_NULL;

	if (!greylist_code(a, subject, in, &code))
		return;
	if (code.n < 4 || code.n > 8)
		bug("a code of %zu octets", code.n);
}

static void check_record(struct arena *a, struct str in)
{
	struct greylist_record r = { 0 }, again = { 0 };

	if (!greylist_parse(in, &r))
		return;
	if (!greylist_parse(greylist_format(a, r.state, r.when), &again) ||
	    r.state != again.state || r.when != again.when)
		bug("a record that is not the same when it is written again");
}

static void check_limit(struct str in)
{
	for (int size = 0; size < 2; size++) {
		double limit = 0, period = 0;
		if (rate_limit_parse(in, size, &limit, &period) &&
		    !(limit >= 1 && limit <= 1e12 && period >= 1))
			bug("a limit of %g in %g s", limit, period);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);

	check_code(a, in);
	check_record(a, in);
	check_limit(in);
	trap_list_find(traps(a), str_sub(in, 0, 320), 1700000000);
	arena_free(a);
	return 0;
}
