/* Fuzz target: a reply of a language model's endpoint. */
#include "base/err.h"
#include "base/utf8.h"
#include "llm/llm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *a, const struct llm_answer *x)
{
	struct llm_answer y;

	if (x->fault != LLM_FINE && (x->label != LLM_UNKNOWN || x->nreasons || x->note.n))
		bug("a vote of an answer that is none");
	if (!(x->p_spam >= 0 && x->p_spam <= 1 && x->p_phish >= 0 && x->p_phish <= 1))
		bug("a probability that is none");
	if (x->nreasons > LLM_REASONS_MAX || x->imitates.n > 64 || x->note.n > 4 * LLM_NOTE_MAX)
		bug("more than there may be");
	for (size_t i = 0; i < x->nreasons; i++)
		if (!llm_reason_word(x->reason[i]))
			bug("a reason without a word");
	if (!utf8_valid(x->note) || !utf8_valid(x->imitates))
		bug("a text that is no UTF-8");
	if (!llm_answer_unpack(a, llm_answer_pack(a, x), &y) || y.label != x->label)
		bug("an answer that the store changes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct llm_question q = { .canary = STR("c0ffee0123456789"),
					.boundary = STR("00112233445566778899aabbccddeeff") };
	const struct llm_model strict = { 0 }, lenient = { .fence = true, .think = true };
	struct arena *a = arena_new(0);
	struct str body = str_of((const char *)data, size);
	struct llm_answer x;

	llm_reply(a, &strict, &q, body, &x);
	check(a, &x);
	llm_reply(a, &lenient, &q, body, &x);
	check(a, &x);
	(void)llm_answer_unpack(a, body, &x);
	arena_free(a);
	return 0;
}
