/* What automatic learning and traps may do, so that neither one campaign nor one class is all that
 * the model knows. */
#include "control/train.h"

#define CAMPAIGN_MS (UINT64_C(3600) * 1000)

static bool automatic(const struct job *j)
{
	return j->kind != JOB_SHARED &&
	       (j->event.source == LEARN_AUTO || j->event.source == LEARN_TRAP) &&
	       j->event.to != LEARN_NONE;
}

static struct store_op once_more(struct str key)
{
	return (struct store_op){ .kind = STORE_ADD,
				  .flags = STORE_F_WINDOW,
				  .key = key,
				  .ttl_ms = CAMPAIGN_MS,
				  .delta = { 1 } };
}

size_t limits_ops(struct arena *a, const struct job *j, struct store_op *out)
{
	const struct near *near = &j->event.near;
	struct str learnt = learnt_key(a, &j->event);
	size_t n = 0;

	if (!automatic(j))
		return 0;
	out[n++] = once_more(arena_printf(a, "m:c:%.*s", STR_ARG(str_skip(learnt, 4))));
	for (size_t i = 0; near->has_text && i < NEAR_BANDS; i++)
		out[n++] = once_more(
			arena_printf(a, "m:c:%zu:%016llx", i, (unsigned long long)near->band[i]));
	return n;
}

static bool balanced(const struct trainer *t, enum learn_class to)
{
	struct model_counts c = model_counts(t->model, STR(""));
	uint64_t more = to == LEARN_SPAM ? c.spam : c.ham;
	uint64_t less = to == LEARN_SPAM ? c.ham : c.spam;

	return more < t->set.balance * (less > MODEL_MIN ? less : MODEL_MIN);
}

enum trainer_result limits_allow(const struct trainer *t, const struct job *j)
{
	if (!automatic(j))
		return TRAINED;
	if (j->copies > (double)t->set.campaign)
		return TRAIN_REFUSED;
	return j->event.source == LEARN_AUTO && !balanced(t, j->event.to) ? TRAIN_REFUSED : TRAINED;
}
