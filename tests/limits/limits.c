/*
 * What the worst messages cost: each attack is scanned at its size and at twice that, in a process
 * of its own, through the whole scan with our rules and with SpamAssassin's stock rules and a
 * classifier that has learnt, asking nobody, and through what `merlon learn` reads of it; attacks
 * on what is asked outside also with all of that switched on (world.h). Prints a table; exit 1 if
 * one costs over 1,000 ms of CPU or 192 MiB, or twice the attack more than 2.5 times as much.
 *
 * Without -f at a sixteenth of the size (a 64th with sanitizers), without stock rules. -r own or -r
 * stock: those rules; -r learn: what is learnt; -r world: what is asked; -k TEXT: kinds with that
 * in their name; -v: what was slow; -d KIND: the message itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "checks/checks.h"
#include "cmd/app.h"
#include "cmd/source.h"
#include "learn/features_message.h"
#include "limits/attack.h"
#include "limits/world.h"

#define CPU_MAX_MS 1000.0
#define MEMORY_MAX_MIB 192.0
#define GROWTH_MAX 2.5
#define GROWTH_FLOOR_MS 200.0 /* below this, what is constant weighs more */
#define TRIES 3u	      /* of a message that is over a limit: others use the machine too */
#define ALARM_S 60u
#define WORLD_ENTRIES 1000000u /* of a feed */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#define PARTS 64u	/* of the size without -f */
#define CPU_FACTOR 20.0 /* sanitizers and no optimisation */
#define MEMORY_FACTOR 6.0
#else
#define SANITIZED 0
#define PARTS 16u
#define CPU_FACTOR 1.0
#define MEMORY_FACTOR 1.0
#endif

struct options {
	bool quick, verbose;
	const char *only, *rules, *dump;
};

struct cost {
	double ms, mib, arena_mib;
	size_t octets;
	unsigned flags; /* of the scan */
	bool died;
};

struct tally {
	unsigned passed, failed;
};

/* What a message goes through. app NULL: it is read as for learning, and by no rules. world NULL:
 * nobody is asked. */
struct way {
	const char *name;
	const struct app *app;
	struct model *model;
	const struct world *world;
};

/* ---- one message ---- */

static void finished(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

/* A line of /proc/self/status, "VmHWM" or "VmRSS". */
static double status_mib(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	double kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtod(line + strlen(name) + 1, NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

/* The peak counts from here (proc(5), clear_refs). */
static double begin_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "5", 1) != 1)
		bug("clear_refs: %s", strerror(errno));
	close(fd);
	return status_mib("VmRSS");
}

static void show_parts(const struct scan *s, const struct app *app, const void *state)
{
	fprintf(stderr, "  %zu symbols, flags %x\n", s->verdict.symbols.n, s->flags);
	for (size_t i = 0;; i++) {
		struct str name;
		uint64_t us, runs;

		if (!ruleset_cost(app->rules, state, i, &name, &us, &runs))
			break;
		if (us > 5000)
			fprintf(stderr, "  %.*s %llu us, %llu runs\n", STR_ARG(name),
				(unsigned long long)us, (unsigned long long)runs);
	}
}

/* Half of it is ham, so that the classifier has something to say. */
static struct model *learnt(void)
{
	struct arena *a = arena_new(0);
	struct model *m = model_new();
	struct trainer_state *t = model_trainer(a, m);

	model_set_key(m, (struct hash_key){ 1, 2 });
	for (uint64_t i = 1; i <= 4 * MODEL_MIN; i++) {
		struct learn_event e = { 0 };
		learn_event_read(a, model_key(m),
				 arena_printf(a,
					      "From: a@example.com\r\nSubject: %s %llu\r\n\r\n"
					      "a the %s money b1 text your account %llu\r\n",
					      i % 2 ? "win" : "minutes", (unsigned long long)i,
					      i % 2 ? "lottery" : "meeting", (unsigned long long)i),
				 &e);
		model_move(t, &e.f, LEARN_NONE, i % 2 ? LEARN_SPAM : LEARN_HAM, i, STR(""));
	}
	arena_free(a);
	return m;
}

static struct cost measure_learning(const struct model *m, struct str octets)
{
	struct cost c = { .octets = octets.n };
	struct arena *a = arena_new(0);
	char digest[PYZOR_DIGEST + 1];
	struct learn_event e = { 0 };
	double before = begin_peak();
	uint64_t began = clock_cpu_us();

	learn_event_read(a, model_key(m), octets, &e);
	(void)event_format(a, &e);
	(void)pyzor_digest(a, octets, digest);
	c.arena_mib = (double)arena_used(a) / (1 << 20);
	c.ms = (double)(clock_cpu_us() - began) / 1000;
	c.mib = status_mib("VmHWM") - before;
	arena_free(a);
	return c;
}

/* A message of somebody, judged to its end. */
static struct scan *judged(const struct way *way, struct app_env *env, struct str octets)
{
	static const struct envelope nobody = { 0 };
	bool done = false;
	struct scan *s = source_scan(&env->scan, way->world ? world_envelope() : &nobody, octets,
				     way->world ? 0 : SCAN_F_LOCAL, finished, &done);

	while (!done)
		loop_turn(env->scan.loop, 100);
	return s;
}

static struct cost measure(const struct way *way, struct str octets, bool verbose)
{
	const struct app *app = way->app;
	struct cost c = { .octets = octets.n };
	struct err e = { "" };
	struct app_env *env = app_env_new(app, NULL, 0, NULL, &e);
	double before;
	uint64_t began;
	struct scan *s;

	if (!env)
		bug("%s", e.text);
	env->scan.model = way->model;
	if (way->world)
		world_enter(way->world, env);
	scan_free(judged(way, env, STR("From: a@example.com\r\n\r\nwarm\r\n")));
	before = begin_peak();
	began = clock_cpu_us();
	s = judged(way, env, octets);
	c.arena_mib = (double)arena_used(s->arena) / (1 << 20);
	c.ms = (double)(clock_cpu_us() - began) / 1000;
	c.mib = status_mib("VmHWM") - before;
	c.flags = s->flags;
	if (verbose)
		show_parts(s, app, env->scan.judge_state);
	scan_free(s);
	if (way->world)
		world_leave(env);
	app_env_free(env);
	return c;
}

/* ---- in a process of its own ---- */

static struct cost in_child(const struct way *way, struct str octets, bool verbose)
{
	struct cost c = { .died = true };
	int fd[2], status;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		bug("pipe: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(ALARM_S * (SANITIZED ? 4 : 1));
		c = way->app ? measure(way, octets, verbose) : measure_learning(way->model, octets);
		_exit(write(fd[1], &c, sizeof c) != sizeof c);
	}
	close(fd[1]);
	if (read(fd[0], &c, sizeof c) != sizeof c)
		c.died = true;
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return c;
}

static bool within(struct cost c)
{
	return !c.died && c.ms < CPU_MAX_MS * CPU_FACTOR && c.mib < MEMORY_MAX_MIB * MEMORY_FACTOR;
}

/* What is over a limit is tried again: the least counts. */
static struct cost try(const struct way *way, const struct attack *t, size_t n,
		       const struct options *o)
{
	struct arena *a = arena_new(0);
	struct buf b = { .arena = a };
	struct cost best, c;

	t->make(&b, n);
	best = in_child(way, buf_str(&b), o->verbose);
	for (unsigned i = 1; i < TRIES && !best.died && !within(best); i++) {
		c = in_child(way, buf_str(&b), false);
		if (!c.died && c.ms < best.ms)
			best = c;
	}
	arena_free(a);
	return best;
}

/* ---- the table ---- */

static const char *judge(struct cost one, struct cost two)
{
	if (one.died || two.died)
		return "DIED";
	if (one.ms >= CPU_MAX_MS * CPU_FACTOR || two.ms >= CPU_MAX_MS * CPU_FACTOR)
		return "CPU";
	if (one.mib >= MEMORY_MAX_MIB * MEMORY_FACTOR || two.mib >= MEMORY_MAX_MIB * MEMORY_FACTOR)
		return "MEMORY";
	if (two.ms > GROWTH_FLOOR_MS * CPU_FACTOR && two.ms > GROWTH_MAX * one.ms)
		return "GROWTH";
	return "";
}

static void run_attack(const struct way *way, const struct attack *t, const struct options *o,
		       struct tally *tally)
{
	size_t n = o->quick ? t->n / PARTS + 1 : t->n;
	struct cost one = try(way, t, n, o), two = try(way, t, 2 * n, o);
	const char *fault = judge(one, two);

	if (two.ms > GROWTH_MAX * one.ms && strcmp(fault, "GROWTH") == 0) {
		one = try(way, t, n, o);
		two = try(way, t, 2 * n, o);
		fault = judge(one, two);
	}
	printf("%-5s %-26s %9zu %8.1f %8.1f %7.1f %7.1f %7.1f %s%s%s\n", way->name, t->name,
	       two.octets, one.ms, two.ms, one.mib, two.mib, two.arena_mib,
	       two.flags & SCAN_F_CPU ? "scan.cpu " : "",
	       two.flags & SCAN_F_PATTERNS ? "rules.regex_budget " : "", fault);
	fflush(stdout);
	*(*fault ? &tally->failed : &tally->passed) += 1;
}

static const struct attack *const tables[] = { attacks_mime, attacks_coding, attacks_head,
					       attacks_html, attacks_css,    attacks_url,
					       attacks_text, attacks_file,   attacks_learn,
					       attacks_llm };
/* Of those who are asked outside, or of what is sent there. */
static const struct attack *const outside[] = { attacks_outside, attacks_llm };

static void each_attack(const struct way *way, const struct options *o, struct tally *tally)
{
	const struct attack *const *table = way->world ? outside : tables;
	size_t n = way->world ? sizeof outside / sizeof *outside : sizeof tables / sizeof *tables;

	for (size_t i = 0; i < n; i++)
		for (const struct attack *t = table[i]; t->name; t++)
			if (!o->only || strstr(t->name, o->only))
				run_attack(way, t, o, tally);
}

static void dump_of(struct buf *b, const struct attack *t, const char *name)
{
	for (; t->name; t++)
		if (strcmp(t->name, name) == 0)
			t->make(b, t->n);
}

static int dump(const char *name)
{
	struct buf b = { .arena = arena_new(0) };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		dump_of(&b, tables[i], name);
	dump_of(&b, attacks_outside, name);
	fwrite(b.p, 1, b.n, stdout);
	arena_free(b.arena);
	return b.n == 0;
}

/* ---- the rules ---- */

static void write_conf(char *path, const char *dir, const struct world *world)
{
	struct str more = world ? world_conf(world) : STR("");
	int fd = mkstemp(path);

	if (fd < 0 || dprintf(fd,
			      "rules { dir = \"%s\" }\nlog { level = error }\n"
			      "dns { servers = {\"127.0.0.1@9\"} }\n"
			      "lookalike { brands = \"%s/rules/lists/brands\" }\n%.*s",
			      dir, MERLON_SRCDIR, STR_ARG(more)) < 0)
		bug("%s: %s", path, strerror(errno));
	close(fd);
}

static void with_rules(struct way way, const char *rules, const char *dir, struct world *world,
		       const struct options *o, struct tally *tally)
{
	char path[] = "/tmp/merlon-limits-XXXXXX";
	struct arena *a = arena_new(0);
	struct app *app;
	struct err e;

	if (access(dir, R_OK) < 0) {
		printf("%s: not there\n", dir);
		return;
	}
	way.world = world;
	write_conf(path, dir, world);
	app = app_load(path, app_checks(a, NULL), APP_RULES, NULL, NULL);
	unlink(path);
	if (!app || app_log(app, &e) < 0)
		bug("%s does not load", dir);
	if (world)
		world_specs(world, app->conf);
	way.name = rules;
	way.app = app;
	each_attack(&way, o, tally);
	app_free(app);
	arena_free(a);
}

static bool wanted(const struct options *o, const char *rules)
{
	return !o->rules || strcmp(o->rules, rules) == 0;
}

static void with_world(const struct way *way, const struct options *o, struct tally *tally)
{
	struct world *w = world_new(o->quick ? WORLD_ENTRIES / PARTS : WORLD_ENTRIES);

	with_rules(*way, "world", MERLON_SRCDIR "/rules", w, o, tally);
	world_free(w);
}

int main(int argc, char **argv)
{
	struct options o = { .quick = true };
	struct tally tally = { 0 };
	struct way way = { .name = "learn" };
	int c;

	while ((c = getopt(argc, argv, "fvr:k:d:")) != -1) {
		o.quick &= c != 'f';
		o.verbose |= c == 'v';
		o.rules = c == 'r' ? optarg : o.rules;
		o.only = c == 'k' ? optarg : o.only;
		o.dump = c == 'd' ? optarg : o.dump;
		if (c == '?')
			return 2;
	}
	if (o.dump)
		return dump(o.dump);
	printf("%-5s %-26s %9s %8s %8s %7s %7s %7s\n", "RULES", "KIND", "OCTETS", "MS(N)", "MS(2N)",
	       "MiB(N)", "MiB(2N)", "ARENA");
	way.model = learnt();
	if (wanted(&o, "own"))
		with_rules(way, "own", MERLON_SRCDIR "/rules", NULL, &o, &tally);
	if (wanted(&o, "world"))
		with_world(&way, &o, &tally);
	if (wanted(&o, way.name))
		each_attack(&way, &o, &tally);
	if (!o.quick && wanted(&o, "stock"))
		with_rules(way, "stock", "/usr/share/spamassassin", NULL, &o, &tally);
	printf("%u passed, %u failed\n", tally.passed, tally.failed);
	return tally.failed > 0;
}
