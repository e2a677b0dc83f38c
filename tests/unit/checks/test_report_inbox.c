/* Reports that come in by mail: what is taken, from whom, of whom, and what is left of it. */
#include "unit/checks/memory_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/memory/takeover.h"
#include "checks/report/inbox.h"
#include "store/spool.h"

struct bed {
	struct memory_world m;
	char state[32];
	struct spool *spool;
	struct spool_reader *reader;
};

#define CONF                                                                                       \
	"memory { local_domains = {here.test} }\n"                                                 \
	"report { inbox = {\"RUA@here.test\", \"abuse@here.test\"} }\n"                            \
	"report { domains = {\"Signed.test\"} }\n"

static void open_bed(struct bed *b)
{
	static const struct check *const checks[] = { &check_sender, &check_takeover,
						      &check_report_inbox, NULL };
	struct err e;

	*b = (struct bed){ .state = "/tmp/test_inbox.XXXXXX" };
	memory_open(&b->m, checks, CONF);
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

/* ---- what comes ---- */

#define XML(email, id, domain)                                                                     \
	"<feedback><report_metadata><org_name>Org</org_name><email>" email "</email>"              \
	"<report_id>" id "</report_id><date_range><begin>1</begin><end>86400</end></date_range>"   \
	"</report_metadata><policy_published><domain>" domain "</domain><p>none</p>"               \
	"</policy_published><record><row><source_ip>192.0.2.9</source_ip><count>5</count>"         \
	"</row></record></feedback>\n"
#define JSON(domain)                                                                               \
	"{\"organization-name\":\"Org\",\"contact-info\":\"tls@sender.test\",\"report-id\":\"1\"," \
	"\"date-range\":{\"start-datetime\":\"2026-05-20T00:00:00Z\","                             \
	"\"end-datetime\":\"2026-05-21T00:00:00Z\"},\"policies\":["                                \
	"{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"" domain "\"},"                  \
	"\"summary\":{\"total-successful-session-count\":7,"                                       \
	"\"total-failure-session-count\":2}},"                                                     \
	"{\"policy\":{\"policy-type\":\"tlsa\",\"policy-domain\":\"signed.test\"},"                \
	"\"summary\":{\"total-successful-session-count\":3}}]}\n"
#define ARF(domain, id)                                                                            \
	"--b\nContent-Type: text/plain\n\nbad\n--b\nContent-Type: message/feedback-report\n\n"     \
	"Feedback-Type: abuse\nSource-IP: 192.0.2.8\n\n--b\nContent-Type: message/rfc822\n\n"      \
	"From: joe@" domain "\nMessage-ID: <" id ">\nSubject: x\n\nx\n--b--\n"

#define TYPE(t) "From: r@sender.test\nMIME-Version: 1.0\nContent-Type: " t "\n"
#define FEEDBACK TYPE("multipart/report; boundary=b; report-type=feedback-report")

/* says: what was taken, "fault: ..." or "" (not looked into); left: sums in the spool. */
static const struct row {
	struct memory_mail mail;
	const char *says, *left;
} rows[] = {
	{ { .to = "rua@here.test",
	    .headers = TYPE("text/xml"),
	    .body = XML("r@sender.test", "1", "here.test") },
	  "DMARC report of sender.test about here.test, verified",
	  "[1 2 sender.test 1 here.test 0/5 1]" },
	/* the same once more, then another one */
	{ { .to = "rua@here.test",
	    .headers = TYPE("text/xml"),
	    .body = XML("r@sender.test", "1", "here.test") },
	  "DMARC report of sender.test about here.test, verified, seen before",
	  "" },
	{ { .to = "x@else.test Rua@Here.test",
	    .headers = TYPE("application/octet-stream"),
	    .body = XML("r@sender.test", "2", "sub.here.test") },
	  "DMARC report of sender.test about sub.here.test, verified",
	  "[1 2 sender.test 2 sub.here.test 0/5 1]" },
	/* by somebody else, who is who he says, or not even that */
	{ { .from = "r@other.test",
	    .to = "rua@here.test",
	    .headers = "From: r@other.test\nContent-Type: text/xml\n",
	    .body = XML("r@sender.test", "3", "here.test") },
	  "DMARC report of sender.test about here.test, unverified",
	  "[1 0 sender.test 3 here.test 0/5 1]" },
	{ { .from = "r@plain.test",
	    .to = "rua@here.test",
	    .headers = "From: r@plain.test\nContent-Type: text/xml\n",
	    .body = XML("", "4", "signed.test") },
	  "DMARC report of plain.test about signed.test, unverified",
	  "[1 0 plain.test 4 signed.test 0/5 1]" },
	/* refused: it has not come */
	{ { .ip = "192.0.2.200",
	    .to = "rua@here.test",
	    .headers = TYPE("text/xml"),
	    .body = XML("r@sender.test", "5", "signed.test") },
	  "DMARC report of sender.test about signed.test, unverified",
	  "" },
	/* of others, to others, of our users */
	{ { .to = "rua@here.test",
	    .headers = TYPE("text/xml"),
	    .body = XML("r@sender.test", "5", "theirs.test") },
	  "fault: not about a domain of ours",
	  "" },
	{ { .to = "joe@here.test",
	    .headers = TYPE("text/xml"),
	    .body = XML("r@sender.test", "6", "here.test") },
	  "",
	  "" },
	/* not to be read */
	{ { .to = "rua@here.test", .headers = TYPE("text/plain"), .body = "Hello\n" },
	  "fault: a message without a report in it",
	  "" },
	{ { .to = "rua@here.test",
	    .headers = TYPE("text/xml"),
	    .body = "<?xml version=\"1.0\"?>\n<feedback>\n" },
	  "fault: line 3: expected an element and </feedback>, found the end of the document",
	  "" },
	/* TLS: one sum for each policy */
	{ { .to = "rua@here.test",
	    .headers = TYPE("application/tlsrpt+json"),
	    .body = JSON("here.test") },
	  "TLS report of sender.test about here.test, verified",
	  "[2 2 sender.test 1 here.test 7/2 0][2 2 sender.test 1 signed.test 3/0 0]" },
	/* a complaint about what we know nothing of, and about joe's */
	{ { .to = "abuse@here.test", .headers = FEEDBACK, .body = ARF("here.test", "9@x.test") },
	  "complaint of sender.test about here.test, verified",
	  "[3 2 sender.test <9@x.test> here.test 0/1 1]" },
	{ { .to = "abuse@here.test", .headers = FEEDBACK, .body = ARF("theirs.test", "9@x.test") },
	  "fault: not about a domain of ours",
	  "" },
	{ { .to = "abuse@here.test", .headers = FEEDBACK, .body = ARF("here.test", "1@here.test") },
	  "complaint of sender.test about here.test, verified",
	  "[3 2 sender.test <1@here.test> here.test 0/1 1 joe]" },
};

static struct str left_of(struct bed *b)
{
	struct spool_record rec[8];
	size_t n = spool_read(b->reader, b->m.w.a, rec, 8);
	struct buf out = { .arena = b->m.w.a };

	for (size_t i = 0; i < n; i++) {
		struct report_sum s;

		assert_int_equal(rec[i].type, SPOOL_REPORT_IN);
		assert_true(report_sum_parse(b->m.w.a, rec[i].octets, &s));
		buf_addf(&out, "[%u %u %.*s %.*s %.*s %llu/%llu %zu%s%.*s]", s.kind, s.trust,
			 STR_ARG(s.reporter_domain), STR_ARG(s.id), STR_ARG(s.domain),
			 (unsigned long long)s.good, (unsigned long long)s.bad, s.group.n,
			 s.user.n ? " " : "", STR_ARG(s.user));
		/* as the control process would keep it */
		memory_store(&b->m,
			     &(struct store_op){ .kind = STORE_NEW,
						 .key = report_sum_key(b->m.w.a, &s, s.trust),
						 .value = rec[i].octets });
	}
	return buf_str(&out);
}

static struct str said(struct bed *b, struct scan *s)
{
	struct str e = STR("");

	if (memory_holds(&b->m, s, "report_in_fault", ""))
		e = arena_printf(b->m.w.a, "fault: %.*s",
				 STR_ARG(memory_evidence_of(&b->m, s, "report_in_fault", "")));
	else if (memory_holds(&b->m, s, "report_in", ""))
		e = memory_evidence_of(&b->m, s, "report_in", "");
	return arena_dup(b->m.w.a, e);
}

static void test_rows(void **state)
{
	static const struct memory_mail joe = { .user = "joe",
						.from = "joe@here.test",
						.to = "ann@sender.test",
						.headers = "From: joe@here.test\n"
							   "Message-ID: <1@here.test>\n" };
	struct bed b;

	(void)state;
	open_bed(&b);
	scan_free(memory_mail(&b.m, &joe));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct memory_mail mail = rows[i].mail;
		struct scan *s;
		struct str says, left;

		mail.from = mail.from ? mail.from : "r@sender.test";
		s = memory_mail(&b.m, &mail);
		says = said(&b, s);
		left = left_of(&b);
		if (!str_eq(says, str_c(rows[i].says)) || !str_eq(left, str_c(rows[i].left)))
			fail_msg("row %zu: \"%.*s\" %.*s", i, STR_ARG(says), STR_ARG(left));
		assert_int_equal(s->verdict.action, mail.ip ? ACT_REJECT : ACT_ACCEPT);
		scan_free(s);
	}
	close_bed(&b);
}

/* A verified complaint counts against who sent the message, as a bounce does; another's does not.
 */
static void test_complaint(void **state)
{
	static const struct memory_mail out = { .user = "joe",
						.from = "joe@here.test",
						.to = "ann@sender.test",
						.headers = "From: joe@here.test\n"
							   "Message-ID: <1@here.test>\n" };
	struct memory_mail in = { .from = "r@sender.test",
				  .ip = "192.0.2.200",
				  .to = "abuse@here.test",
				  .headers = FEEDBACK,
				  .body = ARF("here.test", "1@here.test") };
	struct bed b;

	(void)state;
	open_bed(&b);
	scan_free(memory_mail(&b.m, &out));
	for (unsigned i = 0; i < 2; i++) {
		const struct takeover_facts *f;
		struct scan *s;

		in.ip = i ? NULL : in.ip;
		scan_free(memory_mail(&b.m, &in));
		s = memory_mail(&b.m, &out);
		f = scan_result(s, &check_takeover);
		assert_true(f->bounces == i);
		scan_free(s);
	}
	close_bed(&b);
}

/* At most so many a day; what is over is said, and nothing is left of it. */
static void test_flood(void **state)
{
	struct memory_mail in = { .from = "r@plain.test",
				  .to = "rua@here.test",
				  .headers = "From: r@plain.test\nContent-Type: text/xml\n",
				  .body = XML("r@sender.test", "1", "here.test") };
	struct str none = STR("");
	struct bed b;
	struct scan *s;

	(void)state;
	open_bed(&b);
	for (unsigned i = 0; i < 2; i++) {
		s = memory_mail(&b.m, &in);
		assert_int_equal(memory_holds(&b.m, s, "report_in_fault", ""), i);
		assert_int_equal(left_of(&b).n > 0, !i);
		if (!i)
			memory_store(&b.m,
				     &(struct store_op){ .kind = STORE_ADD,
							 .flags = STORE_F_WINDOW,
							 .key = memory_key(s, "rptday", &none, 1),
							 .delta = { INBOX_UNVERIFIED },
							 .ttl_ms = 86400000 });
		scan_free(s);
	}
	in.from = "r@sender.test"; /* one who is verified has a number of his own */
	in.headers = TYPE("text/xml");
	s = memory_mail(&b.m, &in);
	assert_true(memory_holds(&b.m, s, "report_in", ""));
	scan_free(s);
	close_bed(&b);
}

/* All names below a domain have one number, and all reports of a day one. */
static void test_flood_of_names(void **state)
{
	struct memory_mail in = { .from = "r@sender.test",
				  .to = "rua@here.test",
				  .headers = "From: r@a.sender.test\nContent-Type: text/xml\n",
				  .body = XML("r@a.sender.test", "1", "here.test") };
	static const struct {
		const char *who;
		unsigned n;
	} t[] = { { "sender.test", INBOX_PER_DAY }, { "*", INBOX_ALL } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct str who = str_c(t[i].who);
		struct bed b;
		struct scan *s;

		open_bed(&b);
		s = memory_mail(&b.m, &in);
		assert_true(memory_holds(&b.m, s, "report_in", ""));
		assert_false(memory_holds(&b.m, s, "report_in_unverified", ""));
		memory_store(&b.m, &(struct store_op){ .kind = STORE_ADD,
						       .flags = STORE_F_WINDOW,
						       .key = memory_key(s, "rptday", &who, 1),
						       .delta = { t[i].n },
						       .ttl_ms = 86400000 });
		scan_free(s);
		s = memory_mail(&b.m, &in);
		assert_true(memory_holds(&b.m, s, "report_in_fault", ""));
		scan_free(s);
		close_bed(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_complaint),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
