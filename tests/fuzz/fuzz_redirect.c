/* What a redirector sends: its Location field, and its page. */
#include <stdlib.h>

#include "checks/outside/redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void follow(struct arena *a, const struct redirect_secrets *secrets, const struct url *base,
		   struct str ref)
{
	struct str to = redirect_resolve(a, base, ref);
	struct url u;
	char why[64];

	if (to.p && !to.n)
		abort();
	if (!to.n || !url_parse(a, NULL, to, &u))
		return;
	(void)redirect_personal(a, secrets, u.clean);
	if (!(u.flags & URL_BAD_HOST) && http_url_ok(u.clean, why, sizeof why) && !u.host.n)
		abort();
}

/* A reference and a page, with an octet of NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct str rcpt = { "anna.berg@mail.example", 22 };
	struct arena *a = arena_new(0);
	struct redirect_secrets *secrets = redirect_secrets(a, &rcpt, 1);
	struct str page = str_of((const char *)data, n), ref = str_cut(&page, '\0');
	struct url base;

	if (!url_parse(a, NULL, STR("https://short.test:8443/a/b?c"), &base))
		abort();
	follow(a, secrets, &base, ref);
	follow(a, secrets, &base, redirect_meta(a, page));
	arena_free(a);
	return 0;
}
