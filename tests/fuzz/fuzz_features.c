/* Fuzz target: a whole message as the classifier sees it, and its features as octets. */
#include "base/err.h"
#include "learn/features_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct features *f)
{
	if (f->ntoken > FEATURES_TOKENS_MAX || f->ngram > FEATURES_RAW)
		bug("more than there may be");
	for (size_t i = 0; i < f->ntoken; i++)
		if (f->token[i].bucket >= MODEL_C ||
		    (i && f->token[i].bucket <= f->token[i - 1].bucket))
			bug("tokens are not in order");
	for (size_t i = 0; i < f->ngram; i++)
		if (f->gram[i] >= MODEL_S || (i && f->gram[i] <= f->gram[i - 1]))
			bug("4-grams are not in order");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hash_key key = { 1, 2 };
	struct arena *a = arena_new(0);
	struct features f, g;
	struct str s;

	features_of_octets(a, key, str_of((const char *)data, size), &f);
	check(&f);
	s = features_format(a, &f);
	if (!features_parse(a, s, &g) || !str_eq(features_format(a, &g), s))
		bug("features are not what they were written as");
	arena_free(a);
	return 0;
}
