/* Fuzz target: Pyzor's packets of both sides; what is read can be written and read again. */
#include "base/err.h"
#include "learn/digest/pyzor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(struct arena *a, struct str in)
{
	static const struct pyzor_account who = { { "bob", 3 }, { "00ff", 4 } };
	struct pyzor_request q, r;

	if (!pyzor_request_parse(a, in, &q) || q.verb == PYZOR_VERBS)
		return;
	pyzor_request_genuine(&q, &who, q.time);
	if (!pyzor_request_parse(a, pyzor_request_format(a, &q, &who), &r))
		bug("a request that cannot be read again");
	if (r.verb != q.verb || r.thread != q.thread || r.ndigests != q.ndigests ||
	    !pyzor_request_genuine(&r, &who, q.time))
		bug("another request");
}

static void reply(struct arena *a, struct str in)
{
	struct pyzor_reply q, r;

	if (!pyzor_reply_parse(a, in, &q))
		return;
	if (!pyzor_reply_parse(a, pyzor_reply_format(a, &q, PYZOR_INFO), &r))
		bug("a reply that cannot be read again");
	if (r.code != q.code || r.thread != q.thread || (q.code == 200 && r.count != q.count))
		bug("another reply");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);

	request(a, in);
	reply(a, in);
	arena_free(a);
	return 0;
}
