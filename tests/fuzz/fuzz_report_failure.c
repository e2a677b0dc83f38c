/* Fuzz: a record of a failed message that is read is written again with the same octets, and its
 * report is lines of ASCII; a header of any octets is redacted in such lines too. */
#include <stdlib.h>

#include "report/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_lines(struct str m)
{
	size_t line = 0;

	for (size_t i = 0; i < m.n; i++) {
		bool end = m.p[i] == '\r' && i + 1 < m.n && m.p[i + 1] == '\n';

		if (end) {
			i++;
			line = 0;
		} else if ((m.p[i] < ' ' && m.p[i] != '\t') || m.p[i] > '~' || ++line > 998) {
			abort();
		}
	}
	if (m.n && m.p[m.n - 1] != '\n')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	struct crypto *c = crypto_new();
	struct failure f;

	if (failure_parse(s, &f)) {
		if (!str_eq(failure_format(a, &f), s))
			abort();
		f.what.id = STR("0123456789abcdef0123456789abcdef");
		expect_lines(afrf_content(a, c, &f.what, STR("key")));
	}
	expect_lines(afrf_redact(a, c, s, STR("key")));
	arena_free(a);
	crypto_free(c);
	return 0;
}
