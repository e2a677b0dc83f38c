/* The reporter over a store in memory, a zone, and a relay that takes, refuses, or is not there:
 * what is sent, what is not, and what is remembered of it. */
#include "control/report/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/report/batch.h"
#include "control/report/gather.h"
#include "control/report/outbox.h"
#include "control/report/reporter.h"
#include "control/report/send.h"
#include "control/report/suppress.h"
#include "io/loop.h"
#include "lib/serve.h"
#include "lib/test.h"
#include "lib/zone_resolver.h"

/* ---- the relay: what it says to RCPT, and how many messages it took, as the size of a file ----
 */

struct relay {
	const char *rcpt;
	const char *greeting;	     /* NULL: one that goes on */
	bool hangs_rcpt, hangs_data; /* never answers RCPT of "hang...", or the message */
	char path[64];
};

/* Until the other side has gone. */
static void hang(int fd)
{
	char c;

	while (read(fd, &c, 1) > 0)
		continue;
}

static void relay(int fd, unsigned n, void *arg)
{
	const struct relay *r = arg;
	char line[65536];
	FILE *f;

	(void)n;
	serve_say(fd, r->greeting ? r->greeting : "220 x\r\n");
	while (serve_read(fd, line, sizeof line, "\r\n")) {
		if (r->hangs_rcpt && strstr(line, "RCPT TO:<hang"))
			hang(fd);
		if (strncmp(line, "DATA", 4) == 0) {
			serve_say(fd, "354 go\r\n");
			serve_read(fd, line, sizeof line, "\r\n.\r\n");
			f = fopen(r->path, "a");
			if (!f || fputc('x', f) == EOF || fclose(f) != 0)
				_exit(1);
			if (r->hangs_data)
				hang(fd);
			serve_say(fd, "250 taken\r\n");
		} else {
			serve_say(fd, strncmp(line, "RCPT", 4) == 0 ? r->rcpt : "250 ok\r\n");
		}
	}
}

static size_t taken(const struct relay *r)
{
	struct stat st;

	return stat(r->path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* ---- the world ---- */

struct world {
	struct arena *arena;
	struct loop *loop;
	struct store *store;
	struct zone *zone;
	struct resolver *resolver;
	struct relay relay;
	struct serve server;
	struct report_settings settings;
	struct reporter_sum sum;
	bool told;
};

static void open_world_of(struct world *w, const char *rcpt, struct relay how)
{
	struct zone_resolver_config z;

	*w = (struct world){ .arena = arena_new(0), .loop = loop_new(), .zone = zone_new() };
	w->store = store_memory(w->loop);
	zone_text(w->zone, "_dmarc.example.com TXT \"v=DMARC1; p=none\"\n"
			   "example.com._report._dmarc.given.example TXT \"v=DMARC1\"\n"
			   "example.com._report._dmarc.down.example FAULT SERVFAIL\n");
	z = (struct zone_resolver_config){ .zone = w->zone };
	w->resolver = zone_resolver_new(w->loop, &z);
	w->relay.rcpt = rcpt;
	w->relay.greeting = how.greeting;
	w->relay.hangs_rcpt = how.hangs_rcpt;
	w->relay.hangs_data = how.hangs_data;
	snprintf(w->relay.path, sizeof w->relay.path, "/tmp/merlon-relay-%d", (int)getpid());
	unlink(w->relay.path);
	w->server = serve_tcp(relay, &w->relay);
	w->settings = (struct report_settings){
		.use = true,
		.org = STR("x"),
		.email = STR("dmarc@mx.example"),
		.bounce = STR("dmarc@mx.example"),
		.submitter = STR("mx.example"),
		.from_domain = STR("mx.example"),
		.max_size = 10u << 20,
		.retry_ms = 1000,
		.retries = 2,
		.suppress_ms = 3600 * 1000,
		.relay = { .host = STR("127.0.0.1"),
			   .port = w->server.port,
			   .helo = STR("mx.example"),
			   .timeout_ms = 5000 },
	};
}

static void open_world(struct world *w, const char *rcpt)
{
	open_world_of(w, rcpt, (struct relay){ 0 });
}

static void close_world(struct world *w)
{
	serve_stop(&w->server);
	unlink(w->relay.path);
	store_free(w->store);
	resolver_free(w->resolver);
	zone_free(w->zone);
	loop_free(w->loop);
	arena_free(w->arena);
}

static void add_due(struct world *w, const char *id, const char *rua, int64_t due)
{
	struct job j = { .id = str_c(id),
			 .domain = STR("example.com"),
			 .rua = str_c(rua),
			 .made = clock_wall(),
			 .due = due };
	struct store_op op[OUTBOX_OPS];
	size_t n = job_write(w->arena, &j, STR("Subject: x\r\n\r\nx\r\n"), op);

	store_wait(w->store, w->arena, op, n, 0);
}

static void add(struct world *w, const char *id, const char *rua)
{
	add_due(w, id, rua, 0);
}

static void told(void *arg, const struct reporter_sum *s)
{
	struct world *w = arg;

	w->sum = *s;
	w->told = true;
}

static void run(struct world *w)
{
	struct reporter_args args = { .loop = w->loop,
				      .store = w->store,
				      .resolver = w->resolver,
				      .settings = &w->settings,
				      .ended = clock_wall(),
				      .told = told,
				      .arg = w };
	struct reporter *r = reporter_new(&args);

	w->told = false;
	while (!w->told)
		loop_turn(w->loop, 1000);
	reporter_free(r);
}

static struct job job(struct world *w, const char *id)
{
	struct store_op op = { .kind = STORE_GET, .key = job_key(w->arena, str_c(id)) };
	const struct store_answer *a = store_wait(w->store, w->arena, &op, 1, 0);
	struct job j;

	assert_int_equal(a->status, STORE_OK);
	assert_true(job_parse(a->value, &j));
	return j;
}

static void assert_goal(struct world *w, const char *id, size_t i, enum goal_state state)
{
	struct job j = job(w, id);

	assert_true(i < j.ngoals);
	if (j.goal[i].state != state)
		fail_msg("%s %zu: %s, %.*s", id, i, goal_word(j.goal[i].state),
			 STR_ARG(j.goal[i].why));
}

/* ---- */

static void sent(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "250 ok\r\n");
	add(&w, "a1", "mailto:a@example.com,mailto:b@given.example,mailto:c@never.example");
	add(&w, "a2", "mailto:a@example.com");
	add(&w, "a1", "mailto:other@example.com"); /* the first write of an id stays */
	run(&w);
	assert_true(w.sum.lease && w.sum.store && w.sum.relay);
	assert_int_equal(w.sum.sent, 3);
	assert_int_equal(w.sum.waiting, 0);
	assert_int_equal(taken(&w.relay), 3);
	assert_goal(&w, "a1", 0, GOAL_SENT);
	assert_goal(&w, "a1", 1, GOAL_SENT);
	assert_goal(&w, "a1", 2, GOAL_NO_CONSENT);
	run(&w); /* and never again */
	assert_int_equal(w.sum.sent, 0);
	assert_int_equal(taken(&w.relay), 3);
	close_world(&w);
}

static void refused(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, "550 5.1.1 nobody\r\n");
	add(&w, "b1", "mailto:a@example.com");
	add(&w, "b2", "mailto:A@Example.com");
	run(&w);
	assert_goal(&w, "b1", 0, GOAL_REFUSED);
	assert_goal(&w, "b2", 0, GOAL_SUPPRESSED);
	assert_int_equal(taken(&w.relay), 0);
	close_world(&w);
}

/* 4xx: so many retries, each further off than the one before; then it is given up. */
static void later(void **state)
{
	struct world w;
	int64_t before = 0;

	(void)state;
	open_world(&w, "450 later\r\n");
	add(&w, "c1", "mailto:a@example.com");
	for (unsigned i = 1; i <= 2; i++) {
		struct job j;

		run(&w);
		assert_int_equal(w.sum.waiting, 1);
		j = job(&w, "c1");
		assert_int_equal(j.goal[0].state, GOAL_WAITS);
		assert_int_equal(j.goal[0].attempts, i);
		assert_true(j.goal[0].due - clock_wall() >= before);
		before = 3;
	}
	run(&w);
	assert_goal(&w, "c1", 0, GOAL_GIVEN_UP);
	assert_int_equal(w.sum.waiting, 0);
	close_world(&w);
}

/* A relay that is not there costs no attempt and suppresses nobody. */
static void no_relay(void **state)
{
	struct world w;
	struct job j;

	(void)state;
	open_world(&w, "250 ok\r\n");
	w.settings.relay.port = serve_nobody();
	add(&w, "d1", "mailto:a@example.com");
	run(&w);
	assert_false(w.sum.relay);
	j = job(&w, "d1");
	assert_int_equal(j.goal[0].state, GOAL_WAITS);
	assert_int_equal(j.goal[0].attempts, 0);
	w.settings.relay.port = w.server.port;
	run(&w);
	assert_goal(&w, "d1", 0, GOAL_SENT);
	close_world(&w);
}

/* One that has no time for anybody, or does not let us in: no attempt of an address either. */
static void no_entry(void **state)
{
	static const char *const greeting[] = { "421 busy\r\n", "554 go away\r\n" };
	struct world w;
	struct job j;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_world_of(&w, "250 ok\r\n", (struct relay){ .greeting = greeting[i] });
		add(&w, "i1", "mailto:a@example.com");
		run(&w);
		assert_false(w.sum.relay);
		j = job(&w, "i1");
		assert_int_equal(j.goal[0].state, GOAL_WAITS);
		assert_int_equal(j.goal[0].attempts, 0);
		close_world(&w);
	}
}

/* A relay that has the message and does not say so may have sent it: such attempts end some time.
 */
static void no_word(void **state)
{
	struct world w;
	struct job j;

	(void)state;
	open_world_of(&w, "250 ok\r\n", (struct relay){ .hangs_data = true });
	w.settings.relay.timeout_ms = 1000;
	w.settings.retry_ms = 600000;
	add(&w, "k1", "mailto:a@example.com");
	for (unsigned i = 1; i <= 2; i++) {
		run(&w);
		j = job(&w, "k1");
		assert_int_equal(j.goal[0].state, GOAL_WAITS);
		assert_int_equal(j.goal[0].attempts, i);
	}
	run(&w);
	assert_goal(&w, "k1", 0, GOAL_GIVEN_UP);
	assert_int_equal(taken(&w.relay), 3);
	close_world(&w);
}

/* An address on which the relay hangs keeps no other report waiting. */
static void hung(void **state)
{
	struct world w;

	(void)state;
	open_world_of(&w, "250 ok\r\n", (struct relay){ .hangs_rcpt = true });
	w.settings.relay.timeout_ms = 1000;
	w.settings.retry_ms = 600000;
	add(&w, "l1", "mailto:hang@example.com");
	add(&w, "l2", "mailto:a@example.com");
	run(&w);
	assert_int_equal(job(&w, "l1").goal[0].attempts, 1);
	assert_goal(&w, "l2", 0, GOAL_SENT);
	close_world(&w);
}

/* A refusal that is not about the address suppresses it not. */
static void not_the_address(void **state)
{
	static const struct {
		const char *rcpt;
		enum goal_state next;
	} t[] = {
		{ "554 5.7.1 relay access denied\r\n", GOAL_REFUSED },
		{ "552 5.3.4 too large\r\n", GOAL_REFUSED },
		{ "550 5.1.1 nobody\r\n", GOAL_SUPPRESSED },
		{ "552 5.2.2 full\r\n", GOAL_SUPPRESSED },
		{ "550 nobody\r\n", GOAL_SUPPRESSED },
		{ "556 5.1.10 null MX\r\n", GOAL_SUPPRESSED },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		open_world(&w, t[i].rcpt);
		add(&w, "m1", "mailto:a@example.com");
		add(&w, "m2", "mailto:a@example.com");
		run(&w);
		assert_goal(&w, "m1", 0, GOAL_REFUSED);
		assert_goal(&w, "m2", 0, t[i].next);
		close_world(&w);
	}
}

/* A DNS that does not answer is no consent; it is asked again. */
static void no_dns(void **state)
{
	struct world w;
	struct job j;

	(void)state;
	open_world(&w, "250 ok\r\n");
	add(&w, "e1", "mailto:a@down.example");
	run(&w);
	j = job(&w, "e1");
	assert_false(j.asked);
	assert_int_equal(j.deferred, 1);
	assert_int_equal(taken(&w.relay), 0);
	assert_int_equal(w.sum.waiting, 1);
	close_world(&w);
}

/* An attempt that somebody began and did not live to tell of is not made by another one. */
static void cut_short(void **state)
{
	struct world w;
	struct job j;
	struct store_op op = { .kind = STORE_PUT, .value = STR("1"), .ttl_ms = 60000 };

	(void)state;
	open_world(&w, "450 later\r\n");
	add(&w, "f1", "mailto:a@example.com");
	run(&w);
	j = job(&w, "f1");
	op.key = arena_printf(w.arena, "rpt:a:f1:0:%u:%lld", j.goal[0].attempts,
			      (long long)j.goal[0].due);
	store_wait(w.store, w.arena, &op, 1, 0);
	run(&w);
	j = job(&w, "f1");
	assert_int_equal(j.goal[0].attempts, 2);
	assert_str(j.goal[0].why, "an attempt that was cut short");
	close_world(&w);
}

/* Somebody else holds the lease: nothing is done. */
static void another(void **state)
{
	struct world w;
	struct store_op op = {
		.kind = STORE_LEASE, .key = REPORTER_LEASE, .value = STR("other"), .ttl_ms = 60000
	};

	(void)state;
	open_world(&w, "250 ok\r\n");
	add(&w, "g1", "mailto:a@example.com");
	store_wait(w.store, w.arena, &op, 1, 0);
	run(&w);
	assert_false(w.sum.lease);
	assert_int_equal(taken(&w.relay), 0);
	op.flags = STORE_F_RELEASE;
	store_wait(w.store, w.arena, &op, 1, 0);
	run(&w);
	assert_true(w.sum.lease);
	assert_int_equal(taken(&w.relay), 1);
	close_world(&w);
}

/* ---- windows ---- */

#define DAY 86400

static void is_summed(void *arg, enum windows_state state, struct window_sums *sums)
{
	assert_int_equal(state, WINDOWS_GOOD);
	window_sums_free(sums);
	*(bool *)arg = true;
}

static void is_taken(void *token, bool good)
{
	assert_true(good);
	*(bool *)token = true;
}

static void wait_for(struct world *w, bool *done)
{
	for (int i = 0; i < 10000 && !*done; i++)
		loop_turn(w->loop, 100);
	assert_true(*done);
}

/* One message of that domain in a window that has ended. */
static void add_row(struct world *w, const char *domain)
{
	int64_t start = clock_wall() / DAY * DAY - 2 * DAY;
	struct gather *g = gather_new(w->loop, w->store, DAY);
	struct collect_taker t = gather_taker(g);
	struct row r = { .judged = start,
			 .id = { 1 },
			 .policy_domain = str_c(domain),
			 .rua = STR("mailto:r@example.com"),
			 .p = STR("none"),
			 .row = { .header_from = str_c(domain),
				  .source = { 4, { 192, 0, 2, 1 } } } };
	struct spool_record record = { SPOOL_DMARC_ROW, row_format(w->arena, &r) };
	bool done = false;

	t.take(t.arg, &record, 1, is_taken, &done);
	wait_for(w, &done);
	gather_free(g);
}

/* As a machine whose clock is so far ahead leaves a part when it dies. */
static void plan_ahead(struct world *w, const char *domain, int64_t seconds)
{
	int64_t now = clock_wall();
	struct windows *x = windows_new(w->loop, w->store);
	bool done = false;

	windows_sum(x, window_at(now / DAY * DAY - 2 * DAY, DAY, str_c(domain)),
		    (uint64_t)(now + seconds) * 1000, is_summed, &done);
	wait_for(w, &done);
	windows_free(x);
}

/* A part that a number of the future stands on is passed over, the others are not. */
static void overtaken(void **state)
{
	const char *domain[] = { "a.test", "b.test", "c.test", "d.test" };
	struct world w;
	(void)state;

	open_world(&w, "250 ok\r\n");
	for (size_t i = 0; i < 4; i++)
		add_row(&w, domain[i]);
	for (size_t i = 0; i < 3; i++)
		assert_int_not_equal(window_at(0, DAY, str_c(domain[i])).part,
				     window_at(0, DAY, STR("d.test")).part);
	plan_ahead(&w, "a.test", 3600);
	plan_ahead(&w, "b.test", 3600);
	plan_ahead(&w, "c.test", 3600);
	run(&w);
	assert_true(w.sum.lease);
	assert_int_equal(w.sum.reports, 1);
	close_world(&w);
}

/* A daemon keeps the moment of each report; a tool does not wait for it. */
static void in_time(void **state)
{
	struct world w;
	struct reporter_args args;
	struct reporter *r;

	(void)state;
	open_world(&w, "250 ok\r\n");
	add_due(&w, "h1", "mailto:a@example.com", clock_wall() + 3600);
	add_due(&w, "h2", "mailto:a@example.com", clock_wall());
	args = (struct reporter_args){
		.loop = w.loop, .store = w.store, .resolver = w.resolver, .settings = &w.settings
	};
	r = reporter_new(&args);
	while (!job(&w, "h2").asked)
		loop_turn(w.loop, 100);
	reporter_free(r);
	assert_goal(&w, "h2", 0, GOAL_SENT);
	assert_false(job(&w, "h1").asked);
	assert_int_equal(taken(&w.relay), 1);
	run(&w);
	assert_goal(&w, "h1", 0, GOAL_SENT);
	assert_int_equal(taken(&w.relay), 2);
	close_world(&w);
}

/* What is put off again and again is not the next one each time. */
static void in_turn(void **state)
{
	struct pending p[] = { { .due = 100 }, { .due = 40 }, { .due = 30 }, { .due = 30 } };

	(void)state;
	assert_null(pending_due(p, 4, 29));
	assert_null(pending_due(p, 0, 1000));
	assert_ptr_equal(pending_due(p, 4, 200), &p[2]);
	p[2].due = 160;
	assert_ptr_equal(pending_due(p, 4, 200), &p[3]);
	p[3].due = 161;
	assert_ptr_equal(pending_due(p, 4, 200), &p[1]);
	p[0].force = true;
	assert_ptr_equal(pending_due(p, 4, 29), &p[0]);
}

#define MANY 20000u

/* As many reports as a day of a large site: what they cost is in proportion to their number. */
static void many(void **state)
{
	struct world w;
	struct store_op op = { .kind = STORE_APPEND, .key = OUTBOX_LOG, .limit = OUTBOX_LOG_MAX };

	(void)state;
	open_world(&w, "250 ok\r\n");
	for (unsigned i = 0; i < MANY; i++) {
		op.value = arena_printf(w.arena, "gone%u", i % (MANY / 2));
		store_wait(w.store, w.arena, &op, 1, 0);
	}
	add(&w, "n1", "mailto:a@example.com");
	run(&w);
	assert_int_equal(w.sum.waiting, 0);
	assert_int_equal(w.sum.sent, 1);
	op = (struct store_op){ .kind = STORE_GET, .key = OUTBOX_HEAD };
	assert_str(store_wait(w.store, w.arena, &op, 1, 0)->value,
		   arena_printf(w.arena, "%u", MANY + 1).p);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(sent),
		cmocka_unit_test(refused),
		cmocka_unit_test(later),
		cmocka_unit_test(no_relay),
		cmocka_unit_test(no_dns),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(another),
		cmocka_unit_test(overtaken),
		cmocka_unit_test(in_time),
		cmocka_unit_test(in_turn),
		cmocka_unit_test(many),
		cmocka_unit_test(no_entry),
		cmocka_unit_test(no_word),
		cmocka_unit_test(hung),
		cmocka_unit_test(not_the_address),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
