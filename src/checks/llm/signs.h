/* What the check "prompt" publishes. */
#ifndef CHECKS_LLM_SIGNS_H
#define CHECKS_LLM_SIGNS_H

#include "llm/llm.h"
#include "scan/check.h"

struct prompt_facts {
	unsigned signs; /* enum llm_sign */
	struct str evidence;
};

extern const struct check check_prompt;

#endif
