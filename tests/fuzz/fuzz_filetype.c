/* Fuzz target: the type of a file by its octets, and its name. */
#include "base/err.h"
#include "base/utf8.h"
#include "mail/file/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	const struct file_type *t = file_type_of(in);
	struct arena *a = arena_new(0);
	struct file_name f = file_name_read(a, in);

	if (!t || !t->name || !t->ext || !file_class_name(t->class))
		bug("no type");
	if (!file_type_agrees(t, str_c(t->name)))
		bug("a type is not itself");
	file_type_agrees(t, in);
	if (f.base.n + f.ext.n > 3 * size + 16)
		bug("a name that grows");
	arena_free(a);
	return 0;
}
