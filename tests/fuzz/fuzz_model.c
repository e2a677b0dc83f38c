/* Fuzz target: octets of features, events, blocks and rings. The first octet says which. */
#include <math.h>

#include "base/err.h"
#include "learn/features_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void features(struct arena *a, struct str s)
{
	struct features f;

	if (features_parse(a, s, &f) && !str_eq(features_format(a, &f), s))
		bug("features have two forms");
}

static void event(struct arena *a, struct str s)
{
	struct learn_event e;

	if (event_parse(a, s, &e) && !str_eq(event_format(a, &e), s))
		bug("an event has two forms");
}

/* Made once: a new one each time is what would take the time. */
static struct trainer_state *trainer(struct model **m)
{
	static struct trainer_state *t;
	static struct model *model;

	if (!t) {
		model = model_new();
		t = model_trainer(arena_new(0), model);
	}
	*m = model;
	return t;
}

static void score(const struct model *m)
{
	uint32_t one = 5;
	struct token token = { .bucket = 5 };
	struct features f = { .gram = &one, .ngram = 1, .token = &token, .ntoken = 1 };

	if (!isfinite(model_score(m, &f, NULL, 0).logit))
		bug("a score without end");
}

static void block(struct arena *a, struct str s, unsigned which)
{
	static const size_t at[] = { 0, MODEL_S / MODEL_BLOCK, MODEL_WEIGHT_BLOCKS };
	struct model *m;
	struct str again;

	trainer(&m);
	if (!model_set_block(m, at[which % 3], s))
		return;
	again = model_block(a, m, at[which % 3], false, false);
	if (again.p && !str_eq(again, s))
		bug("a block has two forms");
	score(m);
	if (!model_set_block(m, at[which % 3], str_sub(s, 0, 2))) /* all zero */
		bug("an empty block is none");
}

static void ring(struct arena *a, struct str s)
{
	struct model *m;
	struct trainer_state *t = trainer(&m);
	struct features f;

	if (!model_set_ring(t, s))
		return;
	if (!str_eq(model_ring(a, t), s))
		bug("a ring has two forms");
	features_of_octets(a, model_key(m), STR("Subject: x\n\ny\n"), &f);
	model_move(t, &f, LEARN_NONE, LEARN_SPAM, 1, STR("u"));
	score(m);
	model_reset(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str s = str_of((const char *)data + 1, size ? size - 1 : 0);

	switch (size ? data[0] % 6 : 6) {
	case 0:
		features(a, s);
		break;
	case 1:
		event(a, s);
		break;
	case 2:
	case 3:
	case 4:
		block(a, s, data[0] % 6u);
		break;
	case 5:
		ring(a, s);
		break;
	default:
		break;
	}
	arena_free(a);
	return 0;
}
