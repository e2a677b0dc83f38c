/* Tests of errands: what does not answer keeps none for ever. */
#include "lib/test.h"

#include "control/report/errand.h"
#include "io/loop.h"
#include "store/backend.h"

static void hear(void *self, struct store_batch *b)
{
	(void)b;
	++*(unsigned *)self;
}

static void forget(void *self, struct store_batch *b)
{
	(void)b;
	(void)self;
}

static void nothing(void *self)
{
	(void)self;
}

static bool ask_two(struct errand *e, void *arg)
{
	struct store_op op[2] = { { .kind = STORE_GET, .key = STR("a") },
				  { .kind = STORE_GET, .key = STR("b") } };
	const struct store_answer *a = errand_store(e, STR("two"), op, 2);

	if (!a)
		return false;
	assert_int_equal(a[0].status, STORE_FAILED);
	assert_int_equal(a[1].status, STORE_FAILED);
	*(bool *)arg = true;
	return true;
}

static void is_done(void *arg)
{
	(void)arg;
}

/* What is asked of it fails in time. */
static void silent_store(void **state)
{
	const struct store_backend silent = { "silent", hear, forget, nothing };
	struct loop *l = loop_new();
	unsigned heard = 0;
	bool done = false;
	struct errand_world w = { .loop = l, .store_ms = 50 };
	(void)state;

	w.store = store_over(l, &silent, &heard, NULL, false);
	errand_new(&w, ask_two, is_done, &done);
	for (int i = 0; i < 1000 && !done; i++)
		loop_turn(l, 100);
	assert_true(done);
	assert_int_equal(heard, 1);
	/* and who goes first leaves nothing behind */
	done = false;
	w.store_ms = 0;
	errand_free(errand_new(&w, ask_two, is_done, &done));
	store_free(w.store);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
