/* Tests of the wire engine against an MTA of our own: order, limits, faults, time, ends. */
#include "lib/test.h"

#include <fcntl.h>
#include <libmilter/mfdef.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fake_scan.h"
#include "lib/mta.h"
#include "milter/bind.h"
#include "milter/wire.h"

#define ALL 0x1fffffu /* SMFIP_* of version 6 */

/* An engine on a loop of its own, with scans that obey the message. */
struct rig {
	char dir[64], path[128], socket[160];
	struct arena *arena;
	struct loop *loop;
	struct fake fake;
	struct scan_env env;
	struct milter_listener l;
	struct milter_config cfg;
	struct milter *m;
	bool drained;
};

static void rig_start(struct rig *r, const struct milter_config *cfg)
{
	struct err e = { "" };

	*r = (struct rig){ .cfg = cfg ? *cfg : (struct milter_config){ 0 } };
	snprintf(r->dir, sizeof r->dir, "/tmp/merlon-wire-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof r->path, "%s/s", r->dir);
	snprintf(r->socket, sizeof r->socket, "unix:%s", r->path);
	r->arena = arena_new(0);
	r->fake.log.arena = r->fake.arena = r->arena;
	r->loop = loop_new();
	fake_env(&r->fake, r->loop, &r->env);
	r->l = (struct milter_listener){ .socket = str_c(r->socket),
					 .profile = STR("inbound"),
					 .mode = 0660,
					 .where = "test",
					 .backlog = 4096,
					 .fd = -1 };
	if (bind_listen(&r->l, &e) < 0)
		fail_msg("%s", e.text);
	if (!cfg)
		r->cfg = (struct milter_config){ .timeout_command = 60000,
						 .timeout_content = 300000,
						 .progress = 10000,
						 .max_sessions = 2000,
						 .max_scanning = 64,
						 .queue = 256 };
	r->m = wire_start(&r->env, &r->cfg, &r->l, 1, &e);
	assert_non_null(r->m);
}

static void rig_stop(struct rig *r)
{
	milter_free(r->m);
	assert_int_equal(r->fake.live, 0);
	loop_free(r->loop);
	milter_unbind(&r->l, true);
	assert_int_equal(rmdir(r->dir), 0);
	arena_free(r->arena);
}

static void turn_for(struct rig *r, uint64_t ms)
{
	uint64_t end = clock_mono_ms() + ms;

	while (clock_mono_ms() < end)
		loop_turn(r->loop, 5);
}

/* Turns until there are n sessions. */
static void await_sessions(struct rig *r, size_t n)
{
	uint64_t end = clock_mono_ms() + 5000;

	while (milter_stats(r->m)->sessions != n && clock_mono_ms() < end)
		loop_turn(r->loop, 5);
	assert_int_equal(milter_stats(r->m)->sessions, n);
}

static void open_hello(struct rig *r, struct mta *m)
{
	mta_open(m, r->loop, r->path);
	mta_hello(m);
}

static void expect(struct rig *r, struct mta *m, const char *text)
{
	assert_str(mta_answers(m, r->arena, 5000), text);
}

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
	static const char *const at_connect[] = { "j", "mx", "{tls_version}", "TLSv1.3", NULL };
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
		   "new 2001:db8::1; tls TLSv1.3; host h; helo a.example; tls TLSv1.3; auth joe; "
		   "mail <a@b>; id 4ABC; rcpt <c@d>; header A; =  b\n\tc; eoh ; eom 8; "
		   "new 2001:db8::1; tls TLSv1.3; host h; helo a.example; tls TLSv1.3; id 4DEF; "
		   "mail <>; rcpt <e@f>; eoh ; eom 0");
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

/* ---- limits ---- */

static void test_big_packets(void **state)
{
	static const struct {
		char cmd;
		size_t n;
		const char *answer;
	} t[] = {
		{ SMFIC_BODY, 1024 * 1024, "silent" },	    { SMFIC_HEADER, 1024 * 1024, "silent" },
		{ SMFIC_HEADER, PACKET_MAX - 1, "silent" }, { SMFIC_HEADER, PACKET_MAX, "closed" },
		{ SMFIC_BODY, PACKET_MAX, "closed" },
	};
	char *big = malloc(PACKET_MAX);
	struct rig r;
	struct mta m;
	(void)state;

	memset(big, 'x', PACKET_MAX);
	rig_start(&r, NULL);
	r.fake.arena = NULL;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		open_hello(&r, &m);
		mta_string(&m, SMFIC_MAIL, "<a@b>");
		m.owed++;
		mta_string(&m, SMFIC_RCPT, "<a@b>");
		mta_packet(&m, t[i].cmd, str_of(big, t[i].n));
		mta_send(&m);
		assert_str(mta_answers(&m, r.arena, 50), t[i].answer);
		mta_close(&m);
	}
	free(big);
	rig_stop(&r);
}

static void test_garbage(void **state)
{
	struct rig r;
	struct mta m;
	unsigned seed = 1;
	(void)state;

	rig_start(&r, NULL);
	for (int i = 0; i < 300; i++) {
		open_hello(&r, &m);
		mta_message(&m, "<a@b>", " edits");
		for (int k = 0; k < 4; k++) {
			seed = seed * 1103515245 + 12345;
			m.out.p[seed / 65536 % m.out.n] ^= (char)(1 << (i + k) % 8);
		}
		mta_send(&m);
		(void)mta_answers(&m, r.arena, 2);
		mta_close(&m);
	}
	await_sessions(&r, 0);
	rig_stop(&r);
}

static const struct milter_config small = { .timeout_command = 200,
					    .timeout_content = 400,
					    .progress = 60,
					    .max_sessions = 5,
					    .max_scanning = 3,
					    .queue = 2 };

static void test_session_limit(void **state)
{
	struct rig r;
	struct mta m[7];
	(void)state;

	rig_start(&r, &small);
	for (size_t i = 0; i < 5; i++)
		open_hello(&r, &m[i]);
	mta_open(&m[5], r.loop, r.path);
	expect(&r, &m[5], "closed");
	mta_close(&m[5]);
	assert_int_equal(milter_stats(r.m)->refused, 1);
	mta_close(&m[0]);
	await_sessions(&r, 4);
	open_hello(&r, &m[6]);
	mta_close(&m[6]);
	for (size_t i = 1; i < 5; i++)
		mta_close(&m[i]);
	await_sessions(&r, 0);
	rig_stop(&r);
}

/* Three are judged at a time, two wait, the sixth is put off; turns are taken in order. */
static void test_scanning_limit(void **state)
{
	struct milter_config cfg = small;
	struct rig r;
	struct mta m[6];
	(void)state;

	cfg.max_sessions = 10;
	cfg.timeout_command = cfg.timeout_content = cfg.progress = 60000;
	rig_start(&r, &cfg);
	for (size_t i = 0; i < 6; i++) {
		open_hello(&r, &m[i]);
		mta_message(&m[i], "<a@b>", i == 4 ? " reject" : " hold");
		mta_send(&m[i]);
		turn_for(&r, 5);
	}
	expect(&r, &m[5], "y[451 4.3.2 Too busy, try again later|]");
	assert_int_equal(milter_stats(r.m)->overloaded, 1);
	assert_int_equal(r.fake.nheld, 3);
	assert_int_equal(milter_stats(r.m)->scanning, 3);
	mta_close(&m[1]); /* one that goes away makes room */
	turn_for(&r, 20);
	assert_int_equal(r.fake.nheld, 3);
	fake_release(&r.fake, 0);
	expect(&r, &m[4], "y[550 5.7.1 Message refused|]");
	while (r.fake.nheld)
		fake_release(&r.fake, 0);
	expect(&r, &m[0], "a[]");
	expect(&r, &m[2], "a[]");
	expect(&r, &m[3], "a[]");
	assert_int_equal(r.fake.peak, 3);
	assert_int_equal(milter_stats(r.m)->scanning, 0);
	for (size_t i = 0; i < 6; i++)
		if (i != 1)
			mta_close(&m[i]);
	rig_stop(&r);
}

static void test_queue_disconnect(void **state)
{
	struct milter_config cfg = small;
	struct rig r;
	struct mta m[5];
	(void)state;

	cfg.timeout_command = cfg.timeout_content = cfg.progress = 60000;
	rig_start(&r, &cfg);
	for (size_t i = 0; i < 5; i++) {
		open_hello(&r, &m[i]);
		mta_message(&m[i], "<a@b>", " hold");
		mta_send(&m[i]);
		turn_for(&r, 5);
	}
	for (size_t i = 5; i-- > 0;) {
		mta_close(&m[i]);
		await_sessions(&r, i);
	}
	assert_int_equal(milter_stats(r.m)->scanning, 0);
	assert_int_equal(milter_stats(r.m)->aborted, 5);
	rig_stop(&r);
}

/* LIMITS 5.13: with no descriptors left nobody spins, and it goes on when there are some again. */
static void test_no_descriptors(void **state)
{
	struct rlimit old, none;
	struct rig r;
	struct mta m[3];
	int top;
	uint64_t cpu;
	(void)state;

	rig_start(&r, NULL);
	mta_open(&m[0], r.loop, r.path);
	mta_open(&m[1], r.loop, r.path);
	mta_open(&m[2], r.loop, r.path);
	top = dup(0);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)top;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	cpu = clock_cpu_us();
	turn_for(&r, 350);
	cpu = clock_cpu_us() - cpu;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(cpu < 200000);
	assert_int_equal(milter_stats(r.m)->sessions, 0);
	assert_true(milter_stats(r.m)->refused >= 1);
	for (size_t i = 0; i < 3; i++)
		mta_close(&m[i]);
	turn_for(&r, 250);
	open_hello(&r, &m[0]);
	mta_close(&m[0]);
	rig_stop(&r);
}

/* ---- time ---- */

static uint64_t closed_after(struct rig *r, struct mta *m)
{
	uint64_t start = clock_mono_ms();

	expect(r, m, "closed");
	mta_close(m);
	return clock_mono_ms() - start;
}

static void test_timeouts(void **state)
{
	struct rig r;
	struct mta m;
	uint64_t ms;
	(void)state;

	rig_start(&r, &small);
	mta_open(&m, r.loop, r.path); /* says nothing */
	ms = closed_after(&r, &m);
	assert_in_range(ms, 100, 390);
	open_hello(&r, &m); /* up to HELO */
	ms = closed_after(&r, &m);
	assert_in_range(ms, 100, 390);
	open_hello(&r, &m); /* in content */
	mta_string(&m, SMFIC_MAIL, "<a@b>");
	m.owed++;
	mta_string(&m, SMFIC_RCPT, "<a@b>");
	mta_header(&m, "A", " b");
	mta_send(&m);
	ms = closed_after(&r, &m);
	assert_in_range(ms, 390, 800);
	assert_int_equal(milter_stats(r.m)->timeouts, 3);
	rig_stop(&r);
}

/* LIMITS 5.12: an octet now and then does not keep a session alive; complete commands do. */
static void test_drip(void **state)
{
	struct milter_config cfg = small;
	struct rig r;
	struct mta m;
	(void)state;

	cfg.timeout_command = 500;
	rig_start(&r, &cfg);
	open_hello(&r, &m);
	for (int i = 0; i < 8; i++) {
		mta_string(&m, SMFIC_HELO, "again");
		mta_send(&m);
		turn_for(&r, 100);
	}
	assert_int_equal(milter_stats(r.m)->sessions, 1);
	mta_string(&m, SMFIC_HELO, "slowly");
	for (size_t i = 0; i < 6; i++) {
		(void)!send(m.fd, m.out.p + i, 1, MSG_NOSIGNAL);
		turn_for(&r, 160);
	}
	assert_int_equal(milter_stats(r.m)->sessions, 0);
	mta_close(&m);
	rig_stop(&r);
}

static void test_progress(void **state)
{
	struct rig r;
	struct mta m;
	struct str got;
	(void)state;

	rig_start(&r, &small);
	open_hello(&r, &m);
	mta_message(&m, "<a@b>", " hold");
	mta_send(&m);
	turn_for(&r, 600); /* longer than any time-out */
	assert_int_equal(r.fake.nheld, 1);
	fake_release(&r.fake, 0);
	got = mta_answers(&m, r.arena, 1000);
	assert_true(str_starts(got, STR("p[] p[] p[]")));
	assert_true(str_iends(got, STR(" a[]")));
	mta_close(&m);
	rig_stop(&r);
}

/* ---- the end ---- */

static void drained(void *arg)
{
	((struct rig *)arg)->drained = true;
}

static void test_drain(void **state)
{
	struct rig r;
	struct mta held, open, new;
	(void)state;

	rig_start(&r, NULL);
	open_hello(&r, &open);
	open_hello(&r, &held);
	mta_message(&held, "<a@b>", " hold");
	mta_send(&held);
	turn_for(&r, 20);
	milter_drain(r.m, 60000, drained, &r);
	mta_open(&new, r.loop, r.path); /* stays in the backlog for another worker */
	turn_for(&r, 50);
	assert_int_equal(milter_stats(r.m)->sessions, 2);
	mta_message(&open, "<a@b>", NULL); /* who was there may go on */
	mta_send(&open);
	expect(&r, &open, "a[]");
	fake_release(&r.fake, 0);
	expect(&r, &held, "a[]");
	assert_false(r.drained);
	mta_close(&open);
	mta_close(&held);
	turn_for(&r, 300);
	assert_true(r.drained);
	mta_close(&new);
	rig_stop(&r);
}

static void test_drain_grace(void **state)
{
	struct rig r;
	struct mta held, open, mute;
	(void)state;

	rig_start(&r, NULL);
	mta_open(&mute, r.loop, r.path);
	open_hello(&r, &open);
	open_hello(&r, &held);
	mta_message(&held, "<a@b>", " hold");
	mta_send(&held);
	turn_for(&r, 20);
	milter_drain(r.m, 60000, drained, &r);
	turn_for(&r, WIRE_LINGER + 200);
	assert_int_equal(milter_stats(r.m)->sessions, 2); /* who never spoke is gone */
	milter_drain(r.m, 50, drained, &r);		  /* hurry */
	turn_for(&r, 300);
	assert_true(r.drained);
	expect(&r, &held, "t[]");
	expect(&r, &open, "closed");
	mta_close(&mute);
	mta_close(&open);
	mta_close(&held);
	rig_stop(&r);
}

/* ---- sockets ---- */

static void test_unix_socket(void **state)
{
	struct rig r;
	struct stat st;
	struct err e = { "" };
	struct milter_listener other;
	(void)state;

	rig_start(&r, NULL);
	assert_int_equal(stat(r.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	other = r.l;
	assert_int_equal(bind_listen(&other, &e), -1); /* somebody answers there */
	assert_non_null(strstr(e.text, "in use"));
	close(r.l.fd); /* a crash: the file stays, nobody answers */
	r.l.fd = -1;
	milter_free(r.m);
	other = r.l;
	assert_int_equal(bind_listen(&other, &e), 0);
	milter_unbind(&r.l, true); /* not ours any more */
	assert_int_equal(stat(r.path, &st), 0);
	milter_unbind(&other, true);
	assert_int_equal(stat(r.path, &st), -1);
	close(open(r.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)); /* not a socket */
	assert_int_equal(bind_listen(&other, &e), -1);
	assert_int_equal(unlink(r.path), 0);
	other.group = STR("no such group");
	assert_int_equal(bind_listen(&other, &e), -1);
	assert_non_null(strstr(e.text, "no such group"));
	loop_free(r.loop);
	assert_int_equal(rmdir(r.dir), 0);
	arena_free(r.arena);
}

/* The bar is 16 KiB for an idle connection, scan and all; the part of this room is small. */
static void test_idle_memory(void **state)
{
	static struct mta m[500];
	struct rig r;
	size_t before;
	(void)state;

	rig_start(&r, NULL);
	r.fake.arena = NULL;
	for (size_t i = 0; i < 500; i++)
		mta_open(&m[i], r.loop, r.path);
	before = mallinfo2().uordblks;
	for (size_t i = 0; i < 500; i++) {
		mta_hello(&m[i]);
		packet_out_fini(&m[i].in);
		packet_out_fini(&m[i].out);
		m[i].off = 0;
	}
	await_sessions(&r, 500);
	assert_true((mallinfo2().uordblks - before) / 500 < 4096);
	for (size_t i = 0; i < 500; i++)
		mta_close(&m[i]);
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
		cmocka_unit_test(test_abort_anywhere),
		cmocka_unit_test(test_disconnect_anywhere),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_thousand_messages),
		cmocka_unit_test(test_big_packets),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_session_limit),
		cmocka_unit_test(test_scanning_limit),
		cmocka_unit_test(test_queue_disconnect),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_grace),
		cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_idle_memory),
	};

	assert_int_equal(
		log_open(&(struct log_config){ .level = LOG_LVL_ERROR, .target = "stderr" }, NULL),
		0);
	return cmocka_run_group_tests_name("milter/wire", tests, NULL, NULL);
}
