/* The model: exact counts, forgetting, users, decay, blocks and rings, readers beside the trainer.
 */
#include "lib/test.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "learn/model_priv.h"
#include "learn/svm.h"

_Static_assert(sizeof(float) * (MODEL_S + MODEL_C) + sizeof(uint64_t) * MODEL_C +
			       sizeof(uint32_t) * SVM_RING * (FEATURES_RAW + SVM_TOKENS) <=
		       32u << 20,
	       "the global model with its rings is at most 32 MiB");

static const struct hash_key key = { 5, 6 };

struct bench {
	struct arena *a;
	struct model *m;
	struct trainer_state *t;
};

static struct bench bench_new(void)
{
	struct bench b = { .a = arena_new(0), .m = model_new() };

	assert_non_null(b.m);
	model_set_key(b.m, key);
	b.t = model_trainer(b.a, b.m);
	return b;
}

static void bench_free(struct bench *b)
{
	model_free(b->m);
	arena_free(b->a);
}

static uint32_t mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

/* Message i of a kind (0 ham, 1 spam, 2 what people do not agree upon): some features of the kind,
 * some of its own, all rising. */
static struct features message(struct arena *a, uint32_t i, uint32_t kind)
{
	struct features f = { .ngram = 120, .ntoken = 60 };
	uint32_t *gram = ARENA_ARRAY(a, uint32_t, f.ngram);
	struct token *token = ARENA_ARRAY(a, struct token, f.ntoken);

	for (uint32_t j = 0; j < f.ngram; j++) {
		uint32_t what = j % 3 ? mix(i * 131 + j) : mix(j * 4 + kind) + mix(i * j) % 3;
		gram[j] = j * (MODEL_S / 128) + what % (MODEL_S / 128);
	}
	for (uint32_t j = 0; j < f.ntoken; j++) {
		uint32_t what = j % 2 ? mix(i * 17 + j) : mix(j * 4 + kind) + mix(i * j) % 3;
		token[j].bucket = j * (MODEL_C / 64) + what % (MODEL_C / 64);
	}
	f.gram = gram;
	f.token = token;
	memcpy(f.digest, &i, sizeof i);
	return f;
}

static void move(struct bench *b, uint32_t i, uint32_t kind, enum learn_class from,
		 enum learn_class to, const char *user)
{
	struct arena *a = arena_new(0);
	struct features f = message(a, i, kind);

	model_move(b->t, &f, from, to, i, str_c(user));
	arena_free(a);
}

static struct score score_of(const struct bench *b, uint32_t i, uint32_t kind, const char *user)
{
	struct arena *a = arena_new(0);
	struct features f = message(a, i, kind);
	struct str u = str_c(user);
	struct score s = model_score(b->m, &f, &u, u.n ? 1 : 0);

	arena_free(a);
	return s;
}

static enum learn_class side(bool spam)
{
	return spam ? LEARN_SPAM : LEARN_HAM;
}

static void learn_many(struct bench *b, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		move(b, i, i % 3 == 0, LEARN_NONE, side(i % 3 == 0), "");
}

static struct str counts_of(struct bench *b)
{
	struct buf out = { .arena = b->a };

	for (size_t i = MODEL_WEIGHT_BLOCKS; i < model_blocks(b->m); i++)
		buf_add(&out, model_block(b->a, b->m, i, false, false));
	return buf_str(&out);
}

static struct str all_of(struct bench *b)
{
	struct buf out = { .arena = b->a };

	for (size_t i = 0; i < model_blocks(b->m); i++)
		buf_add(&out, model_block(b->a, b->m, i, false, false));
	buf_add(&out, model_ring(b->a, b->t));
	return buf_str(&out);
}

/* ---- what is learnt ---- */

static void learns(void **state)
{
	struct bench b = bench_new();
	struct score s = score_of(&b, 1, true, "");

	(void)state;
	assert_false(s.known);
	assert_true(s.logit == 0 && s.ramp == 0);
	learn_many(&b, 0, 150);
	s = score_of(&b, 9000, true, "");
	assert_true(s.known == (s.spam >= MODEL_MIN) && s.spam == 50 && s.ham == 100);
	assert_true(s.ramp == 0);
	learn_many(&b, 150, 375);
	assert_true(fabs(score_of(&b, 1, true, "").ramp - 0.5) < 1e-9);
	learn_many(&b, 375, 600);
	for (uint32_t i = 10000; i < 10100; i++) {
		struct score spam = score_of(&b, i, true, ""), ham = score_of(&b, i, false, "");
		assert_true(spam.s > 0 && spam.c > 0 && spam.t > 0 && spam.logit > 0);
		assert_true(ham.s < 0 && ham.c < 0 && ham.t < 0 && ham.logit < 0);
		assert_true(spam.p > 0.9 && ham.p < 0.1 && spam.ramp == 1);
		assert_true(spam.s <= 20 && spam.c <= 20 && ham.s >= -20 && ham.c >= -20);
	}
	bench_free(&b);
}

/* Any order of learning, correcting and forgetting leaves no count behind. */
static void exact(void **state)
{
	struct bench b = bench_new();
	enum learn_class at[400] = { LEARN_NONE };
	static const char *const user[] = { "", "u@example.org", "example.org" };

	(void)state;
	for (uint32_t step = 0; step < 4000; step++) {
		uint32_t i = mix(step) % 400;
		enum learn_class to = mix(step + 99999) % 3;
		move(&b, i, i & 1, at[i], to, user[i % 3]);
		at[i] = to;
	}
	assert_true(counts_of(&b).n > 0);
	for (uint32_t i = 400; i > 0; i--)
		move(&b, i - 1, (i - 1) & 1, at[i - 1], LEARN_NONE, user[(i - 1) % 3]);
	assert_int_equal(counts_of(&b).n, 0);
	assert_int_equal(model_counts(b.m, STR("")).ham + model_counts(b.m, STR("")).spam, 0);
	assert_int_equal(b.m->n.ham_base + b.m->n.spam_base, 0);
	assert_int_equal(b.t->s->n + b.t->t->n, 0);
	bench_free(&b);
}

/* The wrong side, then the right one: the counts are those of the right one at once, and the other
 * views turn round. */
static void corrected(void **state)
{
	struct bench wrong = bench_new(), right = bench_new();
	struct score before, after;

	(void)state;
	learn_many(&wrong, 0, 300);
	learn_many(&right, 0, 300);
	for (uint32_t i = 5000; i < 5010; i++) {
		move(&wrong, i, true, LEARN_NONE, LEARN_HAM, "");
		before = score_of(&wrong, i, true, "");
		move(&wrong, i, true, LEARN_HAM, LEARN_SPAM, "");
		move(&right, i, true, LEARN_NONE, LEARN_SPAM, "");
		after = score_of(&wrong, i, true, "");
		assert_true(after.s > before.s && after.s > 0);
		assert_true(after.t > before.t && after.t > 0);
		assert_true(after.c >= before.c && after.logit > before.logit);
	}
	assert_true(str_eq(counts_of(&wrong), counts_of(&right)));
	bench_free(&wrong);
	bench_free(&right);
}

/* Forgetting what is in the ring takes its weights out again, but for rounding. */
static void ring_forgets(void **state)
{
	struct bench b = bench_new();

	(void)state;
	learn_many(&b, 0, 60);
	for (uint32_t i = 0; i < 60; i++)
		move(&b, i, i % 3 == 0, side(i % 3 == 0), LEARN_NONE, "");
	for (size_t i = 0; i < MODEL_S; i++)
		assert_true(fabsf(b.m->s[i]) < 1e-5f);
	for (size_t i = 0; i < MODEL_C; i++)
		assert_true(fabsf(b.m->t[i]) < 1e-5f);
	bench_free(&b);
}

/* More than the ring holds; features that are none. */
static void ring_turns(void **state)
{
	struct bench b = bench_new();
	struct features none = { 0 };

	(void)state;
	for (uint32_t i = 0; i < SVM_RING + 50; i++) /* contradictions: all go in */
		move(&b, i / 2, false, LEARN_NONE, side(i & 1), "");
	assert_int_equal(b.t->s->n, SVM_RING);
	model_move(b.t, &none, LEARN_NONE, LEARN_SPAM, 1, STR(""));
	assert_true(model_score(b.m, &none, NULL, 0).logit == 0);
	model_move(b.t, &none, LEARN_SPAM, LEARN_NONE, 1, STR(""));
	bench_free(&b);
}

/* ---- users ---- */

static void users(void **state)
{
	struct bench b = bench_new();
	struct score all, own;

	(void)state;
	learn_many(&b, 0, 600);
	for (uint32_t i = 20000; i < 20030; i++) /* the others want them */
		move(&b, i, 2, LEARN_NONE, LEARN_HAM, "");
	for (uint32_t i = 20100; i < 20100 + MODEL_USER_MIN - 1; i++)
		move(&b, i, 2, LEARN_NONE, LEARN_SPAM, "u@example.org");
	assert_true(score_of(&b, 7, 2, "u@example.org").user == 0);
	for (uint32_t i = 20200; i < 20240; i++)
		move(&b, i, 2, LEARN_NONE, LEARN_SPAM, "U@Example.org");
	assert_int_equal(model_counts(b.m, STR("u@example.org")).spam, 69);
	for (uint32_t i = 21000; i < 21010; i++)
		move(&b, i, 2, LEARN_NONE, LEARN_HAM, "");
	all = score_of(&b, 30000, 2, "");
	own = score_of(&b, 30000, 2, "u@example.org");
	assert_true(all.user == 0);
	assert_true(own.user > 0 && own.logit > all.logit && own.logit > 0);
	assert_true(score_of(&b, 30000, 2, "v@example.org").logit == all.logit);
	assert_true(score_of(&b, 30000, 0, "u@example.org").logit < 0); /* other mail */
	bench_free(&b);
}

static void erased(void **state)
{
	struct bench b = bench_new();
	struct str before;

	(void)state;
	learn_many(&b, 0, 100);
	move(&b, 5000, true, LEARN_NONE, LEARN_SPAM, "example.org");
	before = counts_of(&b);
	for (uint32_t i = 0; i < 50; i++) {
		struct arena *a = arena_new(0);
		struct features f = message(a, i, true);
		model_move_user(b.t, &f, LEARN_NONE, LEARN_SPAM, STR("u@example.org"));
		arena_free(a);
	}
	assert_int_equal(model_counts(b.m, STR("u@example.org")).spam, 50);
	model_erase_user(b.t, STR("u@example.org"));
	model_erase_user(b.t, STR("nobody@example.org"));
	assert_int_equal(model_counts(b.m, STR("u@example.org")).spam, 0);
	assert_int_equal(model_counts(b.m, STR("example.org")).spam, 1);
	assert_true(str_eq(counts_of(&b), before));
	bench_free(&b);
}

/* Whoever learnt longest ago gives way, and leaves nothing to the next one. */
static void crowded(void **state)
{
	struct bench b = bench_new();
	struct arena *a = arena_new(0);

	(void)state;
	for (uint32_t i = 0; i < MODEL_USERS + 1; i++) {
		struct features f = message(a, i, true);
		struct str user = arena_printf(a, "u%u@example.org", i);
		model_move_user(b.t, &f, LEARN_NONE, LEARN_SPAM, user);
		if (i == 100) /* the first is used again */
			model_move_user(b.t, &f, LEARN_NONE, LEARN_SPAM, STR("u0@example.org"));
	}
	assert_int_equal(model_counts(b.m, STR("u0@example.org")).spam, 2);
	assert_int_equal(model_counts(b.m, STR("u1@example.org")).spam, 0);
	assert_int_equal(model_counts(b.m, STR("u2@example.org")).spam, 1);
	for (size_t i = 0; i < MODEL_USERS; i++) {
		uint64_t sum = 0;
		for (size_t j = 0; j < MODEL_USER_C; j++)
			sum += cell_spam(b.m->u[i][j]);
		assert_int_equal(sum, b.m->n.user[i].spam * 60u);
	}
	arena_free(a);
	bench_free(&b);
}

/* ---- time ---- */

static void decays(void **state)
{
	struct bench b = bench_new();
	uint64_t before = 0, after = 0;

	(void)state;
	learn_many(&b, 0, 300);
	assert_int_equal(model_decay(b.t, 20000, 0), 0);
	assert_int_equal(model_decay(b.t, 20000, 180), 0); /* begins to count */
	assert_int_equal(model_decay(b.t, 20179, 180), 0);
	assert_int_equal(model_decay(b.t, 19000, 180), 0); /* a clock that goes back */
	for (size_t i = 0; i < MODEL_C; i++)
		before += cell_ham(b.m->c[i]) + cell_spam(b.m->c[i]);
	assert_true(model_decay(b.t, 20180, 180) > 0);
	for (size_t i = 0; i < MODEL_C; i++)
		after += cell_ham(b.m->c[i]) + cell_spam(b.m->c[i]);
	assert_true(after * 100 > before * 45 && after * 100 < before * 55);
	assert_int_equal(b.m->n.ham_base, 100);
	assert_int_equal(model_counts(b.m, STR("")).ham, 200);
	assert_int_equal(model_decay(b.t, 20181, 180), 0);
	for (uint32_t i = 0; i < 300; i++) /* below nothing there is nothing */
		move(&b, i, i % 3 == 0, side(i % 3 == 0), LEARN_NONE, "");
	assert_int_equal(counts_of(&b).n, 0);
	bench_free(&b);
}

/* ---- keeping ---- */

static void copy(struct bench *from, struct bench *to)
{
	for (size_t i = 0; i < model_blocks(from->m); i++) {
		struct str s = model_block(from->a, from->m, i, false, false);
		if (s.p)
			assert_true(model_set_block(to->m, i, s));
	}
	assert_true(model_set_ring(to->t, model_ring(from->a, from->t)));
}

/* A model that was kept and read again learns on as if nothing had been. */
static void kept(void **state)
{
	struct bench one = bench_new(), two = bench_new();

	(void)state;
	learn_many(&one, 0, 200);
	for (uint32_t i = 0; i < 40; i++)
		move(&one, 300 + i, i & 1, LEARN_NONE, side(!(i & 1)), "u@example.org");
	for (uint32_t i = 0; i < 40; i += 3)
		move(&one, 300 + i, i & 1, side(!(i & 1)), LEARN_NONE, "u@example.org");
	copy(&one, &two);
	assert_true(str_eq(all_of(&one), all_of(&two)));
	learn_many(&one, 400, 500);
	learn_many(&two, 400, 500);
	move(&one, 301, true, LEARN_HAM, LEARN_SPAM, "u@example.org");
	move(&two, 301, true, LEARN_HAM, LEARN_SPAM, "u@example.org");
	assert_true(str_eq(all_of(&one), all_of(&two)));
	assert_true(score_of(&one, 9, true, "u@example.org").logit ==
		    score_of(&two, 9, true, "u@example.org").logit);
	model_reset(two.t);
	assert_int_equal(counts_of(&two).n, 0);
	assert_true(model_key(two.m).k0 == key.k0 && model_counts(two.m, STR("")).ham == 0);
	bench_free(&one);
	bench_free(&two);
}

static void changed_only(void **state)
{
	struct bench b = bench_new();
	size_t n = 0, again = 0, zero = 0;

	(void)state;
	move(&b, 1, true, LEARN_NONE, LEARN_SPAM, "");
	for (size_t i = 0; i < model_blocks(b.m); i++)
		n += model_block(b.a, b.m, i, true, true).p != NULL;
	for (size_t i = 0; i < model_blocks(b.m); i++)
		again += model_block(b.a, b.m, i, true, true).p != NULL;
	assert_true(n > 100 && again == 0);
	move(&b, 1, true, LEARN_SPAM, LEARN_NONE, "");
	for (size_t i = 0; i < model_blocks(b.m); i++) {
		struct str s = model_block(b.a, b.m, i, true, false);
		zero += s.p != NULL; /* to replace what is kept of it */
		assert_true(!s.p || model_set_block(b.m, i, s));
	}
	assert_int_equal(zero, n);
	bench_free(&b);
}

/* The first one from *i that is not all zero. */
static struct str first_block(struct bench *b, size_t *i)
{
	struct str s = STR_NULL;

	for (; *i < model_blocks(b->m); ++*i)
		if ((s = model_block(b->a, b->m, *i, false, false)).p)
			break;
	return s;
}

/* Octets cut short or changed are refused or are a block; what is refused changes nothing. */
static void damaged_blocks(void **state)
{
	struct bench b = bench_new(), other = bench_new();
	size_t where[] = { 0, MODEL_S_BLOCKS, MODEL_WEIGHT_BLOCKS, MODEL_GLOBAL_BLOCKS };

	(void)state;
	for (uint32_t i = 0; i < 60; i++)
		move(&b, i, i & 1, LEARN_NONE, side(i & 1), "u@example.org");
	for (size_t w = 0; w < sizeof where / sizeof *where; w++) {
		struct str s = first_block(&b, &where[w]), now;
		char *p = arena_cstr(b.a, s);
		assert_true(s.n > 2);
		assert_false(model_set_block(other.m, where[w], str_sub(s, 0, 1)));
		assert_false(model_set_block(other.m, where[w], str_sub(s, 0, s.n - 1)));
		assert_false(model_set_block(other.m, where[w] + MODEL_WEIGHT_BLOCKS, s) && w < 2);
		assert_false(model_set_block(other.m, model_blocks(b.m), s));
		p[0] = 77;
		assert_false(model_set_block(other.m, where[w], str_of(p, s.n)));
		now = counts_of(&other);
		assert_int_equal(now.n, 0);
		p[0] = s.p[0];
		for (size_t i = 0; i < s.n; i++) {
			p[i] = (char)(p[i] ^ 0x80);
			model_set_block(other.m, where[w], str_of(p, s.n));
			p[i] = s.p[i];
		}
		model_set_block(other.m, where[w], str_sub(s, 0, 2)); /* all zero */
	}
	assert_int_equal(counts_of(&other).n, 0);
	bench_free(&b);
	bench_free(&other);
}

static void damaged_rings(void **state)
{
	struct bench b = bench_new(), other = bench_new();
	struct str s, before;
	char *p;

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		move(&b, i, i & 1, LEARN_NONE, side(i & 1), i & 1 ? "u@example.org" : "");
	s = model_ring(b.a, b.t);
	before = model_ring(b.a, other.t);
	p = arena_cstr(b.a, s);
	for (size_t n = 0; n < s.n; n += n < 100 ? 1 : 7)
		assert_false(model_set_ring(other.t, str_sub(s, 0, n)));
	assert_false(model_set_ring(other.t, str_of(p, s.n + 1)));
	assert_true(str_eq(model_ring(b.a, other.t), before));
	for (size_t i = 0; i < s.n; i += i < 200 ? 1 : 5) {
		struct arena *a = arena_new(0);
		p[i] = (char)(p[i] ^ 0xff);
		if (model_set_ring(other.t, str_of(p, s.n)))
			assert_true(str_eq(model_ring(a, other.t), str_of(p, s.n)));
		p[i] = s.p[i];
		arena_free(a);
	}
	bench_free(&b);
	bench_free(&other);
}

/* ---- why, and beside each other ---- */

static void explained(void **state)
{
	struct bench b = bench_new();
	struct token_evidence e[8];
	struct features f;
	size_t n;

	(void)state;
	learn_many(&b, 0, 300);
	f = message(b.a, 9999, true);
	n = model_explain(b.m, &f, e, 8);
	assert_int_equal(n, 8);
	for (size_t i = 0; i < n; i++) {
		assert_true(e[i].p > 0.8 && e[i].spam > e[i].ham);
		assert_true(i == 0 || fabs(e[i].p - 0.5) <= fabs(e[i - 1].p - 0.5));
	}
	assert_int_equal(model_explain(b.m, &f, e, 0), 0);
	bench_free(&b);
}

/* Another process reads while this one learns. */
static void readers(void **state)
{
	struct bench b = bench_new();
	int status;
	pid_t pid;

	(void)state;
	learn_many(&b, 0, 60);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool good = true;
		for (uint32_t i = 0; good && model_counts(b.m, STR("")).ham < 600; i++) {
			struct score s = score_of(&b, i % 900, i & 1, "u@example.org");
			good = isfinite(s.logit) && s.p >= 0 && s.p <= 1;
		}
		_exit(good ? 0 : 1);
	}
	for (uint32_t i = 60; i < 960; i++)
		move(&b, i, i % 3 == 0, LEARN_NONE, side(i % 3 == 0), i & 1 ? "u@example.org" : "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns),	 cmocka_unit_test(exact),
		cmocka_unit_test(corrected),	 cmocka_unit_test(ring_forgets),
		cmocka_unit_test(ring_turns),	 cmocka_unit_test(users),
		cmocka_unit_test(erased),	 cmocka_unit_test(crowded),
		cmocka_unit_test(decays),	 cmocka_unit_test(kept),
		cmocka_unit_test(changed_only),	 cmocka_unit_test(damaged_blocks),
		cmocka_unit_test(damaged_rings), cmocka_unit_test(explained),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
