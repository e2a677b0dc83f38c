/* Fuzz target: encoded words, and types with their parameters. */
#include "base/err.h"
#include "base/utf8.h"
#include "mail/mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = arena_dup(a, str_of((const char *)data, size));
	struct mime_part p = { 0 };

	if (!utf8_valid(mime_words(a, in)))
		bug("words that are not UTF-8");
	mime_content_type(a, in, &p);
	if (p.params.n > MIME_MAX_PARAMS)
		bug("more parameters than there may be");
	for (size_t i = 0; i < p.params.n; i++)
		if (!p.params.p[i].name.n)
			bug("a parameter without a name");
	arena_free(a);
	return 0;
}
