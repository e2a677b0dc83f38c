/* Words for actions, and the form of replies. */
#include "scan/verdict.h"

#include "base/err.h"

const char *action_word(enum action a)
{
	static const char *const word[] = { "accept",	"tag",	  "greylist", "quarantine",
					    "tempfail", "reject", "discard" };

	if ((size_t)a >= sizeof word / sizeof *word)
		bug("no such action: %d", (int)a);
	return word[a];
}

bool reply_enhanced_ok(struct str s, char class)
{
	uint64_t n;

	for (int i = 0; i < 3; i++) {
		struct str part = str_cut(&s, '.');
		if (part.n > 3 || !str_u64(part, 999, &n))
			return false;
		if (i == 0 && (part.n != 1 || part.p[0] != class))
			return false;
	}
	return !s.p;
}
