/*
 * What a message's store traffic costs: a batch of 20 questions and one of 20 writes, client and
 * server together, over the socket with SQLite behind it. CPU time; prints microseconds a message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "unit/store/served.h"

enum { OPS = 20, ROUNDS = 3000, DISTINCT = 20000 };

/* GET and ADD in turn, over some thousand senders. */
static void fill(struct arena *a, struct store_op *op, unsigned round, bool write)
{
	for (unsigned i = 0; i < OPS; i++) {
		unsigned who = (round * 7919u + i * 104729u) % DISTINCT;

		op[i] = (struct store_op){ .kind = i % 2 ? STORE_ADD : STORE_GET };
		op[i].key = arena_printf(a, "rep:net%c192.0.%u.%u/24%c%u", 0, who / 256, who % 256,
					 0, i % 5);
		if (!write)
			continue;
		op[i].kind = i % 2 ? STORE_ADD : STORE_PUT;
		op[i].ttl_ms = 86400000;
		op[i].value = STR("a value of some forty octets, as they are");
		op[i].delta[0] = op[i].delta[1] = 1;
		op[i].half_life_ms[0] = 86400000;
		if (i % 2 == 0)
			op[i].key = arena_printf(a, "v:%u", who);
	}
}

static uint64_t run(struct loop *l, struct store *s, unsigned rounds, bool write)
{
	uint64_t began;
	struct store_op op[OPS];

	began = clock_cpu_us();
	for (unsigned r = 0; r < rounds; r++) {
		struct arena *a = arena_new(16384);

		fill(a, op, r, write);
		if (store_wait(s, a, op, OPS, 0)->local)
			abort();
		arena_free(a);
	}
	loop_turn(l, 0);
	return clock_cpu_us() - began;
}

int main(void)
{
	struct loop *l = loop_new();
	struct served v;
	struct store *s;

	served_dir(&v);
	served_open(&v, l);
	s = store_remote(l, v.sock, &(struct store_limits){ .deadline_ms = 5000 });
	run(l, s, ROUNDS, true);
	printf("20 writes: %.1f us\n", (double)run(l, s, ROUNDS, true) / ROUNDS);
	printf("20 questions: %.1f us\n", (double)run(l, s, ROUNDS, false) / ROUNDS);
	store_free(s);
	s = v.inner;
	printf("20 writes without the socket: %.1f us\n", (double)run(l, s, ROUNDS, true) / ROUNDS);
	printf("20 questions without the socket: %.1f us\n",
	       (double)run(l, s, ROUNDS, false) / ROUNDS);
	served_close(&v);
	served_remove(&v);
	loop_free(l);
	return 0;
}
