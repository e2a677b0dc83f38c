/* dnsd: serves a test zone on 127.0.0.1, prints its port, and says in the end what it was asked. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/dnsd.h"

#define MAX_SECONDS 3600u

struct options {
	struct dnsd_config server;
	const char *stats; /* NULL: stdout */
	uint64_t max_seconds;
};

struct program {
	struct options opt;
	struct loop *loop;
	struct dnsd *dnsd;
};

static const char usage[] =
	"usage: dnsd [--address A] [--port N] [--delay-ms N] [--stats FILE] [--max-seconds N] "
	"ZONEFILE...\n"
	"Serves the zones on 127.0.0.1 or A (UDP and TCP) and prints the port. SIGUSR1 writes what "
	"was\n"
	"asked so far to the stats file (or stdout), SIGTERM does so and ends.\n";

static void write_stats(const struct program *p)
{
	struct arena *a = arena_new(0);
	struct str json = dnsd_json(p->dnsd, a);
	FILE *f = p->opt.stats ? fopen(p->opt.stats, "w") : stdout;

	if (!f || fwrite(json.p, 1, json.n, f) != json.n || fflush(f) != 0)
		perror("dnsd: stats");
	if (f && f != stdout)
		fclose(f);
	arena_free(a);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct program *p = arg;
	(void)what;

	if (sig == SIGUSR1)
		write_stats(p);
	else
		loop_stop(p->loop);
}

static void on_end(void *arg)
{
	struct program *p = arg;

	loop_stop(p->loop);
}

static uint64_t number(const char *s, uint64_t max)
{
	uint64_t n;

	if (!str_u64(str_c(s), max, &n)) {
		fprintf(stderr, "dnsd: \"%s\" is not a number up to %llu\n", s,
			(unsigned long long)max);
		exit(2);
	}
	return n;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 'p' },
		{ "delay-ms", required_argument, NULL, 'd' },
		{ "stats", required_argument, NULL, 's' },
		{ "max-seconds", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .max_seconds = MAX_SECONDS };

	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		if (c == 'a') {
			if (inet_pton(AF_INET, optarg, &o.server.address) != 1) {
				fprintf(stderr, "dnsd: \"%s\" is not an address\n", optarg);
				exit(2);
			}
		} else if (c == 'p') {
			o.server.port = (uint16_t)number(optarg, UINT16_MAX);
		} else if (c == 'd') {
			o.server.delay_ms = (unsigned)number(optarg, 60000);
		} else if (c == 's') {
			o.stats = optarg;
		} else if (c == 'm') {
			o.max_seconds = number(optarg, 1000000);
		} else {
			fputs(usage, c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
	return o;
}

static void serve(struct program *p)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGUSR1 };
	struct event *ev[3];

	for (size_t i = 0; i < 3; i++) {
		ev[i] = evsignal_new(loop_base(p->loop), signals[i], on_signal, p);
		if (!ev[i] || event_add(ev[i], NULL) != 0)
			bug("no signal event");
	}
	loop_after(p->loop, p->opt.max_seconds * 1000, on_end, p);
	printf("%u\n", dnsd_port(p->dnsd));
	fflush(stdout);
	loop_run(p->loop);
	for (size_t i = 0; i < 3; i++)
		event_free(ev[i]);
	if (p->opt.stats)
		write_stats(p);
}

static int load(struct zone *z, char **files, struct err *e)
{
	for (; *files; files++)
		if (zone_load(z, *files, e) != 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct program p = { .opt = read_options(argc, argv) };
	struct zone *z = zone_new();
	struct err e;
	bool good;

	p.loop = loop_new();
	p.opt.server.zone = z;
	if (load(z, argv + optind, &e) == 0)
		p.dnsd = dnsd_new(p.loop, &p.opt.server, &e);
	good = p.dnsd != NULL;
	if (good)
		serve(&p);
	else
		fprintf(stderr, "dnsd: %s\n", e.text);
	dnsd_free(p.dnsd);
	loop_free(p.loop);
	zone_free(z);
	return good ? 0 : 2;
}
