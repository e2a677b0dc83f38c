/* Fuzz target: the strict reader of a key's state file; what it takes comes out as it went in. */
#include <stdlib.h>

#include "sign/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct keyring_key k, again;
	struct str text;

	if (!keyring_parse(a, str_of((const char *)data, size), &k)) {
		text = keyring_format(a, &k);
		if (text.n > KEYRING_FILE_MAX || keyring_parse(a, text, &again) ||
		    !str_eq(keyring_format(a, &again), text) || k.state > KEY_RETIRED ||
		    !keyring_name_ok(a, k.domain, k.selector))
			abort();
	}
	arena_free(a);
	return 0;
}
