/* Fuzzes the tag=value reader: what it gives must be the text it was given. */
#include <stdlib.h>

#include "auth/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct taglist list;
	const char *fault;
	struct str text = str_of((const char *)data, size);
	bool good = taglist_read(text, &list, &fault);

	check(good == !fault && list.n <= TAGLIST_MAX);
	for (size_t i = 0; i < list.n; i++) {
		const struct tag *t = &list.tag[i];

		check(t->name.n > 0 && ch_alpha(t->name.p[0]));
		check(t->raw.p >= text.p && t->raw.p + t->raw.n <= text.p + text.n);
		check(t->value.p >= t->raw.p && t->value.p + t->value.n <= t->raw.p + t->raw.n);
		check(memchr(t->raw.p, ';', t->raw.n) == NULL);
		for (size_t j = 0; j < i; j++)
			check(!str_eq(list.tag[j].name, t->name));
	}
	return 0;
}
