/* Fuzzes check_host() over a scripted zone: the result must not depend on the order of the answers.
 */
#include <stdlib.h>

#include "auth/auth.h"
#include "unit/auth/spf_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INPUT 8192u
#define MAX_TOTAL 80u /* distinct questions over all runs of one check */

static const char *const names[] = {
	"t.test",
	"a.test",
	"b.test",
	"c.test",
	"m.test",
	"me.t.test",
	"1.2.0.192.in-addr.arpa",
	"x.list.test",
};

static struct str name_at(char c)
{
	return str_c(names[(unsigned char)c % (sizeof(names) / sizeof(names[0]))]);
}

/* One line: a name, a kind, and what the kind wants. */
static void add_line(struct zone *z, struct str line)
{
	static const char address[] = { (char)192, 0, 2, 1, (char)198, 51, 100, 1 };
	struct str name, rest;
	char first;

	if (line.n < 3)
		return;
	name = name_at(line.p[0]);
	rest = str_skip(line, 2);
	first = rest.p[0];
	switch (line.p[1]) {
	case 'T':
		zone_add(z, name, DNS_TXT, rest);
		break;
	case 'A':
		zone_add(z, name, DNS_A, str_of(address + (first % 2 ? 0 : 4), 4));
		break;
	case 'M':
		zone_add_mx(z, name, 1, first == 'n' ? rest : name_at(first));
		break;
	case 'P':
		zone_add(z, name, DNS_PTR, first == 'n' ? rest : name_at(first));
		break;
	case 'C':
		zone_add(z, name, DNS_CNAME, name_at(first));
		break;
	case 'F':
		zone_fault(z, name, (unsigned char)first % 32, (enum zone_fault)(first % 9));
		break;
	default:
		break;
	}
}

static bool same(const struct spf_result *x, const struct spf_result *y)
{
	return x->code == y->code && x->lookups == y->lookups && x->voids == y->voids &&
	       x->permissive == y->permissive && str_eq(x->mechanism, y->mechanism) &&
	       str_eq(x->reason, y->reason) && str_eq(x->domain, y->domain) &&
	       str_eq(x->explanation, y->explanation);
}

static void check(struct zone *z, const struct spf_request *req, uint64_t seed)
{
	struct arena *a = arena_new(0);
	struct spf_result first = spf_case_run(a, z, req, ORDER_NOW, seed);

	if (zone_questions(z) > SPF_MAX_QUERIES || first.lookups > SPF_MAX_TERMS ||
	    first.voids > SPF_MAX_VOID + 1)
		abort();
	for (int order = ORDER_ROUNDS; order < ORDERS; order++) {
		struct spf_result res = spf_case_run(a, z, req, (enum spf_order)order, seed);

		if (!same(&first, &res) || zone_questions(z) > MAX_TOTAL)
			abort();
	}
	arena_free(a);
}

/* The first line: local part; the second: HELO; then the zone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct spf_request req = spf_case_request("192.0.2.1", "t.test");
	struct zone *z;

	if (size > MAX_INPUT)
		return 0;
	z = zone_new();
	req.local = str_cut(&in, '\n');
	req.helo = str_cut(&in, '\n');
	while (in.n > 0)
		add_line(z, str_cut(&in, '\n'));
	check(z, &req, size);
	zone_free(z);
	return 0;
}
