/* What came of asking a model about a labelled corpus, in figures. */
#ifndef CMD_LLM_FIGURES_H
#define CMD_LLM_FIGURES_H

#include <jansson.h>

#include "checks/llm/budget.h"
#include "learn/roc.h"

/* One message with an answer, or a call. */
struct llm_figure {
	bool spam, cached, given;
	enum llm_label label;
	double said, p; /* of p_spam; as the model file corrects it */
	unsigned calls;
	uint64_t ms; /* of a call */
};

struct llm_step {
	double said, truth;
	size_t n;
};
#define LLM_STEPS_MAX 48u

struct llm_figures {
	struct arena *arena;
	VEC(struct llm_figure) all;
	size_t messages, outside; /* read; not in the band */
	size_t skipped[OPINION_SKIPS];
	size_t faults[LLM_CANARY + 1];
	struct spending spent; /* as this run has it */
	struct spending store; /* as the store has it, of this run */
	bool counted;	       /* the store could be asked */
	const char *stopped;   /* the budget that ended it; NULL: none */
};

/*
 * How often what was said was true, as a curve that never falls (isotonic regression, pool adjacent
 * violators): at most LLM_STEPS_MAX steps. Of answers only.
 */
size_t llm_figures_calibrate(const struct llm_figures *f, struct llm_step out[LLM_STEPS_MAX]);

void llm_figures_print(const struct llm_figures *f, bool json);

#endif
