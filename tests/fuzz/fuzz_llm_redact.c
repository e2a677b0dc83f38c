/* Fuzz target: text made plain, cut and redacted; recipients' names are the input's first line. */
#include "base/err.h"
#include "base/utf8.h"
#include "llm/priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A mail address in the plainest form. */
static bool has_address(struct str s)
{
	for (size_t i = 1; i + 3 < s.n; i++)
		if (s.p[i] == '@' && ch_alnum(s.p[i - 1]) && ch_alnum(s.p[i + 1]))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str text = str_of((const char *)data, size), first = str_cut(&text, '\n'), plain,
		   out;
	struct llm_facts f = { 0 };
	struct hdr_list headers;
	size_t left;

	hdr_init(&headers, a);
	hdr_add(&headers, STR("To"), first);
	f.headers = &headers;
	plain = llm_normal(a, text, 65536);
	if (!utf8_valid(plain) || plain.n > 65536 || !str_eq(llm_normal(a, plain, 65536), plain))
		bug("plain text that is not plain");
	out = llm_redact(a, llm_names(a, &f), plain);
	if (!utf8_valid(out))
		bug("redacted text that is no UTF-8");
	if (has_address(out))
		bug("an address is left");
	if (!utf8_valid(llm_cut(a, llm_distinct(a, plain), 1000, &left)))
		bug("a cut inside a character");
	arena_free(a);
	return 0;
}
