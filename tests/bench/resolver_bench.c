/* What a DNS question costs: CPU and time for cold ones, joined ones and those the cache knows. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/resolver.h"
#include "lib/dnsd.h"

#define COLD 5000u
#define WINDOW 100u /* questions under way at a time */
#define HITS 1000000u
#define PAIRS 200u
#define MAX_MS 60000u

struct bench {
	struct loop *loop;
	struct resolver *r;
	unsigned asked, answered, good;
};

static void on_end(void *arg)
{
	loop_stop(arg);
}

/* A server in a process of its own, so that its CPU is not ours. Returns its port. */
static unsigned start_server(unsigned delay_ms, pid_t *pid)
{
	int fd[2];
	unsigned port = 0;

	if (pipe(fd) != 0 || (*pid = fork()) < 0)
		bug("no server");
	if (*pid == 0) {
		struct zone *z = zone_new();
		struct dnsd_config cfg = { .zone = z, .delay_ms = delay_ms };
		struct loop *l = loop_new();
		struct dnsd *d;

		zone_text(z,
			  "*.example TXT \"v=spf1 ip4:192.0.2.0/24 include:_spf.example -all\"\n");
		d = dnsd_new(l, &cfg, NULL);
		port = d ? dnsd_port(d) : 0;
		if (write(fd[1], &port, sizeof port) != sizeof port || !d)
			_exit(1);
		loop_after(l, MAX_MS * 2, on_end, l);
		loop_run(l);
		_exit(0);
	}
	if (read(fd[0], &port, sizeof port) != sizeof port || port == 0)
		bug("no server");
	close(fd[0]);
	close(fd[1]);
	return port;
}

static void on_answer(void *arg, const struct dns_answer *a)
{
	struct bench *b = arg;

	b->answered++;
	b->good += a->status == DNS_OK;
	resolver_put(a);
}

static void ask(struct bench *b, const char *prefix, unsigned i)
{
	const struct dns_answer *a;
	struct resolver_query *q;
	char name[64];

	snprintf(name, sizeof name, "%s%u.z%u.example", prefix, i, i % 97);
	a = resolver_ask(b->r, name, DNS_TXT, 0, on_answer, b, &q);
	b->asked++;
	if (a)
		on_answer(b, a);
}

/* n questions, at most window under way; prints what one costs. */
static void run(struct bench *b, const char *what, const char *prefix, unsigned n, unsigned window)
{
	uint64_t wall = clock_mono_us(), cpu = clock_cpu_us();

	b->asked = b->answered = b->good = 0;
	while (b->answered < n && clock_mono_us() - wall < MAX_MS * 1000) {
		while (b->asked < n && b->asked - b->answered < window)
			ask(b, prefix, b->asked);
		if (b->answered < n)
			loop_turn(b->loop, 100);
	}
	wall = clock_mono_us() - wall;
	cpu = clock_cpu_us() - cpu;
	printf("%-34s %8u questions  %7u good  %9.2f us CPU each  %9.2f us each\n", what, n,
	       b->good, (double)cpu / n, (double)wall / n);
}

static struct resolver *make_resolver(struct loop *l, unsigned port)
{
	struct resolver_config cfg = {
		.nservers = 1,
		.timeout_ms = 5000,
		.cache_entries = 100000,
		.max_ttl = 86400,
		.max_negative_ttl = 3600,
		.fail_ttl_min = 5,
		.fail_ttl_max = 60,
	};
	struct resolver *r;
	struct str server;
	char addr[32];
	struct err e;

	snprintf(addr, sizeof addr, "127.0.0.1@%u", port);
	server = str_c(addr);
	cfg.servers = &server;
	r = resolver_new(l, &cfg, &e);
	if (!r)
		bug("%s", e.text);
	return r;
}

static void with_delay(unsigned delay_ms)
{
	struct bench b = { .loop = loop_new() };
	pid_t server;
	uint64_t t = clock_mono_us();

	b.r = make_resolver(b.loop, start_server(delay_ms, &server));
	printf("server with %u ms delay (ready after %.1f ms)\n", delay_ms,
	       (double)(clock_mono_us() - t) / 1000);
	run(&b, "first of a fresh resolver", "first", 1, 1);
	run(&b, "one after another", "single", PAIRS, 1);
	run(&b, "forty in one go", "forty", 40, 40);
	run(&b, "a hundred at a time", "cold", COLD, WINDOW);
	run(&b, "known to the cache", "cold", COLD, WINDOW);
	if (delay_ms == 0) {
		uint64_t cpu = clock_cpu_us();

		for (unsigned i = 0; i < HITS; i++)
			ask(&b, "cold", i % COLD);
		printf("%-34s %9.3f us CPU each, with the name's printing\n", "a million hits",
		       (double)(clock_cpu_us() - cpu) / HITS);
	}
	resolver_free(b.r);
	loop_free(b.loop);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
}

int main(void)
{
	with_delay(0);
	with_delay(20);
	return 0;
}
