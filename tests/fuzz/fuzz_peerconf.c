/* Configuration files of other programs: any octets; lines come out trimmed, in order, in bounds.
 */
#include "base/err.h"
#include "cmd/peer_conf.h"

#include <stdlib.h>

/* Every Include finds the same octets again: depth and size have to end it. */
static int again(struct arena *a, const char *from, struct str path, struct str *octets,
		 const char **name, struct err *e)
{
	(void)a;
	(void)e;
	*octets = path;
	*name = from;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_of((const char *)data, size);

	for (int includes = 0; includes < 2; includes++) {
		struct arena *a = arena_new(0);
		struct peer_conf c = { 0 };
		struct err e = { .text = "" };
		int r = peer_conf_parse(a, "x", text, includes ? again : NULL, &c, &e), line = 0;

		if (r < 0 && !e.text[0])
			abort();
		for (size_t i = 0; i < c.lines.n; i++) {
			const struct peer_line *l = &c.lines.p[i];
			if (!l->name.n || !l->value.p || l->line < 1 ||
			    (!includes && l->line <= line) || str_trim(l->value).n != l->value.n ||
			    str_chr(l->name, '#') != SIZE_MAX || str_chr(l->value, '#') != SIZE_MAX)
				abort();
			line = l->line;
		}
		arena_free(a);
	}
	return 0;
}
