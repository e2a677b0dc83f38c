/* Signatures that checks ask for: answered in any order, once a question, bounded, and never waited
 * for longer than sign.timeout. */
#include "unit/scan/world.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scan/ask.h"
#include "sign/keys.h"

/* ---- a check that asks ---- */

static unsigned wanted; /* questions; set before each message */
static struct sign_key key;

struct asker {
	unsigned runs, count[SIGN_GONE + 1];
	struct str first;
};

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct asker *a = state;
	unsigned count[SIGN_GONE + 1] = { 0 };
	bool all = true;

	(void)config;
	a->runs++;
	for (unsigned i = 0; i < wanted; i++) {
		char digest[SIGN_DIGEST] = { (char)i };
		const struct sign_reply *r = scan_sign(s, &key, str_of(digest, sizeof digest));
		/* The same question is the same answer. */
		assert_ptr_equal(r, scan_sign(s, &key, str_of(digest, sizeof digest)));
		all = all && r;
		if (r)
			count[r->status]++;
		if (r && i == 0)
			a->first = r->signature;
	}
	if (!all)
		return CHECK_WAIT;
	memcpy(a->count, count, sizeof count);
	scan_publish(s, s->env->setup->check[0], a);
	return CHECK_DONE;
}

static const struct check asker = { .abi = CHECK_ABI,
				    .name = "asker",
				    .help = "asks",
				    .stage = SCAN_HEADERS,
				    .state_size = sizeof(struct asker),
				    .run = run };
static const struct check *const checks[] = { &asker, NULL };

/* ---- the signer ---- */

struct signer_world {
	struct world w;
	struct sign_keys *keys;
	char dir[32];
};

static void open_all(struct signer_world *x, const char *conf)
{
	struct sign_file f = { 0 };
	struct err e;

	*x = (struct signer_world){ .keys = sign_keys_new(), .dir = "/tmp/merlon-ask.XXXXXX" };
	world_open(&x->w, checks, conf, "");
	assert_non_null(mkdtemp(x->dir));
	f.path = arena_printf(x->w.a, "%s/k", x->dir).p;
	assert_int_equal(sign_key_make(x->w.a, KEY_ED25519, 0, f.path, (uid_t)-1, &key, &e), 0);
	assert_true(sign_keys_load(x->keys, x->w.a, &f, (uid_t)-1));
	unlink(f.path);
	rmdir(x->dir);
	x->w.env.signer = sign_client_local(x->w.loop, x->keys);
}

static void close_all(struct signer_world *x)
{
	sign_client_free(x->w.env.signer);
	world_close(&x->w);
	sign_keys_free(x->keys);
}

static struct scan *message(struct signer_world *x, unsigned n)
{
	wanted = n;
	return world_message(&x->w, "From: a@sender.test\n");
}

static const struct asker *result(const struct scan *s)
{
	return scan_result(s, &asker);
}

static void test_answers(void **state)
{
	struct signer_world x;
	struct scan *s;

	(void)state;
	open_all(&x, "");
	s = message(&x, 3);
	assert_non_null(result(s));
	assert_int_equal(result(s)->count[SIGN_OK], 3);
	assert_int_equal(result(s)->first.n, 64);
	scan_free(s);
	s = message(&x, SCAN_MAX_SIGN + 1);
	assert_int_equal(result(s)->count[SIGN_OK], SCAN_MAX_SIGN);
	assert_int_equal(result(s)->count[SIGN_GONE], 1);
	scan_free(s);
	key.id[0] ^= 1;
	s = message(&x, 1);
	assert_int_equal(result(s)->count[SIGN_NO_KEY], 1);
	scan_free(s);
	close_all(&x);
}

static void test_nobody(void **state)
{
	struct signer_world x;
	struct sign_client *c;
	struct scan *s;

	(void)state;
	open_all(&x, "");
	c = x.w.env.signer;
	x.w.env.signer = NULL;
	s = message(&x, 2);
	assert_int_equal(result(s)->count[SIGN_GONE], 2);
	assert_int_equal(result(s)->runs, 1);
	scan_free(s);
	x.w.env.signer = c;
	close_all(&x);
}

/* A signer that takes questions and says nothing. */
static void test_silent(void **state)
{
	struct signer_world x;
	struct sign_client *c, *own;
	struct scan *s;
	int lane[2];

	(void)state;
	open_all(&x, "sign { timeout = 100ms }");
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lane), 0);
	own = x.w.env.signer;
	c = x.w.env.signer = sign_client_new(x.w.loop, lane[0]);
	s = message(&x, 2);
	assert_non_null(result(s));
	assert_int_equal(result(s)->count[SIGN_TIMEOUT], 2);
	scan_free(s);
	/* A scan that is given up while it waits. */
	wanted = 1;
	s = world_scan(&x.w, "inbound");
	scan_mail(s, STR("<a@sender.test>"));
	world_headers(s, "From: a@sender.test\n");
	scan_eoh(s);
	scan_free(s);
	loop_turn(x.w.loop, 200);
	x.w.env.signer = own;
	sign_client_free(c);
	close(lane[0]);
	close(lane[1]);
	close_all(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
