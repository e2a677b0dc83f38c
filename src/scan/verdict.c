/* Words for actions. */
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
