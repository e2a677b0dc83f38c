/* A model, a trainer and the data base they are kept in. */
#include "cmd/classifier.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/control.h"

static bool open_store(struct classifier *c, const char *state, bool readonly, struct err *e)
{
	static const struct privs as_we_are;

	if (!readonly && state_open(c->arena, state, &as_we_are, &c->lock, e) < 0)
		return false;
	c->store = control_local_store(c->loop, state, readonly, e);
	return c->store != NULL;
}

static bool open_all(struct classifier *c, const char *state, bool readonly, struct err *e)
{
	const struct hash_key fixed = { UINT64_C(0x6d65726c6f6e2d31),
					UINT64_C(0x636c617373696679) };

	c->loop = loop_new();
	c->model = model_new();
	if (!c->model)
		return err_set(e, "no memory for the model") == 0;
	if (state && !open_store(c, state, readonly, e))
		return false;
	if (!state)
		model_set_key(c->model, fixed);
	c->trainer = trainer_new(
		&(struct trainer_args){ .loop = c->loop, .local = c->store, .model = c->model }, e);
	return c->trainer != NULL;
}

struct classifier *classifier_open(const char *state, bool readonly, struct err *e)
{
	/* The trainer says of each message that it was learnt: not to who sends them all. */
	static const struct log_config quiet = { LOG_LVL_WARN, LOG_LOGFMT, "stderr" };
	struct arena *a = arena_new(0);
	struct classifier *c = ARENA_NEW(a, struct classifier);

	c->arena = a;
	c->lock.fd = -1;
	if (log_open(&quiet, e) == 0 && open_all(c, state, readonly, e))
		return c;
	classifier_close(c);
	return NULL;
}

void classifier_close(struct classifier *c)
{
	if (!c)
		return;
	if (c->trainer)
		trainer_free(c->trainer);
	store_free(c->store);
	if (c->model)
		model_free(c->model);
	loop_free(c->loop);
	state_close(&c->lock);
	arena_free(c->arena);
}

struct score classifier_score(struct classifier *c, struct arena *a, struct str octets,
			      struct features *out)
{
	features_of_octets(a, model_key(c->model), octets, out);
	return model_score(c->model, out, NULL, 0);
}

enum trainer_result classifier_learn(struct classifier *c, struct arena *a, struct str octets,
				     enum learn_class to)
{
	struct learn_event e = {
		.to = to, .source = LEARN_PERSON, .user = STR(""), .when_ms = clock_wall() * 1000
	};

	features_of_octets(a, model_key(c->model), octets, &e.f);
	return trainer_learn_now(c->trainer, &e);
}
