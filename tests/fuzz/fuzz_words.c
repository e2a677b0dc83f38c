/* Fuzz target: encoded words, and types with their parameters. */
#include "base/utf8.h"
#include "mail/mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = arena_dup(a, str_of((const char *)data, size));
	struct mime_part p = { 0 };

	if (!utf8_valid(mime_words(a, in)))
		__builtin_trap();
	mime_content_type(a, in, &p);
	if (p.params.n > MIME_MAX_PARAMS)
		__builtin_trap();
	for (size_t i = 0; i < p.params.n; i++)
		if (!p.params.p[i].name.n)
			__builtin_trap();
	arena_free(a);
	return 0;
}
