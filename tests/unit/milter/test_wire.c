/* Tests of the wire engine against an MTA of our own: answers, negotiation, events, order. */
#include "rig.h"

#include <libmilter/mfdef.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/log.h"

#define ALL 0x1fffffu /* SMFIP_* of version 6 */

/* ---- what an MTA sees ---- */

#define EDITS                                                                                      \
	"m[|||\\x02Authentication-Results||] m[|||\\x01Authentication-Results||] "                 \
	"i[||||Authentication-Results| mx.example;\\x0a\\x09spf=pass smtp.mailfrom=a@b|] "         \
	"+[<trap@example.org>|] -[<to@example.org>|] "

static void test_verdicts(void **state)
{
	static const struct {
		const char *x_do, *answer;
	} t[] = {
		{ NULL, "a[]" },
		{ " tag", "a[]" },
		{ " reject", "y[550 5.7.1 Message refused|]" },
		{ " tempfail", "y[451 4.7.1 Try again later|]" },
		{ " greylist", "y[451 4.7.1 Try again later|]" },
		{ " discard", "d[]" },
		{ " quarantine", "q[quarantined|] a[]" },
		{ " percent", "y[550 5.7.1 100%% spam??250 ok??|]" },
		{ " edits", EDITS "a[]" },
		{ " inject", "i[|||\\x01X-In| a\\x0a Bcc: b\\x0a c\\x0a d|] a[]" },
		{ " later", "a[]" },
	};
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &m);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		mta_message(&m, "<a@b>", t[i].x_do);
		mta_send(&m);
		expect(&r, &m, t[i].answer);
	}
	mta_close(&m);
	await_sessions(&r, 0);
	rig_stop(&r);
}

static void test_replaced_body(void **state)
{
	struct rig r;
	struct mta m;
	struct str data;
	size_t total = 0, chunks = 0;
	char cmd = 0;
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &m);
	mta_message(&m, "<a@b>", " body");
	mta_send(&m);
	while (mta_get(&m, 5000, &cmd, &data) == MTA_PACKET &&
	       (cmd == SMFIR_REPLBODY || cmd == SMFIR_CONTINUE)) {
		if (cmd == SMFIR_CONTINUE) /* CONNECT, MAIL */
			continue;
		assert_true(data.n <= 65535);
		total += data.n;
		chunks++;
	}
	assert_int_equal(cmd, SMFIR_ACCEPT);
	assert_int_equal(total, 5000 * 25);
	assert_int_equal(chunks, 2);
	mta_close(&m);
	rig_stop(&r);
}

/* Every version, every offered right, every no-reply flag: only what was agreed is done. */
static void one_negotiation(struct rig *r, uint32_t version, uint32_t actions, uint32_t steps)
{
	struct mta m;
	struct str got;
	size_t replies = 0, edits = 0;

	mta_open(&m, r->loop, r->path);
	mta_optneg(&m, version, actions, steps);
	mta_send(&m);
	assert_int_equal(mta_get_optneg(&m, 5000), MTA_PACKET);
	assert_int_equal(m.version, version < 6 ? version : 6);
	assert_int_equal(m.actions & ~actions, 0);
	assert_int_equal(m.steps & ~steps, 0);
	mta_connect(&m, "c", SMFIA_INET, "192.0.2.1");
	mta_string(&m, SMFIC_HELO, "h");
	mta_message(&m, "<a@b>", m.steps & SMFIP_HDR_LEADSPC ? " edits" : "edits");
	m.owed = 0; /* they are counted here */
	mta_send(&m);
	for (unsigned bit = SMFIP_NR_CONN; bit <= SMFIP_NR_BODY; bit <<= 1)
		if (bit != SMFIP_NR_DATA && bit != SMFIP_NR_UNKN)
			replies += !(m.steps & bit);
	replies += m.steps & SMFIP_NR_HDR ? 0 : 2;
	for (size_t i = 0; i < replies; i++)
		expect(r, &m, "c[]");
	got = mta_answers(&m, r->arena, 5000);
	assert_true(str_iends(got, STR("a[]")));
	for (size_t i = 0; i + 1 < got.n; i++)
		edits += got.p[i + 1] == '[' && memchr("mi+-", got.p[i], 4);
	assert_int_equal(edits, (m.actions & 0x10 ? 2u : 0u) + (m.actions & 1) +
					(m.actions >> 2 & 1) + (m.actions >> 3 & 1));
	assert_int_equal(str_find(got, STR("Results| mx")) != SIZE_MAX,
			 (m.actions & 1) && (m.steps & SMFIP_HDR_LEADSPC));
	mta_close(&m);
}

static void test_negotiate_matrix(void **state)
{
	static const uint32_t rights[] = { 0, 0x01, 0x10, 0x3f, 0x1ff, 0x1ef };
	struct rig r;
	(void)state;

	rig_start(&r, NULL);
	for (uint32_t version = 2; version <= 7; version++)
		for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
			one_negotiation(&r, version, rights[i], ALL);
			one_negotiation(&r, version, rights[i], 0);
			for (unsigned bit = 0; bit < 21; bit++)
				one_negotiation(&r, version, rights[i], 1u << bit);
		}
	assert_true(milter_stats(r.m)->undone > 0);
	await_sessions(&r, 0);
	rig_stop(&r);
}

static void test_bad_offers(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
	} t[] = {
		{ "\0\0\0\1O", 5 },
		{ "\0\0\0\15O\0\0\0\1\0\0\0\0\0\0\0\0", 17 }, /* version 1 */
		{ "\0\0\0\15O\0\0\0\0\0\0\0\0\0\0\0\0", 17 },
		{ "\0\0\0\3Hx\0", 7 }, /* no offer at all */
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
		{ "\0\0\0\0", 4 },
		{ "\xff\xff\xff\xffO", 5 },
	};
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		mta_open(&m, r.loop, r.path);
		packet_add(&m.out, str_of(t[i].octets, t[i].n));
		mta_send(&m);
		expect(&r, &m, "closed");
		mta_close(&m);
	}
	assert_int_equal(milter_stats(r.m)->protocol_errors, sizeof t / sizeof *t);
	rig_stop(&r);
}

/* What scans are told, macros before and after the queue id is known included. */
static void test_events(void **state)
{
	static const char *const at_connect[] = { "j",	     "mx", "{tls_version}",
						  "TLSv1.3", "v",  "Postfix 3.7.11",
						  NULL };
	static const char *const at_mail[] = { "{auth_authen}", "joe", "{x}", "y", NULL };
	static const char *const at_rcpt[] = { "i", "4ABC", NULL };
	static const char *const again[] = { "i", "4DEF", "{tls_version}", "", NULL };
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	mta_open(&m, r.loop, r.path);
	mta_optneg(&m, 6, 0x1ff, ALL);
	mta_macros(&m, SMFIC_CONNECT, at_connect);
	mta_connect(&m, "h", SMFIA_INET6, "IPv6:2001:db8::1");
	mta_string(&m, SMFIC_HELO, "a.example");
	mta_macros(&m, SMFIC_MAIL, at_mail);
	mta_packet(&m, SMFIC_MAIL, str_of("<a@b>\0SIZE=10\0", 14));
	mta_macros(&m, SMFIC_RCPT, at_rcpt);
	mta_string(&m, SMFIC_RCPT, "<c@d>");
	mta_macros(&m, SMFIC_EOH, at_rcpt);
	mta_header(&m, "A", " b\n\tc");
	mta_packet(&m, SMFIC_EOH, STR(""));
	mta_packet(&m, SMFIC_BODY, STR("12345"));
	mta_packet(&m, SMFIC_BODYEOB, STR("678"));
	mta_macros(&m, SMFIC_MAIL, again);
	mta_string(&m, SMFIC_MAIL, "<>");
	mta_string(&m, SMFIC_RCPT, "<e@f>");
	mta_packet(&m, SMFIC_BODYEOB, STR(""));
	mta_send(&m);
	assert_int_equal(mta_get_optneg(&m, 5000), MTA_PACKET);
	m.owed = 3; /* CONNECT, MAIL, MAIL */
	expect(&r, &m, "a[]");
	expect(&r, &m, "a[]");
	assert_str(buf_str(&r.fake.log),
		   "new 2001:db8::1; tls TLSv1.3; mta Postfix 3.7.11; host h; helo a.example; "
		   "tls TLSv1.3; auth joe; mail <a@b>; id 4ABC; rcpt <c@d>; header A; =  b\n\tc; "
		   "eoh ; eom 8; "
		   "new 2001:db8::1; tls TLSv1.3; mta Postfix 3.7.11; host h; helo a.example; "
		   "tls TLSv1.3; id 4DEF; mail <>; rcpt <e@f>; eoh ; eom 0");
	mta_close(&m);
	rig_stop(&r);
}

/* A client says HELO again after STARTTLS: under the same name nothing is begun anew. */
static void test_helo_again(void **state)
{
	static const char *const tls[] = { "{tls_version}", "TLSv1.3", NULL };
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &m);
	mta_macros(&m, SMFIC_HELO, tls);
	mta_string(&m, SMFIC_HELO, "client.example");
	mta_message(&m, "<a@b>", NULL);
	mta_send(&m);
	expect(&r, &m, "a[]");
	assert_int_equal(r.fake.made, 1);
	mta_string(&m, SMFIC_HELO, "one.example");
	mta_string(&m, SMFIC_HELO, "two.example");
	mta_message(&m, "<a@b>", NULL);
	mta_send(&m);
	expect(&r, &m, "a[]");
	assert_str(
		buf_str(&r.fake.log),
		"new 192.0.2.1; host client.example; helo client.example; tls TLSv1.3; "
		"mail <a@b>; rcpt <to@example.org>; header Subject; =  a message; eoh ; eom 12; "
		"new 192.0.2.1; tls TLSv1.3; host client.example; helo one.example; "
		"new 192.0.2.1; tls TLSv1.3; host client.example; helo two.example; tls TLSv1.3; "
		"mail <a@b>; rcpt <to@example.org>; header Subject; =  a message; eoh ; eom 12");
	mta_close(&m);
	rig_stop(&r);
}

/* ---- order ---- */

static void test_abort_anywhere(void **state)
{
	static const char steps[] = "MRTLNB";
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &m);
	for (size_t n = 0; n <= 6; n++) {
		for (size_t i = 0; i < n; i++) {
			if (steps[i] == 'L')
				mta_header(&m, "A", " b");
			else
				mta_string(&m, steps[i], "<x@y>");
		}
		m.owed += n > 0; /* of MAIL */
		mta_packet(&m, SMFIC_ABORT, STR(""));
		mta_message(&m, "<after@b>", NULL);
		mta_send(&m);
		expect(&r, &m, "a[]");
		assert_int_equal(r.fake.live, 0);
	}
	assert_int_equal(milter_stats(r.m)->aborted, 6);
	mta_close(&m);
	rig_stop(&r);
}

static void test_disconnect_anywhere(void **state)
{
	static const char steps[] = "OCHMRTLNBE";
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	for (size_t n = 0; n <= 10; n++) {
		mta_open(&m, r.loop, r.path);
		for (size_t i = 0; i < n; i++) {
			if (steps[i] == 'O')
				mta_optneg(&m, 6, 0x1ff, ALL);
			else if (steps[i] == 'C')
				mta_connect(&m, "h", '4', "192.0.2.1");
			else if (steps[i] == 'L')
				mta_header(&m, "X-Do", " hold");
			else
				mta_string(&m, steps[i], "x");
		}
		mta_send(&m);
		await_sessions(&r, 1);
		turn_for(&r, 10);
		mta_close(&m);
		await_sessions(&r, 0);
		assert_int_equal(r.fake.live, 0);
		assert_int_equal(milter_stats(r.m)->scanning, 0);
	}
	rig_stop(&r);
}

/* A whole session in one octet a time, and all of it at once with the end behind it. */
static void test_splits(void **state)
{
	struct rig r;
	struct mta m;
	(void)state;

	rig_start(&r, NULL);
	for (size_t step = 1; step < 40; step += 6) {
		open_hello(&r, &m);
		mta_message(&m, "<a@b>", " edits");
		mta_send_slowly(&m, step);
		expect(&r, &m, EDITS "a[]");
		mta_close(&m);
	}
	mta_open(&m, r.loop, r.path);
	mta_optneg(&m, 6, 0x1ff, ALL);
	mta_connect(&m, "h", '4', "192.0.2.1");
	m.steps = ALL & ~(uint32_t)(SMFIP_NR_CONN | SMFIP_NR_MAIL);
	m.owed = 1;
	for (int i = 0; i < 50; i++)
		mta_message(&m, "<a@b>", i % 3 ? " later" : NULL);
	mta_packet(&m, SMFIC_QUIT, STR(""));
	mta_send(&m);
	assert_int_equal(mta_get_optneg(&m, 5000), MTA_PACKET);
	for (int i = 0; i < 50; i++)
		expect(&r, &m, "a[]");
	expect(&r, &m, "closed");
	mta_close(&m);
	rig_stop(&r);
}

/* A client that goes on sending while its verdict is waited for is held back, and nothing is lost.
 */
static void test_held_back(void **state)
{
	struct rig r;
	struct mta m;
	char *big = calloc(1, 300000);
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &m);
	mta_message(&m, "<a@b>", " hold");
	mta_send(&m);
	turn_for(&r, 20);
	assert_int_equal(r.fake.nheld, 1);
	mta_string(&m, SMFIC_MAIL, "<c@d>");
	mta_string(&m, SMFIC_RCPT, "<c@d>");
	mta_packet(&m, SMFIC_EOH, STR(""));
	mta_packet(&m, SMFIC_BODY, str_of(big, 150000));
	mta_send(&m);
	turn_for(&r, 20);
	fake_release(&r.fake, 0);
	expect(&r, &m, "a[]");
	m.owed++;
	mta_packet(&m, SMFIC_BODYEOB, str_of(big, 150000));
	mta_send(&m);
	expect(&r, &m, "a[]");
	assert_true(str_iends(buf_str(&r.fake.log), STR("eom 300000")));
	mta_close(&m);
	free(big);
	rig_stop(&r);
}

/* LIMITS 5.17: the memory of a message is gone with it. */
static void test_thousand_messages(void **state)
{
	struct rig r;
	struct mta m;
	size_t before = 0;
	(void)state;

	rig_start(&r, NULL);
	r.fake.arena = NULL;
	open_hello(&r, &m);
	for (int i = 0; i < 1000; i++) {
		if (i == 100)
			before = mallinfo2().uordblks;
		mta_message(&m, "<a@b>", i % 2 ? " edits" : " later");
		mta_send(&m);
		arena_reset(r.arena);
		expect(&r, &m, i % 2 ? EDITS "a[]" : "a[]");
	}
	arena_reset(r.arena);
	assert_true(mallinfo2().uordblks <= before + 4096);
	assert_int_equal(r.fake.made, 1000);
	assert_int_equal(milter_stats(r.m)->messages, 1000);
	mta_close(&m);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_replaced_body),
		cmocka_unit_test(test_negotiate_matrix),
		cmocka_unit_test(test_bad_offers),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_helo_again),
		cmocka_unit_test(test_abort_anywhere),
		cmocka_unit_test(test_disconnect_anywhere),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_thousand_messages),
	};

	assert_int_equal(
		log_open(&(struct log_config){ .level = LOG_LVL_ERROR, .target = "stderr" }, NULL),
		0);
	return cmocka_run_group_tests_name("milter/wire", tests, NULL, NULL);
}
