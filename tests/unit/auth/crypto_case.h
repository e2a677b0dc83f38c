/* What tests of keys, hashes and bodies begin with: an arena and a crypto object. */
#ifndef UNIT_AUTH_CRYPTO_CASE_H
#define UNIT_AUTH_CRYPTO_CASE_H

#include <stdlib.h>

#include "auth/crypto.h"

struct state {
	struct arena *a;
	struct crypto *c;
};

static inline int setup(void **state)
{
	struct state *s = calloc(1, sizeof *s);

	s->a = arena_new(0);
	s->c = crypto_new();
	*state = s;
	return 0;
}

static inline int teardown(void **state)
{
	struct state *s = *state;

	arena_free(s->a);
	crypto_free(s->c);
	free(s);
	return 0;
}

#endif
