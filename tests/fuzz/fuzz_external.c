/* What a check of the site answers. */
#include <math.h>

#include "base/err.h"
#include "checks/outside/external.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_symbol(const struct external_symbol *y)
{
	if (!y->name.n || y->name.n > EXTERNAL_NAME_MAX || !str_printable(y->name))
		bug("a name that is none");
	if (!isfinite(y->value))
		bug("a value that is none");
	if (y->evidence.n > EXTERNAL_EVIDENCE_MAX || (y->evidence.n && !str_printable(y->evidence)))
		bug("evidence that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size);
	struct external_reply r;
	const char *why = NULL;
	bool good = external_reply_read(a, in, &r, &why);

	if ((external_whole(in) == 1) != good)
		bug("whole, and not to be read");
	if (!good && !why)
		bug("refused, and nobody knows why");
	if (good && (r.n > EXTERNAL_SYMBOLS_MAX || !isfinite(r.score)))
		bug("too much of it");
	for (size_t i = 0; good && i < r.n; i++)
		check_symbol(&r.symbol[i]);
	arena_free(a);
	return 0;
}
