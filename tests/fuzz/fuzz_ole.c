/* Fuzz target: compound files and Visual Basic sources. The header's beginning is put in front, so
 * that none is thrown away for it. */
#include "base/err.h"
#include "mail/file/archive_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size), source;
	struct arena *a = arena_new(0);
	char *p = arena_alloc(a, size + 8);
	const struct archive *list;

	memcpy(p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	memcpy(p + 8, data, size);
	list = archive_list(a, str_of(p, size + 8), file_type_of(str_of(p, size + 8)));
	if (!list || list->entries.n > ARCHIVE_MAX_ENTRIES)
		bug("no list, or one without end");
	source = vba_decompress(a, in);
	if (source.n > 1024 * 1024 + 4096)
		bug("a source without end");
	vba_runs_by_itself(source);
	arena_free(a);
	return 0;
}
