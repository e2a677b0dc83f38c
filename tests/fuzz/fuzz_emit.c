/* Fuzz target: what leaves an MTA; what was written anew stays as it is. */
#include <stdlib.h>

#include "base/buf.h"
#include "mail/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(4096);
	struct str in = str_of((const char *)data, n), out, again;
	struct hdr_list h;
	const struct hdr *field;

	hdr_init(&h, a);
	field = hdr_add(&h, STR("To"), in);
	if (field && emit_value(a, EMIT_SENDMAIL, 990, field->name, field->value, &out)) {
		if (out.n > 2 * field->value.n + 16 * (field->value.n / 2 + 1))
			abort();
		if (!emit_value(a, EMIT_SENDMAIL, 990, field->name, out, &again) ||
		    (!str_eq(out, again) && out.p[0] != '\r'))
			abort();
	}
	for (size_t cut = 0; cut <= n; cut += n / 4 + 1) {
		struct emit_body one = { 0 }, two = { 0 };

		emit_body_feed(&one, in);
		emit_body_end(&one);
		emit_body_feed(&two, str_sub(in, 0, cut));
		emit_body_feed(&two, str_skip(in, cut));
		emit_body_end(&two);
		if (one.longest != two.longest || one.bare_cr != two.bare_cr || one.nul != two.nul)
			abort();
	}
	arena_free(a);
	return 0;
}
