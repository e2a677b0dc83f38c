/* The result words of RFC 8601 2.7. */
#include "auth/auth.h"

#include "base/err.h"

static const char *const words[] = {
	[AUTH_NONE] = "none",		[AUTH_NEUTRAL] = "neutral",	[AUTH_PASS] = "pass",
	[AUTH_POLICY] = "policy",	[AUTH_SOFTFAIL] = "softfail",	[AUTH_FAIL] = "fail",
	[AUTH_TEMPERROR] = "temperror", [AUTH_PERMERROR] = "permerror",
};

const char *auth_word(enum auth_result r)
{
	if ((size_t)r >= sizeof(words) / sizeof(words[0]))
		bug("auth_word: no result %d", (int)r);
	return words[r];
}
