/* Tests of the wire engine under pressure: limits, time-outs, faults, drain, sockets
 * (LIMITS 5.12, 5.13). */
#include "rig.h"

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
#include "milter/bind.h"

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
		cmocka_unit_test(test_big_packets),	 cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_session_limit),	 cmocka_unit_test(test_scanning_limit),
		cmocka_unit_test(test_queue_disconnect), cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_timeouts),	 cmocka_unit_test(test_drip),
		cmocka_unit_test(test_progress),	 cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_grace),	 cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_idle_memory),
	};

	assert_int_equal(
		log_open(&(struct log_config){ .level = LOG_LVL_ERROR, .target = "stderr" }, NULL),
		0);
	return cmocka_run_group_tests_name("milter/limits", tests, NULL, NULL);
}
