/* Copies: who reported the first decides about the second. */
#include "unit/checks/memory_world.h"

static const struct check *const checks[] = { &check_digest, NULL };

#define CONF "cache { ttl = 0 } dmarc { reject = accept }"
#define FIRST                                                                                      \
	"Dear friend, I am the manager of a bank in a far country and I have the honour to tell "  \
	"you that a customer of ours has died without heirs and left the sum of 1000 dollars in "  \
	"an account that nobody but me knows of, so that I need somebody honest like you.\n"
#define SECOND                                                                                     \
	"Dear Sir, I am the manager of a bank in a far country and I have the honour to tell "     \
	"you that a customer of ours has died without heirs and left the sum of 9500 dollars in "  \
	"an account that nobody but me knows of, so that I need somebody honest like YOU.\n"
#define OTHER                                                                                      \
	"The minutes of our meeting on Tuesday are in the wiki now; please read them and tell me " \
	"what is missing before the end of the week, since the board wants to see them on Monday " \
	"together with the figures of the last quarter that Anna sent round yesterday.\n"

static struct scan *receive(struct memory_world *m, const char *text)
{
	const struct memory_mail mail = { .from = "a@sender.test",
					  .to = "u@here.test",
					  .headers = "From: a@sender.test\nSubject: x\n",
					  .body = text };

	return memory_mail(m, &mail);
}

/* What the trainer or a trap does with a message that was marked. */
static void mark_all(struct memory_world *m, struct scan *s, enum near_sum what, double n)
{
	const struct digest_facts *f = scan_result(s, &check_digest);
	struct str key[NEAR_KEYS_MAX];
	size_t nkeys = near_keys(s->arena, &f->near, key);

	assert_true(nkeys >= NEAR_BANDS);
	for (size_t i = 0; i < nkeys; i++) {
		struct store_op op = { .kind = STORE_ADD, .key = key[i], .ttl_ms = NEAR_TTL_MS };

		op.delta[what] = n;
		for (size_t k = 0; k < STORE_SUMS; k++)
			op.half_life_ms[k] = NEAR_HALF_LIFE_MS;
		memory_store(m, &op);
	}
}

static void learn(struct memory_world *m, const char *text, enum near_sum what, double n)
{
	struct scan *s = receive(m, text);

	mark_all(m, s, what, n);
	scan_free(s);
}

static bool holds(struct memory_world *m, const char *text, const char *predicate, const char *args)
{
	struct scan *s = receive(m, text);
	bool yes = memory_holds(m, s, predicate, args);

	scan_free(s);
	return yes;
}

static void test_copies(void **state)
{
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	assert_false(holds(&m, SECOND, "digest_spam", "1"));
	learn(&m, FIRST, NEAR_SPAM, 1);
	assert_true(holds(&m, SECOND, "digest_spam", "1"));
	assert_false(holds(&m, SECOND, "digest_spam", "2"));
	assert_false(holds(&m, SECOND, "digest_trap", "1"));
	assert_false(holds(&m, OTHER, "digest_spam", "1"));
	learn(&m, FIRST, NEAR_TRAP, 1);
	assert_true(holds(&m, SECOND, "digest_trap", "1"));
	memory_close(&m);
}

static void test_mixed(void **state)
{
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	learn(&m, FIRST, NEAR_HAM, 1);
	assert_true(holds(&m, SECOND, "digest_ham", "1"));
	learn(&m, FIRST, NEAR_SPAM, 5);
	assert_false(holds(&m, SECOND, "digest_ham", "1"));
	assert_false(holds(&m, SECOND, "digest_spam", "1"));
	memory_close(&m);
}

/* Marks fade by halves in a week; forgetting takes them away at once. */
static void test_age(void **state)
{
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	learn(&m, FIRST, NEAR_SPAM, 1);
	memory_later(&m, (int64_t)NEAR_HALF_LIFE_MS - 3600 * 1000);
	assert_true(holds(&m, SECOND, "digest_spam", "1"));
	memory_later(&m, (int64_t)NEAR_HALF_LIFE_MS);
	assert_false(holds(&m, SECOND, "digest_spam", "1"));
	learn(&m, OTHER, NEAR_SPAM, 1);
	assert_true(holds(&m, OTHER, "digest_spam", "1"));
	learn(&m, OTHER, NEAR_SPAM, -1);
	assert_false(holds(&m, OTHER, "digest_spam", "1"));
	memory_close(&m);
}

/* A copy in a trap is no evidence against whom it was copied from, if he is known here. */
static void test_copied_author(void **state)
{
	static const struct check *const with_sender[] = { &check_sender, &check_digest, NULL };
	static const struct {
		int64_t days; /* since he came first; 0: never */
		bool evidence;
	} row[] = { { 0, true }, { 2, true }, { 8, false } };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct memory_mail forged = { .ip = "198.51.100.1",
					      .from = "a@bare.test",
					      .to = "u@here.test",
					      .headers = "From: a@sender.test\nSubject: x\n",
					      .body = FIRST };
		struct memory_world m;
		struct scan *s;
		memory_open(&m, with_sender, CONF);
		if (row[i].days)
			scan_free(receive(&m, OTHER));
		memory_later(&m, row[i].days * 86400 * 1000);
		s = memory_mail(&m, &forged);
		mark_all(&m, s, NEAR_TRAP, 1);
		scan_free(s);
		s = receive(&m, FIRST);
		if (((memory_evidence(s) & EVIDENCE_DIGEST) != 0) != row[i].evidence)
			fail_msg("row %zu", i);
		scan_free(s);
		s = memory_mail(&m, &forged);
		assert_true(memory_evidence(s) & EVIDENCE_DIGEST);
		scan_free(s);
		memory_close(&m);
	}
}

/* What came once is not kept for long; what came again is, and what a trap or somebody marked. */
static void test_once(void **state)
{
	static const int64_t day = INT64_C(86400) * 1000;
	struct str key[NEAR_KEYS_MAX];
	struct store_op op = { .kind = STORE_ADD };
	struct memory_world m;
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	s = receive(&m, OTHER);
	near_keys(m.w.a, &((const struct digest_facts *)scan_result(s, &check_digest))->near, key);
	op.key = arena_dup(m.w.a, key[0]);
	scan_free(s);
	assert_true(memory_store(&m, &op).created_ms > 0);
	memory_later(&m, 3 * day);
	assert_true(memory_store(&m, &op).created_ms == 0);
	scan_free(receive(&m, OTHER));
	scan_free(receive(&m, OTHER));
	memory_later(&m, 3 * day);
	assert_true(memory_store(&m, &op).created_ms > 0);
	memory_later(&m, 40 * day);
	assert_true(memory_store(&m, &op).created_ms == 0);
	m.symbols = "dnsbl/L=2";
	scan_free(receive(&m, OTHER));
	memory_later(&m, 3 * day);
	assert_true(memory_store(&m, &op).created_ms > 0);
	memory_close(&m);
}

static void test_bulk(void **state)
{
	struct memory_world m;

	(void)state;
	memory_open(&m, checks, CONF);
	for (unsigned i = 0; i < 9; i++)
		scan_free(receive(&m, i % 2 ? FIRST : SECOND));
	assert_false(holds(&m, FIRST, "digest_bulk", "10"));
	assert_true(holds(&m, SECOND, "digest_bulk", "10"));
	assert_false(holds(&m, OTHER, "digest_bulk", "1"));
	memory_close(&m);
}

/* Nobody is asked unless servers are named. */
static void test_pyzor_is_off(void **state)
{
	struct memory_world m;
	const struct digest_facts *f;
	struct learn_event e = { .source = LEARN_AUTO };
	struct scan *s;

	(void)state;
	memory_open(&m, checks, CONF);
	s = receive(&m, FIRST);
	f = scan_result(s, &check_digest);
	assert_int_equal(strlen(f->pyzor), 0);
	digest_teach(s, &e); /* who learns it has it made */
	assert_int_equal(strlen(e.pyzor), PYZOR_DIGEST);
	assert_memory_equal(&e.near, &f->near, sizeof e.near);
	assert_false(f->pyzor_asked);
	assert_false(memory_holds(&m, s, "pyzor_count_over", "0"));
	assert_false(memory_holds(&m, s, "check_pyzor", ""));
	scan_free(s);
	memory_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),	     cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_age),	     cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_once),	     cmocka_unit_test(test_copied_author),
		cmocka_unit_test(test_pyzor_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
