/* Fuzzes the reader of DNS answers: a type, a name with its length in front, then the packet. */
#include <stdlib.h>

#include "base/err.h"
#include "io/resolver.h"
#include "io/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dns_answer *a)
{
	if ((a->status == DNS_OK) != (a->n > 0) || a->n > RESOLVER_MAX_RRS || a->secure)
		bug("status %d with %zu records", (int)a->status, a->n);
	for (size_t i = 0; i < a->n; i++)
		if (a->rr[i].data.n > RESOLVER_MAX_ANSWER || !a->rr[i].data.p)
			bug("record %zu", i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = { DNS_A,  DNS_AAAA, DNS_TXT,	  DNS_MX,
				     DNS_NS, DNS_PTR,  DNS_CNAME, DNS_SOA };
	struct arena *a;
	struct dns_answer out;
	size_t nname;
	int type;

	if (size < 2)
		return 0;
	type = data[0] < 8 ? types[data[0]] : data[0];
	nname = data[1] < size - 2 ? data[1] : size - 2;
	a = arena_new(0);
	wire_read(a, str_of((const char *)data + 2 + nname, size - 2 - nname),
		  arena_cstr(a, str_of((const char *)data + 2, nname)), type, &out);
	check(&out);
	arena_free(a);
	return 0;
}
