/* Rows of aggregate reports: of which messages there are any, and what stands in them. */
#include "unit/checks/memory_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/report/rows.h"
#include "store/spool.h"

struct bed {
	struct memory_world m;
	char state[32];
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
		{ .name = "report.dmarc.bounce_address", .type = CONF_STR, .def = "", .help = "" },
		{ .name = "report.inbox", .type = CONF_LIST, .help = "" },
		{ 0 },
	};
	static const struct check others = {
		.abi = CHECK_ABI, .name = "others", .options = more, .run = nothing
	};
	static const struct check *const checks[] = { &others, &check_report_rows, NULL };
	struct err e;

	*b = (struct bed){ .state = "/tmp/test_rows.XXXXXX" };
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

/* The rows that were written since the last time. */
static size_t rows_of_bed(struct bed *b, struct row *out, size_t max)
{
	struct spool_record rec[8];
	size_t n = spool_read(b->reader, b->m.w.a, rec, 8);

	assert_true(n <= max);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rec[i].type, SPOOL_DMARC_ROW);
		assert_true(row_parse(b->m.w.a, rec[i].octets, &out[i]));
	}
	return n;
}

#define ON "report { dmarc { use = on } }"
#define ANSWER "report { dmarc { use = on never_to = {\"Reports@Ours.test\"} } }"
#define FROM                                                                                       \
	"report { inbox = {\"in@ours.test\"} dmarc { use = on email = \"DMARC@ours.test\" "        \
	"bounce_address = \"bounce@ours.test\" } }"
#define SCORE "report { dmarc { use = on spam_score = 20 } }"

/* Which messages have a row. */
static const struct {
	const char *what, *conf;
	struct memory_mail mail;
	const char *symbols;
	size_t rows;
} which[] = {
	{ "ordinary",
	  ON,
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  NULL,
	  1 },
	{ "switched off",
	  "",
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "fails",
	  ON,
	  { .ip = "192.0.2.9",
	    .from = "a@rej.test",
	    .to = "u@ours.test",
	    .headers = "From: a@rej.test\n" },
	  NULL,
	  1 },
	{ "no rua",
	  ON,
	  { .from = "a@sender.test", .to = "u@ours.test", .headers = "From: a@sender.test\n" },
	  NULL,
	  0 },
	{ "no record",
	  ON,
	  { .from = "a@bare.test", .to = "u@ours.test", .headers = "From: a@bare.test\n" },
	  NULL,
	  0 },
	{ "our user",
	  ON,
	  { .user = "u",
	    .from = "a@none.test",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "two authors of one domain",
	  ON,
	  { .from = "a@none.test",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test, b@none.test\n" },
	  NULL,
	  1 },
	{ "two author domains",
	  ON,
	  { .from = "a@none.test",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test, b@quar.test\n" },
	  NULL,
	  0 },
	{ "two From fields",
	  ON,
	  { .from = "a@none.test",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nFrom: a@none.test\n" },
	  NULL,
	  0 },
	{ "no From field",
	  ON,
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "Subject: x\n" },
	  NULL,
	  0 },
	{ "null sender",
	  ON,
	  { .from = "", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  NULL,
	  1 },
	{ "bounce",
	  ON,
	  { .from = "",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nContent-Type: multipart/report; "
		       "report-type=delivery-status\n" },
	  NULL,
	  0 },
	{ "bounce, folded",
	  ON,
	  { .from = "",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nContent-Type:\n Multipart/Report\n" },
	  NULL,
	  0 },
	{ "report of a null sender",
	  ON,
	  { .from = "",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nSubject: Report domain: x.test\n Submitter: none.test\n "
		       "Report-ID: <1>\n" },
	  NULL,
	  0 },
	{ "half of its subject",
	  ON,
	  { .from = "",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nSubject: Report Domain: x.test\n" },
	  NULL,
	  1 },
	{ "report of a sender",
	  ON,
	  { .from = "a@none.test",
	    .to = "u@ours.test",
	    .headers = "From: a@none.test\nContent-Type: multipart/report\n" },
	  NULL,
	  1 },
	{ "to the reports",
	  ANSWER,
	  { .from = "a@none.test",
	    .to = "u@ours.test <reports@OURS.test>",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "to the reports, with a token",
	  ANSWER,
	  { .from = "a@none.test",
	    .to = "reports+x.1+2@ours.test",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "a token elsewhere",
	  ANSWER,
	  { .from = "a@none.test",
	    .to = "u+reports@ours.test reports@x+ours.test",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  1 },
	{ "to the address that reports are from",
	  FROM,
	  { .from = "a@none.test", .to = "dmarc@ours.test", .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "to the address that takes bounces",
	  FROM,
	  { .from = "a@none.test",
	    .to = "bounce+1234@ours.test",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "to report.inbox",
	  FROM,
	  { .from = "a@none.test", .to = "<In@ours.test>", .headers = "From: a@none.test\n" },
	  NULL,
	  0 },
	{ "beside all these",
	  FROM,
	  { .from = "a@none.test", .to = "out@ours.test", .headers = "From: a@none.test\n" },
	  NULL,
	  1 },
	{ "to others",
	  ANSWER,
	  { .from = "a@none.test",
	    .to = "reports@sub.ours.test xreports@ours.test",
	    .headers = "From: a@none.test\n" },
	  NULL,
	  1 },
	{ "spam",
	  ON,
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  "g/X=30",
	  1 },
	{ "spam above the score",
	  SCORE,
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  "g/X=20",
	  0 },
	{ "spam below the score",
	  SCORE,
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  "g/X=19.9",
	  1 },
	{ "above it, not rejected",
	  SCORE " score { reject = 40 }",
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  "g/X=30",
	  1 },
	{ "put off by the score",
	  ON " score { tempfail = 7 }",
	  { .from = "a@none.test", .to = "u@ours.test", .headers = "From: a@none.test\n" },
	  "g/X=8",
	  0 },
	{ "put off by the policy",
	  ON " dmarc { reject = tempfail }",
	  { .ip = "192.0.2.9",
	    .from = "a@rej.test",
	    .to = "u@ours.test",
	    .headers = "From: a@rej.test\n" },
	  NULL,
	  1 },
};

static void test_which(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
		struct row row[2];
		struct bed b;
		size_t n;

		open_bed(&b, which[i].conf);
		b.m.symbols = which[i].symbols;
		scan_free(memory_mail(&b.m, &which[i].mail));
		n = rows_of_bed(&b, row, 2);
		if (n != which[i].rows)
			fail_msg("%s: %zu rows", which[i].what, n);
		close_bed(&b);
	}
}

static struct memory_mail mail_of(const char *domain, const char *ip)
{
	static char headers[128], from[128];

	snprintf(headers, sizeof headers, "From: a@%s\n", domain);
	snprintf(from, sizeof from, "a@%s", domain);
	return (struct memory_mail){
		.ip = ip, .from = from, .to = "u@ours.test", .headers = headers
	};
}

/* What was done, in the words of RFC 9990. */
static const struct {
	const char *domain, *ip, *conf, *symbols;
	bool pass;
	enum dmarc_policy disposition;
	const char *reason;
} done[] = {
	{ "none.test", NULL, "", NULL, true, DMARC_P_NONE, "" },
	{ "none.test", NULL, "", "g/X=30", true, DMARC_P_NONE, "" },
	{ "none.test", "192.0.2.9", "", NULL, false, DMARC_P_NONE, "" },
	{ "none.test", "192.0.2.9", "", "g/X=30", false, DMARC_P_NONE, "" },
	{ "quar.test", "192.0.2.9", "", NULL, false, DMARC_P_QUARANTINE, "" },
	{ "quar.test", "192.0.2.9", "", "g/X=30", false, DMARC_P_QUARANTINE, "" },
	{ "quar.test", "192.0.2.9", "dmarc { quarantine = quarantine }", NULL, false,
	  DMARC_P_QUARANTINE, "" },
	{ "quar.test", "192.0.2.9", "dmarc { quarantine = accept }", NULL, false, DMARC_P_NONE,
	  "local_policy" },
	{ "rej.test", "192.0.2.9", "", NULL, false, DMARC_P_REJECT, "" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = discard }", NULL, false, DMARC_P_REJECT, "" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = tempfail }", NULL, false, DMARC_P_REJECT, "" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = quarantine }", NULL, false, DMARC_P_QUARANTINE,
	  "local_policy" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = tag }", NULL, false, DMARC_P_QUARANTINE,
	  "local_policy" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = accept }", NULL, false, DMARC_P_NONE,
	  "local_policy" },
	{ "rej.test", "192.0.2.9", "dmarc { reject = accept }", "g/X=30", false, DMARC_P_REJECT,
	  "" },
	{ "t.test", "192.0.2.9", "", NULL, false, DMARC_P_QUARANTINE, "policy_test_mode" },
	{ "t.test", "192.0.2.9", "dmarc { quarantine = accept }", NULL, false, DMARC_P_NONE,
	  "local_policy" },
	{ "tq.test", "192.0.2.9", "", NULL, false, DMARC_P_NONE, "policy_test_mode" },
	{ "rej.test", "192.0.2.9", "dmarc { trusted_forwarders = {\"192.0.2.9\"} }", NULL, false,
	  DMARC_P_NONE, "trusted_forwarder" },
};

static void test_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof done / sizeof *done; i++) {
		struct memory_mail mail = mail_of(done[i].domain, done[i].ip);
		struct row row[2];
		char conf[200];
		struct bed b;

		snprintf(conf, sizeof conf, ON " %s", done[i].conf);
		open_bed(&b, conf);
		b.m.symbols = done[i].symbols;
		scan_free(memory_mail(&b.m, &mail));
		assert_int_equal(rows_of_bed(&b, row, 2), 1);
		if (row->row.disposition != done[i].disposition ||
		    row->row.pass_disposition != done[i].pass ||
		    !str_eq(row->row.override_type, str_c(done[i].reason)))
			fail_msg("%zu: %s pass %d, reason %.*s", i,
				 dmarc_policy_word(row->row.disposition), row->row.pass_disposition,
				 STR_ARG(row->row.override_type));
		close_bed(&b);
	}
}

static void test_facts(void **state)
{
	struct memory_mail mail = { .from = "Bounce@B\xc3\xbc"
					    "cher.quar.test",
				    .to = "u@ours.test",
				    .headers =
					    "DKIM-Signature: v=1; a=rsa-sha256; d=Rej.test; s=S1; "
					    "h=from; bh=AAAA; b=AAAA\n"
					    "DKIM-Signature: nonsense\n"
					    "From: <x@SUB.rej.test>\n" };
	struct row r;
	struct bed b;

	(void)state;
	open_bed(&b, ON);
	scan_free(memory_mail(&b.m, &mail));
	assert_int_equal(rows_of_bed(&b, &r, 1), 1);
	assert_int_equal(r.judged, b.m.now_ms / 1000);
	assert_str(r.policy_domain, "rej.test");
	assert_str(r.rua, "mailto:d@rej.test,mailto:e@none.test");
	assert_str(r.p, "reject");
	assert_str(r.sp, "none");
	assert_str(r.np, "quarantine");
	assert_str(r.adkim, "s");
	assert_str(r.aspf, "s");
	assert_str(r.fo, "1:d:s");
	assert_str(r.testing, "n");
	assert_str(r.discovery, "treewalk");
	assert_str(r.row.header_from, "sub.rej.test");
	assert_str(r.row.envelope_from, "xn--bcher-kva.quar.test");
	assert_str(r.row.spf_domain, "xn--bcher-kva.quar.test");
	assert_str(r.row.spf_result, "none");
	assert_false(r.row.spf_helo);
	assert_int_equal(r.row.ndkim, 1);
	assert_str(r.row.dkim[0].domain, "rej.test");
	assert_str(r.row.dkim[0].selector, "s1");
	assert_int_equal(r.row.source.family, 4);
	mail = (struct memory_mail){ .from = "",
				     .to = "u@ours.test",
				     .headers = "From: a@quar.test\n" };
	scan_free(memory_mail(&b.m, &mail));
	assert_int_equal(rows_of_bed(&b, &r, 1), 1);
	assert_int_equal(r.row.envelope_from.n, 0);
	assert_str(r.row.spf_domain, "client.test");
	assert_true(r.row.spf_helo);
	assert_int_equal(r.sp.n + r.np.n + r.fo.n, 0);
	assert_str(r.adkim, "r");
	close_bed(&b);
}

/* The identity of a message is that of the same message again, and of no other. */
static void test_identity(void **state)
{
	const struct memory_mail same = { .from = "a@none.test",
					  .to = "u@ours.test",
					  .headers = "From: a@none.test\nSubject: x\n",
					  .body = "one\n" };
	struct memory_mail other[6] = { same, same, same, same, same, same };
	struct row first, r;
	struct bed b;

	(void)state;
	other[0].ip = "192.0.2.2";
	other[1].from = "b@none.test";
	other[2].to = "u@ours.test v@ours.test";
	other[3].headers = "From: a@none.test\nSubject: y\n";
	other[4].body = "two\n";
	other[5].body = "one\n\n";
	open_bed(&b, ON);
	scan_free(memory_mail(&b.m, &same));
	assert_int_equal(rows_of_bed(&b, &first, 1), 1);
	memory_later(&b.m, 3600 * 1000);
	scan_free(memory_mail(&b.m, &same));
	assert_int_equal(rows_of_bed(&b, &r, 1), 1);
	assert_memory_equal(r.id, first.id, ROW_ID_SIZE);
	for (size_t i = 0; i < 6; i++) {
		scan_free(memory_mail(&b.m, &other[i]));
		assert_int_equal(rows_of_bed(&b, &r, 1), 1);
		assert_memory_not_equal(r.id, first.id, ROW_ID_SIZE);
	}
	close_bed(&b);
}

/* Tools and mail that is only looked at leave nothing, nor does what has no spool to go to. */
static void test_nowhere(void **state)
{
	struct memory_mail mail = mail_of("none.test", NULL);
	struct row r;
	struct bed b;

	(void)state;
	open_bed(&b, ON);
	b.m.w.env.readonly = true;
	scan_free(memory_mail(&b.m, &mail));
	assert_int_equal(rows_of_bed(&b, &r, 1), 0);
	b.m.w.env.readonly = false;
	b.m.w.env.spool = NULL;
	scan_free(memory_mail(&b.m, &mail));
	assert_int_equal(rows_of_bed(&b, &r, 1), 0);
	close_bed(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which),	cmocka_unit_test(test_done),
		cmocka_unit_test(test_facts),	cmocka_unit_test(test_identity),
		cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
