/* Who may do what at the Pyzor server, and how much of it. */
#include "lib/test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "control/pyzor.h"

#define ACCOUNTS "# friends\nann : 00ff\n\nbob: salt,aa11 # two parts\n"

static const struct {
	const char *what, *access; /* NULL: no file */
	const char *user, *may;	   /* words of what he may do, in the order of the verbs */
} rows[] = {
	{ "no file, anonymous", NULL, "anonymous", "check report ping info" },
	{ "no file, an account", NULL, "ann", "check report whitelist ping info" },
	{ "an empty file", "", "ann", "" },
	{ "all to all", "all : all : allow\n", "ann", "check report whitelist ping info" },
	{ "all are accounts only", "all : all : allow\n", "anonymous", "" },
	{ "anonymous by name", "check ping : anonymous : allow\n", "anonymous", "check ping" },
	{ "the last line counts",
	  "all : all : allow\nreport whitelist : bob : deny\nwhitelist : bob : allow", "bob",
	  "check whitelist ping info" },
	{ "and only for whom it is", "all : all : allow\nreport : bob : deny\n", "ann",
	  "check report whitelist ping info" },
	{ "blanks and capitals", "  CHECK\tpong : Ann bob :\tALLOW  # yes\n", "ann", "check" },
};

static void gives_rights(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new(0);
		struct buf may = { .arena = a };
		struct err e;
		struct pyzor_access *p =
			pyzor_access_read(a, STR(ACCOUNTS), str_c(rows[i].access), &e);

		if (!p)
			fail_msg("%s: %s", rows[i].what, e.text);
		for (unsigned v = 0; v < PYZOR_VERBS; v++) {
			if (!pyzor_access_may(p, str_c(rows[i].user), v))
				continue;
			if (may.n)
				buf_addc(&may, ' ');
			buf_add(&may, pyzor_verb_word(v));
		}
		if (!str_eq(buf_str(&may), str_c(rows[i].may)))
			fail_msg("%s: %.*s", rows[i].what, STR_ARG(buf_str(&may)));
		arena_free(a);
	}
}

static const struct {
	const char *accounts, *access, *fault;
} wrong[] = {
	{ "ann\n", "", "line 1" },
	{ "\nann : xyz\n", "", "line 2" },
	{ "ann : 00\nann : 11\n", "", "line 2" },
	{ "a b : 00\n", "", "line 1" },
	{ "", "check : ann\n", "line 1" },
	{ "", "check : ann : perhaps\n", "line 1" },
	{ "", "fly : ann : allow\n", "line 1" },
	{ "", " : ann : allow\n", "line 1" },
	{ "", "check : : allow\n", "line 1" },
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena *a = arena_new(0);
		struct err e;

		assert_null(
			pyzor_access_read(a, str_c(wrong[i].accounts), str_c(wrong[i].access), &e));
		if (!strstr(e.text, wrong[i].fault))
			fail_msg("row %zu: %s", i, e.text);
		arena_free(a);
	}
}

static void has_limits(void **state)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct err e;

	(void)state;
	for (unsigned i = 0; i < PYZOR_ACCOUNTS_MAX; i++)
		buf_addf(&b, "user%u : 00\n", i);
	assert_non_null(pyzor_access_read(a, buf_str(&b), STR_NULL, &e));
	buf_addf(&b, "one : 00\n");
	assert_null(pyzor_access_read(a, buf_str(&b), STR_NULL, &e));
	b.n = 0;
	for (unsigned i = 0; i <= PYZOR_RULES_MAX; i++)
		buf_addf(&b, "check : u%u : allow\n", i);
	assert_null(pyzor_access_read(a, STR(""), buf_str(&b), &e));
	arena_free(a);
}

/* Ten seconds' worth at once, then what the rate allows; others are not touched. */
static void limits_a_client(void **state)
{
	struct arena *a = arena_new(0);
	struct pyzor_rate *r = pyzor_rate_new(a, 2);
	unsigned n = 0;

	(void)state;
	while (n < 100 && pyzor_rate_take(r, STR("aaaa"), 1, 1000))
		n++;
	assert_int_equal(n, 20);
	assert_true(pyzor_rate_take(r, STR("bbbb"), 15, 1000));
	assert_false(pyzor_rate_take(r, STR("bbbb"), 15, 1000));
	assert_false(pyzor_rate_take(r, STR("aaaa"), 1, 1400));
	assert_true(pyzor_rate_take(r, STR("aaaa"), 1, 1600));
	assert_false(pyzor_rate_take(r, STR("aaaa"), 1, 1700));
	assert_true(pyzor_rate_take(r, STR("aaaa"), 15, 20000));
	arena_free(a);
}

/* More clients than there are buckets do not free one that is full. */
static void a_crowd_does_not_help(void **state)
{
	struct arena *a = arena_new(0);
	struct pyzor_rate *r = pyzor_rate_new(a, 2);

	(void)state;
	while (pyzor_rate_take(r, STR("aaaa"), 1, 1000))
		;
	for (uint32_t i = 0; i < 4 * PYZOR_RATE_BUCKETS; i++)
		pyzor_rate_take(r, str_of((const char *)&i, sizeof i), 1, 1000);
	assert_false(pyzor_rate_take(r, STR("aaaa"), 1, 1000));
	arena_free(a);
}

/* ---- the server ---- */

#define DIGEST "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define DIGESTS_3 "op-digest: " DIGEST "\nOP-DIGEST: " DIGEST "\nOp-Digest: " DIGEST "\n"

static const struct {
	const char *what, *packet;
	size_t least, most; /* octets of the answer; 0: there is none */
} packets[] = {
	{ "ping", "Op: ping\nThread: 1025\nPV: 2.1\nUser: anonymous\n\n", 40, 100 },
	{ "info", "Op: info\nOp-Digest: " DIGEST "\nThread: 1025\nPV: 2.1\nUser: anonymous\n\n",
	  100, 200 },
	{ "nothing but a number", "Thread:1025", 0, 0 },
	{ "no operation", "Thread:1025\nPV:2", 0, 0 },
	{ "an unknown user", "Thread:1025\nPV:2\nUser:x", 0, 0 },
	{ "three digests", "Op: report\n" DIGESTS_3 "Thread: 1025\nPV: 2.1\n\n", 40, 100 },
	{ "fifteen, in capitals and not: more than the rate allows at once",
	  "Op: report\n" DIGESTS_3 DIGESTS_3 DIGESTS_3 DIGESTS_3 DIGESTS_3
	  "Thread: 1025\nPV: 2.1\n\n",
	  0, 0 },
};

static void fault(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static int client_socket(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)to, sizeof *to), 0);
	return fd;
}

/* Each from a server of its own, so that the rate is whole. */
static void answers_little(void **state)
{
	static const struct conf_opt *const tables[] = { pyzor_options, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		struct arena *a = arena_new(0);
		struct loop *l = loop_new();
		struct store *store = store_memory(l);
		const struct conf *c = conf_load_text(
			a, "test.conf", STR("pyzor { listen = \"127.0.0.1@1\" rate = 1 }"), tables,
			fault, NULL);
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), to;
		struct sockaddr_in at = { .sin_family = AF_INET,
					  .sin_addr = { htonl(INADDR_LOOPBACK) } };
		socklen_t len = sizeof at;
		struct pyzor_server *p;
		char reply[1024];
		struct err e;
		ssize_t n;

		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
		p = pyzor_server_new(l, c, store, fd, &e);
		assert_non_null(p);
		to = client_socket(&at);
		n = send(to, packets[i].packet, strlen(packets[i].packet), 0);
		assert_int_equal(n, strlen(packets[i].packet));
		for (int turn = 0; turn < 10; turn++)
			loop_turn(l, 5);
		n = recv(to, reply, sizeof reply, MSG_DONTWAIT);
		n = n < 0 ? 0 : n;
		if ((size_t)n < packets[i].least || (size_t)n > packets[i].most)
			fail_msg("%s: %zd octets", packets[i].what, n);
		close(to);
		pyzor_server_free(p);
		store_free(store);
		loop_free(l);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_rights),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(limits_a_client),
		cmocka_unit_test(a_crowd_does_not_help),
		cmocka_unit_test(answers_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
