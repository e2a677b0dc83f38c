/* Fuzz target: dates there and back, and Received fields. */
#include "base/err.h"
#include "mail/date.h"
#include "mail/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_date(struct str in)
{
	char text[DATE_MAX];
	int64_t t, back;

	if (!date_parse(in, &t))
		return;
	date_format(t, text);
	if (!date_parse(str_c(text), &back))
		bug("%s is not read", text);
	/* a zone may carry the first and the last day over the ends of what is written */
	if (back != t && t > -2208988800 && t < 253402300799)
		bug("%s is another time", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	struct received r;

	check_date(in);
	received_parse(a, in, &r);
	if (r.from_name.n + r.rdns.n + r.by.n + r.with.n + r.id.n + r.for_addr.n > 2 * in.n)
		bug("more than there was");
	if (!r.parsed && (r.from_name.p || r.by.p || r.date))
		bug("facts without parsed");
	if (r.parsed && !r.from_name.p && !r.by.p && !r.date)
		bug("parsed without facts");
	arena_free(a);
	return 0;
}
