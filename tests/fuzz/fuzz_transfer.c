/* Fuzz target: transfer decoders. What is encoded comes back, and whatever is not stays in bounds.
 */
#include "base/err.h"
#include "mail/mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct str encode(struct arena *a, struct str in)
{
	char *out = arena_alloc(a, in.n * 2 + 8);
	size_t n = 0;

	for (size_t i = 0; i < in.n; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < in.n ? (unsigned char)in.p[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			out[n++] = i + k > in.n ? '=' : digits[v >> (18 - 6 * k) & 63];
		if (i % 57 == 54)
			out[n++] = '\n';
	}
	return str_of(out, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	/* a copy of its own, so that a read past the end is found */
	struct str in = arena_dup(a, str_of((const char *)data, size)), out;
	unsigned flags = 0;

	out = mime_base64(a, encode(a, in), &flags);
	if (!str_eq(out, in) || flags)
		bug("base64 does not come back");
	if (mime_base64(a, in, &flags).n > in.n || mime_qp(a, in, &flags).n > in.n ||
	    mime_uu(a, in, &flags).n > in.n + in.n / 2 + 3)
		bug("decoding makes more of it");
	arena_free(a);
	return 0;
}
