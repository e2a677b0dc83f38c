/* Fuzz target: what domain_read() gives is a fixed point and keeps its rules. */
#include "base/err.h"
#include "mail/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *a, struct str d, unsigned flags)
{
	struct str u;
	size_t label = 0;

	if (d.n == 0 || d.n > 253 || d.p[d.n] != '\0')
		bug("length");
	for (size_t i = 0; i < d.n; i++) {
		char c = d.p[i];
		bool ok = (c >= 'a' && c <= 'z') || ch_digit(c) || c == '-' || c == '.' ||
			  (c == '_' && (flags & DOMAIN_UNDERSCORE));
		label = c == '.' ? 0 : label + 1;
		if (!ok || label > 63)
			bug("octet or label");
	}
	if (!str_eq(domain_read(a, d, flags), d))
		bug("not a fixed point");
	u = domain_unicode(a, d);
	if (!str_eq(domain_read(a, u, flags), d))
		bug("the U-label form is another name");
	if (!domain_within(d, domain_last(d, 1)) || domain_labels(d) == 0 ||
	    !str_eq(domain_last(d, domain_labels(d)), d))
		bug("labels");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct arena *a = arena_new(0);
	struct str plain = domain_read(a, in, 0), any = domain_read(a, in, DOMAIN_UNDERSCORE);

	if (plain.p)
		check(a, plain, 0);
	if (any.p)
		check(a, any, DOMAIN_UNDERSCORE);
	if (plain.p && !str_eq(plain, any))
		bug("the flag changes a name");
	arena_free(a);
	return 0;
}
