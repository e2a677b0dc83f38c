/* Any octets as a cached verdict: refused, or read and written again as they were. */
#include "scan/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(0);
	struct str s = str_of((const char *)data, n);
	struct cached v;

	if (cache_parse(a, s, &v) && !str_eq(cache_format(a, v.mark, v.symbols.p, v.symbols.n), s))
		__builtin_trap();
	arena_free(a);
	return 0;
}
