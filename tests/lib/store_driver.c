/*
 * Asks a store in Redis as a worker would, on orders from stdin, one a line, each answered by one
 * line of JSON: what tests of faults are made with.
 *
 *	add KEY N            a batch of N additions of 1, to KEY0, KEY1, ...
 *	mix KEY N            a batch of N, each of another kind (puts and gets among them)
 *	load MS EVERY KEYS N batches of N additions every EVERY ms for MS ms, to KEYS keys in turn
 *	sum KEY              a look, waited for without a deadline
 *	walk                 counts all records
 *	wait MS              turns the loop
 *	stats                what the store counted, memory, time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/loop.h"
#include "store/store.h"

struct driver {
	struct loop *loop;
	struct store *store;
	struct arena *arena;   /* of one order */
	unsigned long changes; /* of up and down */
};

/* What came of batches. */
struct tally {
	struct driver *d;
	uint64_t calls, ended, ms_max, ok, local, failed;
	double sum; /* of the last batch's first answer */
};

struct sent {
	struct tally *t;
	uint64_t at;
};

static void on_done(void *arg, const struct store_answer *a, size_t n)
{
	struct sent *s = arg;
	struct tally *t = s->t;
	uint64_t ms = clock_mono_ms() - s->at;

	t->ended++;
	t->ms_max = ms > t->ms_max ? ms : t->ms_max;
	for (size_t i = 0; i < n; i++)
		if (a[i].local)
			t->local++;
		else if (a[i].status == STORE_FAILED || a[i].status == STORE_FULL)
			t->failed++;
		else
			t->ok++;
	t->sum = n ? a[0].sum[0] : 0;
}

static struct str key_of(struct driver *d, struct str base, size_t i)
{
	return arena_printf(d->arena, "%.*s%zu", STR_ARG(base), i);
}

static void additions(struct driver *d, struct store_op *op, struct str base, size_t from,
		      size_t keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		op[i] = (struct store_op){ .kind = STORE_ADD,
					   .key = key_of(d, base, (from + i) % keys),
					   .delta = { 1 },
					   .ttl_ms = 3600000 };
}

static void mixture(struct driver *d, struct store_op *op, struct str base, size_t n)
{
	static const struct store_op kinds[] = {
		{ .kind = STORE_ADD, .delta = { 1, 2 }, .half_life_ms = { 86400000 } },
		{ .kind = STORE_ADD }, /* a look */
		{ .kind = STORE_GET },
		{ .kind = STORE_ADD, .half_life_ms = { 86400000, 86400000 } },
		{ .kind = STORE_JOIN, .member = { "member", 6 }, .ttl_ms = 86400000 },
		{ .kind = STORE_TAKE, .cost = 1, .burst = 1e9, .rate = 1, .ttl_ms = 86400000 },
		{ .kind = STORE_PUT, .value = { "value", 5 }, .ttl_ms = 86400000 },
		{ .kind = STORE_NEW, .value = { "value", 5 }, .ttl_ms = 86400000 },
	};

	for (size_t i = 0; i < n; i++) {
		op[i] = kinds[i % (sizeof kinds / sizeof *kinds)];
		op[i].key = key_of(d, base, i);
	}
}

static void send(struct tally *t, const struct store_op *op, size_t n)
{
	struct sent *s = ARENA_NEW(t->d->arena, struct sent);

	*s = (struct sent){ t, clock_mono_ms() };
	t->calls++;
	store_send(t->d->store, op, n, 0, on_done, s);
}

static void finish(struct tally *t)
{
	while (t->ended < t->calls)
		loop_turn(t->d->loop, 1000);
	printf("{\"calls\":%" PRIu64 ",\"ms\":%" PRIu64 ",\"ok\":%" PRIu64 ",\"local\":%" PRIu64
	       ",\"failed\":%" PRIu64 ",\"sum\":%.17g,\"up\":%s}\n",
	       t->calls, t->ms_max, t->ok, t->local, t->failed, t->sum,
	       store_up(t->d->store) ? "true" : "false");
}

static size_t number(struct str *line)
{
	uint64_t v = 0;

	str_u64(str_cut(line, ' '), 1000000000, &v);
	return (size_t)v;
}

static void do_batch(struct driver *d, struct str line, bool mixed)
{
	struct tally t = { .d = d };
	struct store_op op[STORE_BATCH_MAX];
	struct str key = str_cut(&line, ' ');
	size_t n = number(&line);

	if (mixed)
		mixture(d, op, key, n);
	else
		additions(d, op, key, 0, n, n);
	send(&t, op, n);
	finish(&t);
}

static void do_load(struct driver *d, struct str line)
{
	struct tally t = { .d = d };
	struct store_op op[STORE_BATCH_MAX];
	size_t ms = number(&line), every = number(&line), keys = number(&line), n = number(&line);
	uint64_t began = clock_mono_ms(), due = began;

	for (size_t from = 0; clock_mono_ms() - began < ms; due += every, from += n) {
		additions(d, op, STR("l"), from, keys, n);
		send(&t, op, n);
		for (uint64_t now; (now = clock_mono_ms()) < due + every;)
			loop_turn(d->loop, due + every - now);
	}
	finish(&t);
}

static void do_sum(struct driver *d, struct str key)
{
	struct store_op op = { .kind = STORE_ADD, .key = key };
	const struct store_answer *a = store_wait(d->store, d->arena, &op, 1, STORE_SLOW);

	printf("{\"status\":%d,\"sum\":%.17g}\n", (int)a->status, a->sum[0]);
}

static void do_walk(struct driver *d)
{
	struct store_op op = { .kind = STORE_WALK };
	const struct store_answer *a;
	size_t n = 0, pages = 0;

	do {
		a = store_wait(d->store, d->arena, &op, 1, STORE_SLOW);
		n += a->nentry;
		op.value = a->value;
		pages++;
	} while (a->status == STORE_OK && a->value.n);
	printf("{\"status\":%d,\"records\":%zu,\"pages\":%zu}\n", (int)a->status, n, pages);
}

static void do_wait(struct driver *d, uint64_t ms)
{
	uint64_t end = clock_mono_ms() + ms;

	for (uint64_t now; (now = clock_mono_ms()) < end;)
		loop_turn(d->loop, end - now);
	printf("{\"up\":%s}\n", store_up(d->store) ? "true" : "false");
}

/* A line of /proc/self/status, in kB; ru_maxrss would be that of who started us. */
static long status_kb(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = 0;

	while (f && fgets(line, sizeof line, f))
		if (str_starts(str_c(line), str_c(name)))
			kb = strtol(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

static void do_stats(struct driver *d)
{
	const struct store_stats *s = store_stats(d->store);

	printf("{\"calls\":%" PRIu64 ",\"round_trips\":%" PRIu64 ",\"opened\":%" PRIu64
	       ",\"reconnects\":%" PRIu64 ",\"local\":%" PRIu64 ",\"changes\":%lu"
	       ",\"up\":%s,\"rss_kb\":%ld,\"peak_kb\":%ld,\"cpu_us\":%" PRIu64 "}\n",
	       s->calls, s->round_trips, s->opened, s->reconnects, s->local, d->changes,
	       store_up(d->store) ? "true" : "false", status_kb("VmRSS:"), status_kb("VmHWM:"),
	       clock_cpu_us());
}

static bool order(struct driver *d, struct str line)
{
	struct str word = str_cut(&line, ' ');

	if (str_eq(word, STR("add")))
		do_batch(d, line, false);
	else if (str_eq(word, STR("mix")))
		do_batch(d, line, true);
	else if (str_eq(word, STR("load")))
		do_load(d, line);
	else if (str_eq(word, STR("sum")))
		do_sum(d, line);
	else if (str_eq(word, STR("walk")))
		do_walk(d);
	else if (str_eq(word, STR("wait")))
		do_wait(d, number(&line));
	else if (str_eq(word, STR("stats")))
		do_stats(d);
	else
		return false;
	fflush(stdout);
	return true;
}

static void on_state(void *arg, bool up, const char *why)
{
	struct driver *d = arg;

	d->changes++;
	fprintf(stderr, "%s %s\n", up ? "up" : "down", why);
}

/* name=value words; server= as often as need be. */
static void configure(struct store_redis_config *c, struct str *server, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct str value = str_c(argv[i]), name = str_cut(&value, '=');

		if (str_eq(name, STR("server")) && c->nservers < 8)
			server[c->nservers++] = value;
		else if (str_eq(name, STR("user")))
			c->user = value;
		else if (str_eq(name, STR("password")))
			c->password = value;
		else if (str_eq(name, STR("sentinel_password")))
			c->sentinel_password = value;
		else if (str_eq(name, STR("tls")))
			c->tls = true;
		else if (str_eq(name, STR("master"))) {
			c->master = value;
			c->mode = REDIS_SENTINEL;
		} else if (str_eq(name, STR("cluster")))
			c->mode = REDIS_CLUSTER;
	}
}

int main(int argc, char **argv)
{
	struct str server[8];
	struct store_redis_config c = { .server = server };
	struct driver d = { .loop = loop_new(), .arena = arena_new(0) };
	struct err e;
	char line[1024];

	configure(&c, server, argc, argv);
	d.store = store_redis(d.loop, &c, NULL, &e);
	if (!d.store) {
		fprintf(stderr, "%s\n", e.text);
		arena_free(d.arena);
		loop_free(d.loop);
		return 2;
	}
	store_watch(d.store, on_state, &d);
	while (fgets(line, sizeof line, stdin)) {
		if (!order(&d, str_trim(str_c(line))))
			break;
		arena_reset(d.arena);
	}
	store_free(d.store);
	arena_free(d.arena);
	loop_free(d.loop);
	return 0;
}
