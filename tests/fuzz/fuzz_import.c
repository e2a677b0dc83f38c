/* Word lists of other filters: the first octet says whose, the rest is the file. */
#include <stdlib.h>

#include "cmd/import.h"

static int take(void *arg, struct learn_event *e, struct err *err)
{
	size_t *left = arg;

	(void)err;
	for (size_t i = 1; i < e->f.ntoken; i++)
		if (e->f.token[i - 1].bucket >= e->f.token[i].bucket)
			abort();
	return (*left)-- > 0 ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct hash_key key = { 1, 2 };
	struct str file = str_of((const char *)data + 1, n ? n - 1 : 0);
	struct arena *a;
	struct import m;
	struct err e;
	size_t left = 1000; /* messages that are looked at */
	int rc;

	if (!n)
		return 0;
	a = arena_new(0);
	import_init(&m, a, file);
	if (data[0] & 1) {
		struct import_hashed *h = import_spamassassin(&m, key, file, &e);
		if (h)
			import_spamassassin_mail(h, STR("Subject: x\n\nlottery minutes\n"));
		rc = h ? 0 : -1;
	} else {
		rc = import_bogofilter(&m, key, file, &e);
	}
	for (size_t i = 0; i < m.words.n; i++)
		if (m.place[m.words.p[i].bucket] != i + 1)
			abort();
	if (rc == 0)
		import_each(&m, take, &left, &e);
	arena_free(a);
	return 0;
}
