/* Fuzz target: links found in text, and all forms of the input as one link. */
#include "base/err.h"
#include "mail/view/uri_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str in = str_of((const char *)data, size), domain, host;
	struct map *tlds = map_new(a, false);
	struct view_env env = { .tlds = { tlds, tlds, tlds } };
	struct hdr_list h;
	struct view *v;
	struct uri_found f;
	uri_forms forms = { 0 };

	map_put(tlds, STR("com"), a);
	hdr_init(&h, a);
	v = view_new(a, &env, &h, NULL, NULL, STR_NULL);
	for (size_t at = 0; uri_next(v, in, at, &f); at = f.end)
		if (f.end <= at || f.end > in.n || f.text.p < in.p + at)
			bug("a link outside of what is left");
	uri_clean(v, a, str_sub(in, 0, VIEW_MAX_URI), &forms);
	for (size_t i = 0; i < forms.n; i++)
		if (view_uri_domain(v, a, forms.p[i], &domain, &host) && domain.n > host.n)
			bug("a domain longer than its host");
	arena_free(a);
	return 0;
}
