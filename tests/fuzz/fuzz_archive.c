/* Fuzz target: the list of whatever archive this is, within its limits. */
#include "base/clock.h"
#include "base/err.h"
#include "mail/file/file.h"

#define MAX_US (ARCHIVE_MAX_CPU_US * 20) /* sanitizers and a busy machine */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	uint64_t began = clock_cpu_us();
	const struct archive *list = archive_list(a, in, file_type_of(in));

	if (clock_cpu_us() - began > MAX_US)
		bug("too long");
	if (list && (!list->format || list->entries.n > ARCHIVE_MAX_ENTRIES))
		bug("a list without end");
	for (size_t i = 0; list && i < list->entries.n; i++)
		if (list->entries.p[i].level > ARCHIVE_MAX_LEVELS + 1)
			bug("too deep");
	arena_free(a);
	return 0;
}
