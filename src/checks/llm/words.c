/* The words for why there is no second opinion, and which of them are worth a symbol. */
#include "checks/llm/opinion.h"

static const struct {
	const char *word;
	bool wanted;
} skips[OPINION_SKIPS] = {
	[OPINION_GIVEN] = { "", false },
	[OPINION_SKIP_OFF] = { "off", false },
	[OPINION_SKIP_LOCAL] = { "local", false },
	[OPINION_SKIP_OURS] = { "ours", false },
	[OPINION_SKIP_TRUSTED] = { "trusted", false },
	[OPINION_SKIP_ENCRYPTED] = { "encrypted", false },
	[OPINION_SKIP_SIZE] = { "size", false },
	[OPINION_SKIP_BAND] = { "band", false },
	[OPINION_SKIP_SAMPLE] = { "sample", false },
	[OPINION_SKIP_EMPTY] = { "empty", false },
	[OPINION_SKIP_BUDGET] = { "budget", true },
	[OPINION_SKIP_SENDER] = { "sender", true },
	[OPINION_SKIP_STORE] = { "store", true },
	[OPINION_SKIP_OTHER] = { "other", true },
	[OPINION_SKIP_ENDPOINT] = { "endpoint", true },
	[OPINION_SKIP_FAILED] = { "failed", true },
	[OPINION_SKIP_FAULT] = { "fault", true },
};

const char *opinion_skip_word(enum opinion_skip why)
{
	return skips[why].word;
}

bool opinion_wanted(enum opinion_skip why)
{
	return skips[why].wanted;
}

bool opinion_skip_find(struct str word, enum opinion_skip *why)
{
	for (size_t i = OPINION_GIVEN + 1; i < OPINION_SKIPS; i++)
		if (str_eq(word, str_c(skips[i].word))) {
			*why = (enum opinion_skip)i;
			return true;
		}
	return false;
}
