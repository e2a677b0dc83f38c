/*
 * milter_load: puts a corpus of messages through a filter, or a chain of filters, and prints as one
 * line of JSON how fast they were and what they did.
 */
#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <jansson.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "base/clock.h"
#include "tests/bench/load.h"

static const char usage[] =
	"milter_load --corpus DIR --filter SOCKET [--filter SOCKET]... [options]\n"
	"  SOCKET           inet:PORT@ADDRESS or unix:PATH; more than one is a chain\n"
	"  --jobs FILE      the jobs file in DIR (jobs.jsonl)\n"
	"  --conns N        clients at a time (1)\n"
	"  --messages N     in all (one for each job)\n"
	"  --per-session N  messages a session (1)\n"
	"  --gap-ms N       the client's pause between its SMTP commands (0)\n"
	"  --eager          send at once what has no reply, as Sendmail does; else as Postfix:\n"
	"                   with the next that has one\n"
	"  --until-failure  end when a filter breaks off\n"
	"  --timeout S      how long to wait for a reply (30)\n"
	"  --idle N         only open N sessions, print \"ready N\", keep them until stdin ends\n";

static size_t number(const char *text)
{
	uint64_t v;

	if (!str_u64(str_c(text), 100000000, &v))
		errx(2, "%s is not a number", text);
	return (size_t)v;
}

static struct address parse_socket(const char *text)
{
	struct str s = str_c(text), kind = str_cut(&s, ':'), port;
	struct address a = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (struct sockaddr_in *)&a.sa;
	struct sockaddr_un *un = (struct sockaddr_un *)&a.sa;
	uint64_t v;

	if (str_eq(kind, STR("unix")) && s.n < sizeof un->sun_path) {
		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, s.p, s.n);
		a.len = sizeof *un;
		return a;
	}
	port = str_cut(&s, '@');
	if (!str_eq(kind, STR("inet")) || !str_u64(port, 65535, &v) ||
	    inet_pton(AF_INET, s.p, &in->sin_addr) != 1)
		errx(2, "%s is not a socket", text);
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)v);
	return a;
}

static void read_options(int argc, char **argv, struct options *o, const char **dir,
			 const char **jobs)
{
	static const struct option names[] = {
		{ "corpus", 1, 0, 'd' },	{ "filter", 1, 0, 'f' },
		{ "jobs", 1, 0, 'j' },		{ "conns", 1, 0, 'c' },
		{ "messages", 1, 0, 'm' },	{ "per-session", 1, 0, 'p' },
		{ "gap-ms", 1, 0, 'g' },	{ "timeout", 1, 0, 't' },
		{ "idle", 1, 0, 'i' },		{ "eager", 0, 0, 'e' },
		{ "until-failure", 0, 0, 'u' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'd')
			*dir = optarg;
		else if (c == 'j')
			*jobs = optarg;
		else if (c == 'c')
			o->conns = number(optarg);
		else if (c == 'm')
			o->messages = number(optarg);
		else if (c == 'p')
			o->per_session = number(optarg);
		else if (c == 'g')
			o->gap_ms = (unsigned)number(optarg);
		else if (c == 't')
			o->timeout_s = (unsigned)number(optarg);
		else if (c == 'e')
			o->eager = true;
		else if (c == 'u')
			o->until_failure = true;
		else if (c == 'i')
			o->idle = number(optarg);
		else if (c == 'f' && o->nfilters < LOAD_MAX_FILTERS)
			o->filter[o->nfilters++] = parse_socket(optarg);
		else
			errx(2, "%s", usage);
	}
	if (!*dir || o->nfilters == 0 || o->conns == 0 || optind != argc)
		errx(2, "%s", usage);
}

static void *worker_thread(void *arg)
{
	worker_run(arg);
	return NULL;
}

static void merge_sample(struct arena *a, sample *to, const sample *from)
{
	for (size_t i = 0; i < from->n; i++)
		VEC_PUSH(a, *to) = from->p[i];
}

static void merge(struct arena *a, struct result *to, const struct result *from)
{
	to->messages += from->messages;
	to->authres += from->authres;
	to->dkim_pass += from->dkim_pass;
	to->spf_pass += from->spf_pass;
	to->dmarc_pass += from->dmarc_pass;
	to->temperror += from->temperror;
	to->cut_off += from->cut_off;
	for (size_t i = 0; i < sizeof to->actions / sizeof *to->actions; i++)
		to->actions[i] += from->actions[i];
	merge_sample(a, &to->total, &from->total);
	merge_sample(a, &to->content, &from->content);
	merge_sample(a, &to->eom, &from->eom);
}

struct stopper {
	atomic_size_t *next;
	size_t end;
};

/* SIGTERM: what is under way is finished, and reported. */
static void *stop_thread(void *arg)
{
	struct stopper *s = arg;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigwait(&set, &number);
	atomic_store(s->next, s->end);
	return NULL;
}

static void run_all(const struct options *o, const struct corpus *c, struct arena *a,
		    struct result *r)
{
	struct worker *w = ARENA_ARRAY(a, struct worker, o->conns);
	pthread_t *t = ARENA_ARRAY(a, pthread_t, o->conns);
	atomic_size_t next = 0;
	struct stopper stopper = { &next, o->messages };
	pthread_t stop;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&stop, NULL, stop_thread, &stopper) != 0)
		err(2, "pthread_create");
	for (size_t i = 0; i < o->conns; i++) {
		w[i] = (struct worker){ o, c, &next, arena_new(65536) };
		if (pthread_create(&t[i], NULL, worker_thread, &w[i]) != 0)
			err(2, "pthread_create");
	}
	for (size_t i = 0; i < o->conns; i++) {
		pthread_join(t[i], NULL);
		merge(a, r, &w[i].result);
		arena_free(w[i].arena);
	}
	pthread_kill(stop, SIGTERM);
	pthread_join(stop, NULL);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static json_t *percentiles(sample *s)
{
	size_t last = s->n - 1;

	if (s->n == 0)
		return json_null();
	qsort(s->p, s->n, sizeof *s->p, by_value);
	return json_pack("{s:f,s:f,s:f}", "p50", s->p[last / 2] / 1000.0, "p99",
			 s->p[last * 99 / 100] / 1000.0, "max", s->p[last] / 1000.0);
}

static json_t *report(struct result *r, uint64_t us)
{
	static const struct {
		char reply;
		const char *name;
	} names[] = {
		{ SMFIR_ACCEPT, "accept" },	  { SMFIR_REJECT, "reject" },
		{ SMFIR_REPLYCODE, "replycode" }, { SMFIR_TEMPFAIL, "tempfail" },
		{ SMFIR_DISCARD, "discard" },	  { LOAD_FAILED, "failed" },
	};
	json_t *actions = json_object();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		json_object_set_new(actions, names[i].name,
				    json_integer((json_int_t)r->actions[(int)names[i].reply]));
	return json_pack("{s:I,s:f,s:f,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "messages",
			 (json_int_t)r->messages, "seconds", (double)us / 1e6, "rate",
			 (double)r->messages * 1e6 / (double)us, "actions", actions, "cut_off",
			 (json_int_t)r->cut_off, "authres", (json_int_t)r->authres, "dkim_pass",
			 (json_int_t)r->dkim_pass, "spf_pass", (json_int_t)r->spf_pass,
			 "dmarc_pass", (json_int_t)r->dmarc_pass, "temperror",
			 (json_int_t)r->temperror, "total_ms", percentiles(&r->total), "content_ms",
			 percentiles(&r->content), "eom_ms", percentiles(&r->eom));
}

int main(int argc, char **argv)
{
	struct options o = { .conns = 1, .per_session = 1, .timeout_s = 30 };
	const char *dir = NULL, *jobs = "jobs.jsonl";
	struct rlimit files = { 8192, 8192 };
	struct arena *a = arena_new(0);
	struct result r = { 0 };
	struct corpus *c;
	uint64_t began;

	read_options(argc, argv, &o, &dir, &jobs);
	setrlimit(RLIMIT_NOFILE, &files);
	c = corpus_read(a, dir, jobs);
	if (o.messages == 0)
		o.messages = c->n;
	if (o.idle > 0) {
		printf("{\"open\": %zu}\n", idle_run(&o, c, a));
		arena_free(a);
		return 0;
	}
	began = clock_mono_us();
	run_all(&o, c, a, &r);
	json_dumpf(report(&r, clock_mono_us() - began), stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	arena_free(a);
	return r.actions[(int)LOAD_FAILED] > 0;
}
