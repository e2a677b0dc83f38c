/* Failed messages: of which one is written down for a failure report, and what. */
#include "unit/checks/memory_world.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/report/failure.h"
#include "checks/report/rows.h"
#include "report/failure.h"
#include "store/spool.h"

struct bed {
	struct memory_world m;
	char state[40];
	struct spool *spool;
	struct spool_reader *reader;
};

static enum check_step nothing(struct scan *s, void *state, const void *config)
{
	(void)s, (void)state, (void)config;
	return CHECK_DONE;
}

static void open_bed(struct bed *b, const char *conf)
{
	/* options of others */
	static const struct conf_opt more[] = {
		{ .name = "report.dmarc.email", .type = CONF_STR, .def = "", .help = "" },
		{ .name = "report.inbox", .type = CONF_LIST, .help = "" },
		{ 0 },
	};
	static const struct check others = {
		.abi = CHECK_ABI, .name = "others", .options = more, .run = nothing
	};
	static const struct check *const checks[] = { &others, &check_report_rows,
						      &check_report_failure, NULL };
	struct err e;

	*b = (struct bed){ .state = "/tmp/test_failure.XXXXXX" };
	memory_open(&b->m, checks, conf);
	assert_non_null(mkdtemp(b->state));
	b->spool = spool_open(b->state, &e);
	b->reader = spool_reader_new(b->state, &e);
	assert_non_null(b->spool);
	assert_non_null(b->reader);
	b->m.w.env.spool = b->spool;
}

static void close_bed(struct bed *b)
{
	const char *spool = arena_printf(b->m.w.a, "%s/spool", b->state).p;
	DIR *d = opendir(spool);
	const struct dirent *e;

	while ((e = readdir(d)))
		unlink(arena_printf(b->m.w.a, "%s/%s", spool, e->d_name).p);
	closedir(d);
	rmdir(spool);
	rmdir(b->state);
	spool_reader_free(b->reader);
	spool_close(b->spool);
	memory_close(&b->m);
}

/* Those that were written since the last time. */
static size_t written(struct bed *b, struct failure *out)
{
	struct spool_record rec[8];
	size_t n = spool_read(b->reader, b->m.w.a, rec, 8), found = 0;

	for (size_t i = 0; i < n; i++)
		if (rec[i].type == SPOOL_FAILURE) {
			assert_true(failure_parse(rec[i].octets, out));
			found++;
		}
	return found;
}

#define ON "report { failure { use = on } }"
#define ALSO                                                                                       \
	"report { inbox = {\"in@ours.test\"} failure { use = on } dmarc { email = "                \
	"\"d@ours.test\" } }"
#define BAD "192.0.2.9"
#define SIGNED(d)                                                                                  \
	"DKIM-Signature: v=1; a=rsa-sha256; d=" d "; s=s1; h=from; bh=AAAA; b=AAAA\nFrom: a@" d "\n"

static const struct {
	const char *what, *conf;
	struct memory_mail mail;
	const char *symbols, *out;
} which[] = {
	{ "it fails",
	  ON,
	  { .ip = BAD, .from = "a@ruf.test", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  NULL,
	  "dmarc" },
	{ "switched off",
	  "",
	  { .ip = BAD, .from = "a@ruf.test", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "aggregate reports only",
	  "report { dmarc { use = on } }",
	  { .ip = BAD, .from = "a@ruf.test", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "it passes",
	  ON,
	  { .from = "a@ruf.test", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "nobody asks",
	  ON,
	  { .ip = BAD, .from = "a@rej.test", .to = "u@ours.test", .headers = "From: a@rej.test\n" },
	  NULL,
	  NULL },
	{ "a registry asks", /* of a name that has no record of its own */
	  ON,
	  { .ip = BAD,
	    .from = "a@some.reg.test",
	    .to = "u@ours.test",
	    .headers = "From: a@some.reg.test\n" },
	  NULL,
	  NULL },
	{ "no record",
	  ON,
	  { .ip = BAD,
	    .from = "a@bare.test",
	    .to = "u@ours.test",
	    .headers = "From: a@bare.test\n" },
	  NULL,
	  NULL },
	{ "our user",
	  ON,
	  { .user = "u",
	    .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "u@ours.test",
	    .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "null sender",
	  ON,
	  { .ip = BAD, .from = "", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "a report of a kind",
	  ON,
	  { .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "u@ours.test",
	    .headers = "From: a@ruf.test\nContent-Type: Multipart/Report\n" },
	  NULL,
	  NULL },
	{ "an aggregate report",
	  ON,
	  { .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "u@ours.test",
	    .headers = "From: a@ruf.test\nSubject: Report Domain: x Submitter: y Report-ID: z\n" },
	  NULL,
	  NULL },
	{ "to where reports come",
	  ALSO,
	  { .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "in@ours.test",
	    .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "to where reports are from",
	  ALSO,
	  { .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "d+x@ours.test",
	    .headers = "From: a@ruf.test\n" },
	  NULL,
	  NULL },
	{ "two author domains",
	  ON,
	  { .ip = BAD,
	    .from = "a@ruf.test",
	    .to = "u@ours.test",
	    .headers = "From: a@ruf.test, b@any.test\n" },
	  NULL,
	  NULL },
	{ "put off by the score",
	  ON " score { tempfail = 7 } dmarc { reject = tag }",
	  { .ip = BAD, .from = "a@ruf.test", .to = "u@ours.test", .headers = "From: a@ruf.test\n" },
	  "g/X=8",
	  NULL },
	/* fo= */
	{ "fo=1: one of the two",
	  ON,
	  { .from = "a@any.test", .to = "u@ours.test", .headers = "From: a@any.test\n" },
	  NULL,
	  "dmarc" },
	{ "fo=0: one of the two",
	  ON,
	  { .from = "a@ruf.test", .to = "u@ours.test", .headers = SIGNED("ruf.test") },
	  NULL,
	  NULL },
	{ "fo=d, no signature",
	  ON,
	  { .ip = BAD, .from = "a@sig.test", .to = "u@ours.test", .headers = "From: a@sig.test\n" },
	  NULL,
	  NULL },
	{ "fo=d, a bad signature",
	  ON,
	  { .from = "a@sig.test", .to = "u@ours.test", .headers = SIGNED("sig.test") },
	  NULL,
	  "signature" },
	{ "fo=s, SPF fails",
	  ON,
	  { .ip = BAD, .from = "a@spf.test", .to = "u@ours.test", .headers = "From: a@spf.test\n" },
	  NULL,
	  "spf" },
	{ "fo=s, SPF passes",
	  ON,
	  { .from = "a@spf.test", .to = "u@ours.test", .headers = SIGNED("spf.test") },
	  NULL,
	  NULL },
};

static void test_which(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		struct failure f = { 0 };
		struct bed b;
		size_t n;

		open_bed(&b, which[i].conf);
		b.m.symbols = which[i].symbols;
		scan_free(memory_mail(&b.m, &which[i].mail));
		n = written(&b, &f);
		if (n != (which[i].out != NULL) ||
		    (n && !str_eq(f.what.failure, str_c(which[i].out))))
			fail_msg("%s: %zu, %.*s", which[i].what, n, STR_ARG(f.what.failure));
		close_bed(&b);
	}
}

static const struct memory_mail failed = {
	.ip = BAD,
	.from = "Joe@ruf.test",
	.to = "u@ours.test",
	.headers =
		"DKIM-Signature: v=1; a=rsa-sha256; d=other.test; s=s1; h=from; bh=AAAA; b=AAAA\n"
		"DKIM-Signature: v=1; a=rsa-sha256; d=sub.ruf.test; s=s2; h=from; bh=AA; b=AA\n"
		"To: <u@ours.test>\nFrom: a@ruf.test\n",
	.body = "secret\n",
};

static void test_facts(void **state)
{
	struct failure f;
	struct bed b;

	(void)state;
	open_bed(&b, ON);
	scan_free(memory_mail(&b.m, &failed));
	assert_int_equal(written(&b, &f), 1);
	assert_str(f.policy_domain, "ruf.test");
	assert_str(f.ruf, "mailto:r@ruf.test");
	assert_str(f.what.domain, "ruf.test");
	assert_str(f.what.envelope_from, "Joe@ruf.test");
	assert_str(f.what.dkim_domain, "sub.ruf.test");
	assert_str(f.what.dkim_selector, "s2");
	assert_str(f.what.spf_dns, "txt : ruf.test : \"v=spf1 ip4:192.0.2.1 -all\"");
	assert_str(f.what.delivery, "reject");
	assert_true(str_starts(f.what.auth_results, STR("dmarc=fail header.from=ruf.test; spf=fail "
							"smtp.mailfrom=ruf.test; dkim=")));
	assert_int_equal(f.what.arrival, b.m.now_ms / 1000);
	assert_false(f.what.dkim_aligned || f.what.spf_aligned);
	assert_true(str_find(f.what.header, STR("To: <u@ours.test>\r\n")) != SIZE_MAX);
	assert_true(str_find(f.what.header, STR("secret")) == SIZE_MAX);
	close_bed(&b);
}

/* Once the domain has had its reports of the day nothing is written; the next day there is. */
static void test_room(void **state)
{
	struct failure f;
	struct store_op op = { .kind = STORE_PUT, .value = STR("x") };
	struct store_op join = { .kind = STORE_JOIN,
				 .ttl_ms = UINT64_C(3) * 86400 * 1000,
				 .limit = FAILURE_DAY_MAX + 1 };
	struct bed b;

	(void)state;
	open_bed(&b, "report { failure { use = on per_day = 2 } }");
	op.key = failure_slot(b.m.w.a, STR("ruf.test"), b.m.now_ms / 1000, 0);
	memory_store(&b.m, &op);
	scan_free(memory_mail(&b.m, &failed));
	assert_int_equal(written(&b, &f), 1);
	op.key = failure_slot(b.m.w.a, STR("ruf.test"), b.m.now_ms / 1000, 1);
	memory_store(&b.m, &op);
	scan_free(memory_mail(&b.m, &failed));
	assert_int_equal(written(&b, &f), 0);
	memory_later(&b.m, INT64_C(86400) * 1000);
	scan_free(memory_mail(&b.m, &failed));
	assert_int_equal(written(&b, &f), 1);
	/* of all domains */
	join.key = failure_day(b.m.w.a, b.m.now_ms / 1000);
	for (unsigned i = 0; i <= FAILURE_DAY_MAX; i++) {
		if (i == FAILURE_DAY_MAX) {
			scan_free(memory_mail(&b.m, &failed));
			assert_int_equal(written(&b, &f), 1);
		}
		join.member = arena_printf(b.m.w.a, "%u", i);
		memory_store(&b.m, &join);
	}
	scan_free(memory_mail(&b.m, &failed));
	assert_int_equal(written(&b, &f), 0);
	close_bed(&b);
}

/* AFRF_HEADER_MAX: a longer header is cut before it is written. */
static void test_long(void **state)
{
	static char headers[3 * AFRF_HEADER_MAX];
	struct memory_mail mail = failed;
	struct failure f;
	struct bed b;
	size_t n = 0;

	(void)state;
	for (; n + 600 < sizeof headers / 2; n += 500) {
		memset(headers + n, 'x', 500);
		memcpy(headers + n, "X-A: ", 5);
		headers[n + 499] = '\n';
	}
	memcpy(headers + n, "From: a@ruf.test\n", 18);
	mail.headers = headers;
	open_bed(&b, ON);
	scan_free(memory_mail(&b.m, &mail));
	assert_int_equal(written(&b, &f), 1);
	assert_int_equal(f.what.header.n, AFRF_HEADER_MAX);
	close_bed(&b);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
