/* Fuzz target: what name servers answer for key records, as octets and as TXT records. */
#include <stdlib.h>

#include "control/keyring/published.h"
#include "io/nameserver.h"

static void compare(struct arena *a, const struct dns_answer *x)
{
	struct sign_key key = { .type = KEY_ED25519, .bits = 256 };
	struct published_found f;

	if (!base64_decode(a, STR("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), &key.public))
		abort();
	published_compare(a, x, &key, &f);
	if (f.what > PUBLISHED_WRONG || f.what == PUBLISHED_ALIAS ||
	    (f.what != PUBLISHED_SAME && !f.detail.n))
		abort();
	/* What is taken for this key has it in it. */
	if (f.what == PUBLISHED_SAME && (x->n != 1 || x->rr[0].data.n < 44))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str all = str_of((const char *)data, size), left = all;
	struct nameserver_reply r;
	struct dns_rr rr[3];
	struct dns_answer x = { .status = DNS_OK, .rr = rr };

	while (left.p && x.n < 3)
		rr[x.n++] = (struct dns_rr){ .data = str_cut(&left, '\n') };
	compare(a, &x);
	if (nameserver_read(a, all, 0x1234, "s._domainkey.example.com", DNS_TXT, true, false, &r) ==
		    NAMESERVER_DONE &&
	    r.outcome == NAMESERVER_OK)
		compare(a, &r.answer);
	arena_free(a);
	return 0;
}
