/*
 * Both engines, the same events: every state of a session and every event in it, with replies and
 * without, new protocol and old. What the MTA gets back and what the scans are told must be equal.
 */
#include "lib/test.h"

#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fake_scan.h"
#include "lib/mta.h"
#include "milter/bind.h"
#include "milter/engine.h"

struct side {
	char path[128], socket[160];
	struct fake fake;
	struct scan_env env;
	struct milter_listener l;
	struct milter *m;
};

struct rig {
	char dir[64];
	struct loop *loop;
	struct arena *arena;
	struct side wire, lib;
	bool drained;
};

static const struct milter_config config = { .timeout_command = 60000,
					     .timeout_content = 60000,
					     .progress = 20000,
					     .max_sessions = 2000,
					     .max_scanning = 64,
					     .queue = 256 };

static void side_init(struct rig *r, struct side *s, const char *name)
{
	snprintf(s->path, sizeof s->path, "%s/%s", r->dir, name);
	snprintf(s->socket, sizeof s->socket, "unix:%s", s->path);
	fake_env(&s->fake, r->loop, &s->env);
	s->l = (struct milter_listener){ .socket = str_c(s->socket),
					 .profile = STR("inbound"),
					 .mode = 0660,
					 .where = "test",
					 .backlog = 100,
					 .fd = -1 };
}

static int rig_start(void **state)
{
	struct rig *r = calloc(1, sizeof *r);
	struct err e = { "" };

	snprintf(r->dir, sizeof r->dir, "/tmp/merlon-diff-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->arena = arena_new(0);
	r->loop = loop_new();
	side_init(r, &r->wire, "wire");
	side_init(r, &r->lib, "lib");
	assert_int_equal(bind_listen(&r->wire.l, &e), 0);
	r->wire.m = wire_start(&r->wire.env, &config, &r->wire.l, 1, &e);
	r->lib.m = lib_start(&r->lib.env, &config, &r->lib.l, 1, &e);
	if (!r->wire.m || !r->lib.m)
		fail_msg("%s", e.text);
	*state = r;
	return 0;
}

static void drained(void *arg)
{
	((struct rig *)arg)->drained = true;
}

static int rig_stop(void **state)
{
	struct rig *r = *state;
	uint64_t end = clock_mono_ms() + 15000;

	milter_drain(r->lib.m, 1000, drained, r);
	while (!r->drained && clock_mono_ms() < end)
		loop_turn(r->loop, 50);
	assert_true(r->drained);
	milter_free(r->lib.m);
	milter_free(r->wire.m);
	assert_int_equal(r->wire.fake.live, 0);
	loop_free(r->loop);
	milter_unbind(&r->wire.l, true);
	(void)unlink(r->lib.path);
	(void)rmdir(r->dir);
	arena_free(r->arena);
	free(r);
	return 0;
}

/* ---- what is sent ---- */

/* What an MTA offers. */
static const struct offer {
	const char *name;
	uint32_t version, actions, steps;
} offers[] = {
	{ "no reply", 6, 0x1ff, 0x1fffff },    { "replies", 6, 0x1ff, 0x100700 },
	{ "version 2", 2, 0x3f, 0x7f },	       { "few rights", 6, 0x01, 0x1fffff },
	{ "some replies", 6, 0x3f, 0x0c9080 },
};

/* One letter an event: a command of the protocol; D: macros; e: an end of body with octets. */
static void add_event(struct mta *m, const struct offer *o, char event, const char *x_do)
{
	static const char *const macros[] = { "i", "4ABC", "{auth_authen}", "joe", NULL };

	switch (event) {
	case 'O':
		mta_optneg(m, o->version, o->actions, o->steps);
		break;
	case 'C':
		mta_connect(m, "client.example", SMFIA_INET, "192.0.2.1");
		break;
	case 'D':
		mta_macros(m, SMFIC_MAIL, macros);
		break;
	case 'L':
		mta_header(m, "X-Do", o->steps & SMFIP_HDR_LEADSPC ? x_do : x_do + 1);
		break;
	case 'B':
		mta_packet(m, SMFIC_BODY, STR("Text.\r\n"));
		break;
	case 'e':
		mta_packet(m, SMFIC_BODYEOB, STR("The end.\r\n"));
		break;
	case 'H':
	case 'M':
	case 'R':
	case 'U':
		mta_string(m, event, event == 'H' ? "helo.example" : "<a@b.example>");
		break;
	default: /* T N E A K Q */
		mta_packet(m, event, STR(""));
		break;
	}
}

/* The answers to all events, up to the close that follows QUIT. */
static struct str run(struct rig *r, struct side *s, const struct offer *o, const char *events,
		      const char *x_do, struct str *log)
{
	struct buf all = { .arena = r->arena };
	struct str got;
	struct mta m;
	uint64_t end = clock_mono_ms() + 5000;

	s->fake.arena = r->arena;
	s->fake.log = (struct buf){ .arena = r->arena };
	mta_open(&m, r->loop, s->path);
	for (const char *e = events; *e; e++)
		add_event(&m, o, *e, x_do);
	mta_send(&m);
	do {
		got = mta_answers(&m, r->arena, 3000);
		buf_add(&all, got);
		buf_addc(&all, ' ');
	} while (!str_iends(got, STR("closed")) && !str_iends(got, STR("silent")));
	mta_close(&m);
	while (s->fake.live && clock_mono_ms() < end)
		loop_turn(r->loop, 5);
	assert_int_equal(s->fake.live, 0);
	*log = buf_str(&s->fake.log);
	return buf_str(&all);
}

/* Where they may differ, and why. */
static const struct {
	const char *states; /* last command before */
	char event;
	const char *why;
} exceptions[] = {
	{ "OCHMRTLNBAUK", 'K',
	  "but for after a message, libmilter ignores a new client and keeps the facts of the "
	  "old" },
	{ "A", 'R', "without UNKNOWN libmilter lets follow an abort what may follow UNKNOWN" },
	{ "A", 'T', "the same" },
	{ "A", 'B', "the same" },
	{ "RNB", 'e', "libmilter takes octets at the end of a body for a chunk; no MTA sends any" },
};

static bool excepted(const char *prefix, char event)
{
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (exceptions[i].event == event &&
		    strchr(exceptions[i].states, prefix[strlen(prefix) - 1]))
			return true;
	return false;
}

static size_t compare(struct rig *r, const struct offer *o, const char *events, const char *x_do)
{
	struct str wire_log, lib_log;
	struct str wire = run(r, &r->wire, o, events, x_do, &wire_log);
	struct str lib = run(r, &r->lib, o, events, x_do, &lib_log);
	size_t differ;

	/* Both take the message: see lib_calls.c for why libmilter is not told so. */
	for (size_t i = 0; i + 1 < wire.n; i++)
		if (wire.p[i] == 'a' && wire.p[i + 1] == '[' && (i == 0 || wire.p[i - 1] == ' '))
			((char *)wire.p)[i] = 'c';
	differ = !str_eq(wire, lib) || !str_eq(wire_log, lib_log);

	if (differ)
		fprintf(stderr, "%s, %s:\n  wire %.*s\n       %.*s\n  lib  %.*s\n       %.*s\n",
			o->name, events, STR_ARG(wire), STR_ARG(wire_log), STR_ARG(lib),
			STR_ARG(lib_log));
	arena_reset(r->arena);
	return differ;
}

/* How each state is reached. */
static const char *const prefixes[] = { "O",	   "OC",     "OCH",	  "OCHM",     "OCHMR",
					"OCHMRT",  "OCHMRL", "OCHMRLN",	  "OCHMRLNB", "OCHMRLNBE",
					"OCHMRLA", "OCHU",   "OCHMRLNBEK" };
static const char events[] = "OCHMRTLNBEeAUDK";

static void test_every_pair(void **state)
{
	struct rig *r = *state;
	size_t runs = 0, differ = 0;
	char sequence[64];

	for (size_t o = 0; o < sizeof offers / sizeof *offers; o++)
		for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++)
			for (const char *e = events; *e; e++) {
				if (excepted(prefixes[p], *e))
					continue;
				/* then a whole message, which must work again */
				snprintf(sequence, sizeof sequence, "%s%cDMRLLNBEQ", prefixes[p],
					 *e);
				differ += compare(r, &offers[o], sequence, " edits");
				runs++;
			}
	print_message("%zu sequences\n", runs);
	assert_true(runs >= 600);
	assert_int_equal(differ, 0);
}

static void test_every_verdict(void **state)
{
	static const char *const x_do[] = { " accept",	   " tag",     " reject", " tempfail",
					    " greylist",   " discard", " edits",  " body",
					    " quarantine", " percent", " inject", " later" };
	struct rig *r = *state;
	size_t differ = 0;

	for (size_t o = 0; o < sizeof offers / sizeof *offers; o++)
		for (size_t i = 0; i < sizeof x_do / sizeof *x_do; i++)
			differ += compare(r, &offers[o], "OCHDMRRTLNBBEDMRLNBEQ", x_do[i]);
	assert_int_equal(differ, 0);
}

/* Many at a time, each with its own verdict. */
static void test_many_at_once(void **state)
{
	struct rig *r = *state;
	struct mta m[40];

	r->lib.fake.arena = NULL;
	for (size_t i = 0; i < 40; i++) {
		mta_open(&m[i], r->loop, r->lib.path);
		mta_hello(&m[i]);
		mta_message(&m[i], "<a@b>", i % 2 ? " reject" : " later");
		mta_send(&m[i]);
	}
	for (size_t i = 0; i < 40; i++) {
		assert_str(mta_answers(&m[i], r->arena, 10000),
			   i % 2 ? "y[550 5.7.1 Message refused|]" : "c[]");
		mta_close(&m[i]);
	}
	arena_reset(r->arena);
}

static void test_one_only(void **state)
{
	struct rig *r = *state;
	struct err e = { "" };

	assert_null(lib_start(&r->lib.env, &config, &r->lib.l, 1, &e));
	assert_non_null(strstr(e.text, "once"));
	assert_null(lib_start(&r->lib.env, &config, &r->lib.l, 2, &e));
	assert_non_null(strstr(e.text, "one socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_every_verdict),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_one_only),
	};

	assert_int_equal(
		log_open(&(struct log_config){ .level = LOG_LVL_ERROR, .target = "stderr" }, NULL),
		0);
	return cmocka_run_group_tests_name("milter/diff", tests, rig_start, rig_stop);
}
