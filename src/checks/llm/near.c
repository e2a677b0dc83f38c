/* Nearly equal texts: what was called spam is spam with other words in it, too. */
#include "checks/llm/consult.h"
#include "checks/memory/memory.h"

#define TWIN_TTL_MS (UINT64_C(86400) * 1000)
#define DIGEST_OCTETS 32u

void consult_near_begin(struct consult *c)
{
	struct str model = str_c(c->site->endpoint[0]->model->hash);

	if (!c->copy || !c->copy->has_text)
		return;
	for (size_t i = 0; i < NEAR_BANDS; i++) {
		struct str part[] = { STR("near"), model,
				      arena_printf(c->s->arena, "%016llx",
						   (unsigned long long)c->copy->band[i]) };
		c->near[c->nnear++] = memory_key(c->s, "llm", part, 3);
	}
}

enum check_step consult_near_look(struct consult *c)
{
	const struct store_answer *a[NEAR_BANDS];
	bool here = true;

	for (size_t i = 0; i < c->nnear; i++) {
		struct store_op op = { .kind = STORE_GET, .key = c->near[i] };
		a[i] = c->world.store(c->world.arg, &op);
		here &= a[i] != NULL;
	}
	if (!here)
		return CHECK_WAIT;
	for (size_t i = 0; i < c->nnear; i++) {
		unsigned same = 0;
		for (size_t k = 0; k < c->nnear; k++)
			same += a[k]->status == STORE_OK && str_eq(a[k]->value, a[i]->value);
		if (same >= CONSULT_NEAR_SAME && a[i]->value.n == DIGEST_OCTETS)
			c->twin = a[i]->value;
	}
	return CHECK_DONE;
}

static bool bad(const struct llm_answer *x)
{
	return x->fault == LLM_FINE && x->label != LLM_HAM && x->label != LLM_BULK &&
	       x->label != LLM_UNKNOWN;
}

enum check_step consult_near_take(struct consult *c, bool *taken)
{
	struct store_op op = { .kind = STORE_GET, .key = budget_answer_key(c->s, c->twin) };
	const struct store_answer *a = c->world.store(c->world.arg, &op);
	struct opinion got = c->out;

	*taken = false;
	if (!a)
		return CHECK_WAIT;
	if (a->status == STORE_OK && consult_answer_read(c->s->arena, c->config, a->value, &got) &&
	    bad(&got.answer)) {
		c->out = got;
		*taken = true;
	}
	return CHECK_DONE;
}

void consult_near_keep(struct consult *c)
{
	for (size_t i = 0; i < c->nnear && bad(&c->out.answer); i++)
		consult_note(c, (struct store_op){ .kind = STORE_PUT,
						   .key = c->near[i],
						   .value = c->out.digest,
						   .ttl_ms = TWIN_TTL_MS });
}
