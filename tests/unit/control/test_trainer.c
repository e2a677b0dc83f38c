/* The trainer over a store in memory: what is learnt, forgotten, refused, kept and read again. */
#include <math.h>

#include "base/buf.h"
#include "base/log.h"
#include "control/train.h"
#include "control/trainer.h"
#include "lib/test.h"

struct site {
	struct arena *arena;
	struct loop *loop;
	struct store *store;
	struct model *model;
	struct trainer *trainer;
};

static struct trainer *new_trainer(struct site *s)
{
	struct trainer_args args = { .loop = s->loop, .local = s->store, .model = s->model };
	struct err e;

	return trainer_new(&args, &e);
}

static struct site *site_new(void)
{
	struct arena *a = arena_new(0);
	struct site *s = ARENA_NEW(a, struct site);

	s->arena = a;
	s->loop = loop_new();
	s->store = store_memory(s->loop);
	s->model = model_new();
	s->trainer = new_trainer(s);
	assert_non_null(s->trainer);
	return s;
}

static void site_free(struct site *s)
{
	trainer_free(s->trainer);
	store_free(s->store);
	model_free(s->model);
	loop_free(s->loop);
	arena_free(s->arena);
}

/* As after a crash of the process: what is in the store, and an empty mapping. */
static void crash(struct site *s)
{
	s->model = model_new();
	s->trainer = new_trainer(s);
	assert_non_null(s->trainer);
}

static uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* Message number n: its features by a hash; none else has the same digest. */
static struct learn_event message(struct arena *a, uint32_t n, enum learn_class to,
				  const char *user)
{
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, 50);
	struct token *token = ARENA_ARRAY(a, struct token, 20);
	struct learn_event e = { .to = to, .source = LEARN_PERSON, .user = str_c(user) };

	for (uint32_t i = 0; i < 50; i++)
		gram[i] = i * 20000 + mix(n * 64 + i) % 20000;
	for (uint32_t i = 0; i < 20; i++)
		token[i].bucket = i * 50000 + mix(n % 100 * 32 + i) % 50000;
	e.f = (struct features){ .gram = gram, .ngram = 50, .token = token, .ntoken = 20 };
	n++;
	memcpy(e.f.digest, &n, sizeof n);
	return e;
}

static enum trainer_result learn(struct site *s, uint32_t n, enum learn_class to, const char *user)
{
	struct learn_event e = message(s->arena, n, to, user);

	return trainer_learn_now(s->trainer, &e);
}

static void same_counts(struct site *s, uint32_t ham, uint32_t spam)
{
	struct model_counts c = model_counts(s->model, STR(""));

	assert_int_equal(c.ham, ham);
	assert_int_equal(c.spam, spam);
}

/* Every block of view C, of everybody and of users: are they all zero? */
static bool nothing_counted(struct site *s)
{
	size_t first = MODEL_WEIGHT_BLOCKS;

	for (size_t i = first; i < model_blocks(s->model); i++) {
		struct arena *a = arena_new(0);
		bool zero = !model_block(a, s->model, i, false, false).p;
		arena_free(a);
		if (!zero)
			return false;
	}
	return true;
}

/* ---- what is answered ---- */

static void answers(void **state)
{
	static const struct {
		uint32_t message;
		enum learn_class to;
		const char *user;
		enum trainer_result want;
		uint32_t ham, spam, user_spam;
	} t[] = {
		{ 1, LEARN_NONE, "", TRAIN_UNKNOWN, 0, 0, 0 },
		{ 1, LEARN_SPAM, "", TRAINED, 0, 1, 0 },
		{ 1, LEARN_SPAM, "", TRAIN_ALREADY, 0, 1, 0 },
		{ 1, LEARN_HAM, "", TRAINED, 1, 0, 0 },
		{ 1, LEARN_NONE, "u@example.org", TRAIN_UNKNOWN, 1, 0, 0 },
		{ 1, LEARN_SPAM, "u@example.org", TRAINED, 0, 1, 1 },
		{ 1, LEARN_SPAM, "u@example.org", TRAIN_ALREADY, 0, 1, 1 },
		{ 2, LEARN_SPAM, "u@example.org", TRAINED, 0, 2, 2 },
		{ 1, LEARN_NONE, "u@example.org", TRAINED, 1, 1, 1 },
		{ 1, LEARN_NONE, "", TRAINED, 0, 1, 1 },
		{ 1, LEARN_NONE, "", TRAIN_UNKNOWN, 0, 1, 1 },
		{ 2, LEARN_HAM, "", TRAINED, 1, 0, 1 },
		{ 2, LEARN_SPAM, "v@example.org", TRAINED, 0, 1, 1 },
		{ 2, LEARN_NONE, "", TRAINED, 0, 0, 0 },
	};
	struct site *s = site_new();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(learn(s, t[i].message, t[i].to, t[i].user), t[i].want);
		same_counts(s, t[i].ham, t[i].spam);
		assert_int_equal(model_counts(s->model, STR("u@example.org")).spam, t[i].user_spam);
	}
	assert_true(nothing_counted(s));
	site_free(s);
}

/* Learning and forgetting everything leaves view C as it was, with users, corrections and
 * restarts in between. */
static void forget_all(void **state)
{
	struct site *s = site_new();

	(void)state;
	for (uint32_t i = 0; i < 600; i++)
		assert_int_equal(learn(s, i, i % 3 ? LEARN_HAM : LEARN_SPAM,
				       i % 5   ? ""
				       : i % 2 ? "a@example.org"
					       : "b@example.org"),
				 TRAINED);
	same_counts(s, 400, 200);
	for (uint32_t i = 0; i < 600; i += 7)
		assert_int_equal(learn(s, i, i % 3 ? LEARN_SPAM : LEARN_HAM, ""), TRAINED);
	trainer_free(s->trainer);
	model_free(s->model);
	crash(s);
	assert_false(nothing_counted(s));
	for (uint32_t i = 0; i < 600; i++)
		assert_int_equal(learn(s, i, LEARN_NONE, ""), TRAINED);
	same_counts(s, 0, 0);
	assert_true(nothing_counted(s));
	trainer_free(s->trainer);
	model_free(s->model);
	crash(s); /* zero blocks are kept as such */
	same_counts(s, 0, 0);
	assert_true(nothing_counted(s));
	site_free(s);
}

/* A message that was learnt on the wrong side and corrected counts as if it had been right at
 * once. */
static void correct(void **state)
{
	struct site *wrong = site_new(), *right = site_new();

	(void)state;
	model_set_key(right->model, model_key(wrong->model));
	for (uint32_t i = 0; i < 100; i++) {
		learn(wrong, i, i % 2 ? LEARN_HAM : LEARN_SPAM, "u@example.org");
		learn(right, i, i % 2 ? LEARN_SPAM : LEARN_HAM, "u@example.org");
	}
	for (uint32_t i = 0; i < 100; i++)
		learn(wrong, i, i % 2 ? LEARN_SPAM : LEARN_HAM, "u@example.org");
	for (size_t i = MODEL_WEIGHT_BLOCKS; i < model_blocks(right->model); i++) {
		struct arena *a = arena_new(0);
		assert_true(str_eq(model_block(a, wrong->model, i, false, false),
				   model_block(a, right->model, i, false, false)));
		arena_free(a);
	}
	site_free(wrong);
	site_free(right);
}

/* ---- what is kept ---- */

static struct str all_blocks(struct arena *a, struct model *m)
{
	struct buf b = { .arena = a };

	for (size_t i = 0; i < model_blocks(m); i++)
		buf_add(&b, model_block(a, m, i, false, false));
	return buf_str(&b);
}

/* Without a flush, after one, and with both: the model after a crash is the one before it, S too.
 */
static void crashes(void **state)
{
	struct site *s = site_new();

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		struct arena *a = arena_new(0);
		struct model_counts before;
		struct model *old = s->model;
		struct trainer *lost = s->trainer;
		struct str was;
		for (uint32_t i = 0; i < 60; i++)
			learn(s, round * 60 + i, i % 3 ? LEARN_HAM : LEARN_SPAM,
			      i % 4 ? "" : "u@example.org");
		if (round == 1 || round == 2)
			trainer_flush(s->trainer);
		if (round == 2)
			learn(s, 7, LEARN_NONE, "");
		was = all_blocks(a, s->model);
		before = model_counts(s->model, STR(""));
		crash(s);
		assert_int_equal(model_counts(s->model, STR("")).events, before.events);
		same_counts(s, before.ham, before.spam);
		assert_true(str_eq(all_blocks(a, s->model), was));
		assert_int_equal(trainer_stats(s->trainer)->replayed > 0, round != 1);
		lost->kept_id = lost->head.log_id; /* writes nothing any more */
		trainer_free(lost);
		model_free(old);
		arena_free(a);
	}
	site_free(s);
}

/* A process that ends well and the next one with the same mapping: nothing is read anew. */
static void handed_over(void **state)
{
	struct site *s = site_new();
	struct model_counts c;

	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		learn(s, i, LEARN_SPAM, "");
	c = model_counts(s->model, STR(""));
	trainer_free(s->trainer);
	s->trainer = new_trainer(s);
	assert_int_equal(model_counts(s->model, STR("")).events, c.events);
	assert_int_equal(learn(s, 3, LEARN_SPAM, ""), TRAIN_ALREADY);
	assert_int_equal(learn(s, 3, LEARN_NONE, ""), TRAINED);
	same_counts(s, 0, 49);
	site_free(s);
}

/* ---- what is refused ---- */

static enum trainer_result learn_from(struct site *s, uint32_t n, enum learn_class to,
				      enum learn_source source, uint64_t band)
{
	struct learn_event e = message(s->arena, n, to, "");

	e.source = source;
	e.near.has_text = band != 0;
	for (size_t i = 0; i < NEAR_BANDS; i++)
		e.near.band[i] = i == 3 ? band : n * 100 + i;
	return trainer_learn_now(s->trainer, &e);
}

static void balance(void **state)
{
	struct site *s = site_new();
	uint32_t n = 0;

	(void)state;
	while (n < 1000 && learn_from(s, n, LEARN_SPAM, LEARN_AUTO, 0) == TRAINED)
		n++;
	assert_int_equal(n, 3 * MODEL_MIN);
	assert_int_equal(learn_from(s, 2000, LEARN_SPAM, LEARN_AUTO, 0), TRAIN_REFUSED);
	assert_int_equal(learn_from(s, 2000, LEARN_SPAM, LEARN_PERSON, 0), TRAINED);
	assert_int_equal(learn_from(s, 2001, LEARN_SPAM, LEARN_TRAP, 0), TRAINED);
	assert_int_equal(learn_from(s, 2002, LEARN_HAM, LEARN_AUTO, 0), TRAINED);
	site_free(s);
}

static void campaigns(void **state)
{
	static const struct {
		uint32_t message;
		enum learn_source source;
		uint64_t band;
		enum trainer_result want;
	} t[] = {
		{ 1, LEARN_TRAP, 77, TRAINED },	      { 2, LEARN_AUTO, 77, TRAINED },
		{ 3, LEARN_TRAP, 77, TRAINED },	      { 4, LEARN_TRAP, 77, TRAIN_REFUSED },
		{ 5, LEARN_AUTO, 77, TRAIN_REFUSED }, { 6, LEARN_PERSON, 77, TRAINED },
		{ 7, LEARN_TRAP, 78, TRAINED },	      { 8, LEARN_TRAP, 0, TRAINED },
	};
	struct site *s = site_new();

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(learn_from(s, t[i].message, LEARN_SPAM, t[i].source, t[i].band),
				 t[i].want);
	site_free(s);
}

/* What a person says stands against what is learnt without one. */
static void people_first(void **state)
{
	struct site *s = site_new();

	(void)state;
	assert_int_equal(learn_from(s, 1, LEARN_HAM, LEARN_PERSON, 0), TRAINED);
	assert_int_equal(learn_from(s, 1, LEARN_SPAM, LEARN_TRAP, 0), TRAIN_REFUSED);
	assert_int_equal(learn_from(s, 1, LEARN_SPAM, LEARN_AUTO, 0), TRAIN_REFUSED);
	assert_int_equal(learn_from(s, 2, LEARN_SPAM, LEARN_AUTO, 0), TRAINED);
	assert_int_equal(learn_from(s, 2, LEARN_HAM, LEARN_PERSON, 0), TRAINED);
	same_counts(s, 2, 0);
	site_free(s);
}

/* ---- digests, users ---- */

static double near_sum(struct site *s, uint64_t shape, enum near_sum which)
{
	struct near n = { .has_shape = true, .shape = shape };
	struct str key[NEAR_KEYS_MAX];
	struct store_op op = { .kind = STORE_ADD };
	const struct store_answer *a;

	assert_int_equal(near_keys(s->arena, &n, key), 1);
	op.key = key[0];
	for (size_t i = 0; i < STORE_SUMS; i++)
		op.half_life_ms[i] = NEAR_HALF_LIFE_MS;
	a = store_wait(s->store, s->arena, &op, 1, 0);
	return a->sum[which];
}

static void digests_follow(void **state)
{
	struct site *s = site_new();
	struct learn_event e = message(s->arena, 1, LEARN_SPAM, "");

	(void)state;
	e.near = (struct near){ .has_shape = true, .shape = 5 };
	trainer_learn_now(s->trainer, &e);
	trainer_learn_now(s->trainer, &e);
	assert_float_equal(near_sum(s, 5, NEAR_SPAM), 1, 0.001);
	e.to = LEARN_HAM;
	trainer_learn_now(s->trainer, &e);
	assert_float_equal(near_sum(s, 5, NEAR_SPAM), 0, 0.001);
	assert_float_equal(near_sum(s, 5, NEAR_HAM), 1, 0.001);
	e.to = LEARN_NONE;
	trainer_learn_now(s->trainer, &e);
	assert_float_equal(near_sum(s, 5, NEAR_HAM), 0, 0.001);
	site_free(s);
}

static void erased(void **state)
{
	struct site *s = site_new();
	struct learn_event erase = { .source = LEARN_PERSON, .user = STR("u@example.org") };

	(void)state;
	learn(s, 1, LEARN_SPAM, "u@example.org");
	learn(s, 2, LEARN_SPAM, "u@example.org");
	assert_int_equal(trainer_learn_now(s->trainer, &erase), TRAINED);
	assert_int_equal(model_counts(s->model, STR("u@example.org")).spam, 0);
	same_counts(s, 0, 2);
	assert_int_equal(learn(s, 1, LEARN_NONE, "u@example.org"), TRAINED);
	same_counts(s, 0, 1);
	assert_int_equal(learn(s, 2, LEARN_NONE, ""), TRAINED);
	assert_true(nothing_counted(s));
	site_free(s);
}

/* Many at once: answered in order, the same one twice among them. */
static void note_order(void *arg, enum trainer_result r)
{
	char **p = arg;

	*(*p)++ = (char)('0' + r);
}

static void at_once(void **state)
{
	char got[128] = "", *p = got;
	struct site *s = site_new();

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct learn_event e = message(s->arena, i / 2, LEARN_SPAM, "");
		trainer_learn(s->trainer, &e, note_order, &p);
	}
	while (p < got + 100)
		loop_turn(s->loop, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(got[i], i % 2 ? '1' : '0');
	same_counts(s, 0, 50);
	site_free(s);
}

int main(void)
{
	struct log_config quiet = { .level = LOG_LVL_ERROR, .target = "stderr" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),	  cmocka_unit_test(forget_all),
		cmocka_unit_test(correct),	  cmocka_unit_test(crashes),
		cmocka_unit_test(handed_over),	  cmocka_unit_test(balance),
		cmocka_unit_test(campaigns),	  cmocka_unit_test(people_first),
		cmocka_unit_test(digests_follow), cmocka_unit_test(erased),
		cmocka_unit_test(at_once),
	};

	log_open(&quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
