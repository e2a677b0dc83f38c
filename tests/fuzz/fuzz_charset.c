/* Fuzz target: the first line is a charset, the rest text; UTF-8 comes out, never too much. */
#include "base/err.h"
#include "base/utf8.h"
#include "mail/text/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size), name = str_cut(&in, '\n'), out, canonical;
	struct arena *a = arena_new(0);
	unsigned flags = 0, again;

	out = charset_to_utf8(a, name, in, &flags);
	if (!utf8_valid(out) || str_chr(out, '\0') != SIZE_MAX)
		bug("not UTF-8");
	if (out.n > in.n * 3)
		bug("more than three for one");
	canonical = charset_canonical(a, name);
	if (canonical.n && !(flags & CHARSET_UNKNOWN) &&
	    !str_eq(charset_to_utf8(a, canonical, in, &again), out))
		bug("the canonical name is another charset");
	arena_free(a);
	return 0;
}
