/* Events as octets: what is written is read again, and nothing else is. */
#include "lib/test.h"

#include "learn/event.h"

static struct learn_event sample(struct arena *a, unsigned which)
{
	struct learn_event e = { .to = which % 3, .source = which % LEARN_SOURCES };
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, 5);
	struct token *token = ARENA_ARRAY(a, struct token, 3);

	for (uint32_t i = 0; i < 5; i++)
		gram[i] = i * 1000 + which;
	for (uint32_t i = 0; i < 3; i++)
		token[i].bucket = i * 70000 + which;
	e.f = (struct features){ .gram = gram, .ngram = 5, .token = token, .ntoken = 3 };
	memset(e.f.digest, (int)which, sizeof e.f.digest);
	e.user = which & 1 ? STR("u@example.org") : STR("");
	e.when_ms = which & 2 ? INT64_MAX : -1;
	e.near.has_text = which & 4;
	e.near.has_shape = which & 8;
	e.near.words = e.near.has_text ? 77 : 0;
	for (size_t i = 0; e.near.has_text && i < NEAR_BANDS; i++)
		e.near.band[i] = UINT64_MAX - i;
	e.near.shape = e.near.has_shape ? 5 : 0;
	e.near.nfiles = which & 16 ? NEAR_FILES : 0;
	for (size_t i = 0; i < e.near.nfiles; i++)
		memset(e.near.file[i], (int)i, sizeof e.near.file[i]);
	if (which & 32)
		memset(e.pyzor, 'a', PYZOR_DIGEST);
	return e;
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		struct arena *a = arena_new(0);
		struct learn_event e = sample(a, i), g;
		struct str s = event_format(a, &e);
		assert_true(event_parse(a, s, &g));
		assert_int_equal(g.to, e.to);
		assert_int_equal(g.source, e.source);
		assert_true(str_eq(g.user, e.user) && g.when_ms == e.when_ms);
		assert_memory_equal(&g.near, &e.near, sizeof g.near);
		assert_memory_equal(g.pyzor, e.pyzor, sizeof g.pyzor);
		assert_int_equal(g.f.ntoken, 3);
		assert_int_equal(g.f.token[2].bucket, e.f.token[2].bucket);
		assert_true(str_eq(event_format(a, &g), s));
		arena_free(a);
	}
}

static void refused(void **state)
{
	struct arena *a = arena_new(0);
	struct learn_event e = sample(a, 63), g;
	struct str s = event_format(a, &e);
	char *p = arena_cstr(a, s);

	(void)state;
	for (size_t n = 0; n < s.n; n++)
		assert_false(event_parse(a, str_sub(s, 0, n), &g));
	assert_false(event_parse(a, str_of(p, s.n + 1), &g));
	p[s.n - 1] = 'A'; /* no digit of a digest */
	assert_false(event_parse(a, str_of(p, s.n), &g));
	arena_free(a);
}

static void damaged(void **state)
{
	struct arena *a = arena_new(0);
	struct learn_event e = sample(a, 63), g;
	struct str s = event_format(a, &e);

	(void)state;
	for (size_t i = 0; i < s.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct arena *b = arena_new(0);
			char *p = arena_cstr(b, s);
			p[i] = (char)(p[i] ^ 1 << bit);
			if (event_parse(b, str_of(p, s.n), &g))
				assert_true(str_eq(event_format(b, &g), str_of(p, s.n)));
			arena_free(b);
		}
	arena_free(a);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(learn_source_word(LEARN_TRAP), "trap");
	assert_string_equal(learn_source_word(LEARN_SOURCES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(refused),
		cmocka_unit_test(damaged),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
