/* Fuzz target: Pyzor's digest takes any octets, and says the same of CR LF as of LF. */
#include "base/err.h"
#include "base/utf8.h"
#include "learn/digest/pyzor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size), lines = pyzor_predigest(a, in);
	char digest[PYZOR_DIGEST + 1];

	if (!utf8_valid(lines))
		bug("lines that are not UTF-8");
	if (pyzor_digest(a, in, digest) != (lines.n > 0) || strlen(digest) != PYZOR_DIGEST)
		bug("a digest of other lines");
	arena_free(a);
	return 0;
}
