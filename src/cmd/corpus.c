/*
 * Each process walks the whole corpus and judges every n-th message of it; what it finds goes to a
 * file of its own, one line of JSON a message, and is merged in the order of the corpus.
 */
#include "cmd/corpus.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/source.h"

#define PROCESSES_MAX 64u

/* ---- sources ---- */

static bool is_dir(struct str path)
{
	struct stat st;

	return stat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
}

bool corpus_source_add(struct arena *a, corpus_sources *list, const char *arg)
{
	struct str s = str_c(arg);
	struct str ham = arena_printf(a, "%s/ham", arg), spam = arena_printf(a, "%s/spam", arg);
	size_t before = list->n;

	if (str_starts(s, STR("ham:"))) {
		VEC_PUSH(a, *list) = (struct corpus_source){ arg + 4, false };
		return true;
	}
	if (str_starts(s, STR("spam:"))) {
		VEC_PUSH(a, *list) = (struct corpus_source){ arg + 5, true };
		return true;
	}
	if (is_dir(ham))
		VEC_PUSH(a, *list) = (struct corpus_source){ ham.p, false };
	if (is_dir(spam))
		VEC_PUSH(a, *list) = (struct corpus_source){ spam.p, true };
	if (list->n == before)
		fprintf(stderr,
			"merlon: %s: expected ham:PATH, spam:PATH, or a directory that holds the "
			"directories ham and spam\n",
			arg);
	return list->n > before;
}

/* ---- one process ---- */

struct part {
	const struct app *app;
	struct app_env *env;
	const struct corpus_part *what;
	unsigned number, of;
	size_t met, count; /* messages; those of them that are wanted */
	bool spam;
	size_t *done; /* shared by all processes */
	FILE *out, *costs;
};

static void finished(void *arg, struct scan *s)
{
	(void)s;
	*(bool *)arg = true;
}

static void write_mail(struct part *p, struct scan *s, struct str name, uint64_t us)
{
	json_t *hits = json_array(), *o;

	for (size_t i = 0; i < s->verdict.symbols.n; i++) {
		const struct symbol *y = &s->verdict.symbols.p[i];
		json_array_append_new(hits, json_pack("[s%,f,s%]", y->name.p, y->name.n, y->score,
						      y->group.p ? y->group.p : "", y->group.n));
	}
	o = json_pack("{s:I,s:b,s:f,s:I,s:o,s:o}", "i", (json_int_t)p->count, "spam", p->spam,
		      "score", s->verdict.score, "us", (json_int_t)us, "hits", hits, "name",
		      json_stringn_nocheck(name.p, name.n));
	if (!o)
		bug("write_mail: json_pack");
	json_dumpf(o, p->out, JSON_COMPACT);
	putc('\n', p->out);
	json_decref(o);
}

static void take_mail(void *arg, struct str name, struct str octets)
{
	static const struct envelope nobody = { 0 };
	struct part *p = arg;
	uint64_t began;
	struct scan *s;
	bool done = false;

	if (p->what->wants && !p->what->wants(p->what->arg, p->met++))
		return;
	if (p->count++ % p->of != p->number)
		return;
	began = clock_cpu_us();
	s = source_scan(&p->env->scan, &nobody, octets, SCAN_F_LOCAL, finished, &done);
	while (!done)
		loop_turn(p->env->scan.loop, 100);
	write_mail(p, s, name, clock_cpu_us() - began);
	scan_free(s);
	__atomic_add_fetch(p->done, 1, __ATOMIC_RELAXED);
}

/* What the patterns of each rule took in this process: a name and microseconds a line. */
static void write_costs(struct part *p)
{
	struct str name;
	uint64_t us, runs;

	for (size_t i = 0;
	     ruleset_cost(p->app->rules, p->env->scan.judge_state, i, &name, &us, &runs); i++)
		if (us)
			fprintf(p->costs, "%.*s %llu\n", STR_ARG(name), (unsigned long long)us);
}

/* The whole life of a process; its exit code. */
static int run_part(struct part *p, const corpus_sources *sources)
{
	struct err e = { "" };

	p->env = app_env_new(p->app, NULL, 0, NULL, &e);
	if (p->env)
		p->env->scan.model = p->what->model;
	for (size_t i = 0; p->env && !e.text[0] && i < sources->n; i++) {
		p->spam = sources->p[i].spam;
		source_each(sources->p[i].path, take_mail, p, &e);
	}
	if (e.text[0])
		fprintf(stderr, "\rmerlon: %s\n", e.text);
	else
		write_costs(p);
	app_env_free(p->env);
	return e.text[0] || fflush(NULL) != 0 || ferror(p->out) ? APP_EXIT_FAILURE : APP_EXIT_GOOD;
}

/* ---- all of them ---- */

struct process {
	pid_t pid;
	FILE *out, *costs;
	char *line; /* next one to merge; NULL at the end */
	size_t cap;
};

static int start(struct process *c, const struct part *part, const corpus_sources *sources,
		 struct err *e)
{
	struct part p = *part;

	c->out = tmpfile();
	c->costs = tmpfile();
	if (!c->out || !c->costs)
		return err_set(e, "a temporary file: %s", strerror(errno));
	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0)
		return err_set(e, "fork: %s", strerror(errno));
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		p.out = c->out;
		p.costs = c->costs;
		_exit(run_part(&p, sources));
	}
	return 0;
}

static void show_progress(const size_t *done, bool end)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu messages%s", __atomic_load_n(done, __ATOMIC_RELAXED),
			end ? "\n" : "");
}

static int wait_for(struct process *c, const size_t *done, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000000 };
	int status;
	pid_t got;

	while ((got = waitpid(c->pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		show_progress(done, false);
		nanosleep(&pause, NULL);
	}
	if (got < 0 || !WIFEXITED(status))
		return err_set(e, "a process ended by a signal: %s",
			       got < 0 ? strerror(errno) : strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == 0 ? 0 : err_set(e, "not every message was read");
}

/* ---- the merge ---- */

static struct str text_of(struct arena *a, const json_t *s)
{
	return arena_dup(a, str_of(json_string_value(s), json_string_length(s)));
}

static uint32_t rule_index(struct corpus *c, const json_t *hit)
{
	const json_t *name = json_array_get(hit, 0);
	struct str key = str_of(json_string_value(name), json_string_length(name));
	size_t known = (size_t)(uintptr_t)map_get(c->by_name, key);

	if (known)
		return (uint32_t)(known - 1);
	key = arena_dup(c->arena, key);
	VEC_PUSH(c->arena, c->rules) =
		(struct corpus_rule){ .name = key,
				      .group = text_of(c->arena, json_array_get(hit, 2)),
				      .score = json_number_value(json_array_get(hit, 1)) };
	map_put(c->by_name, key, (void *)(uintptr_t)c->rules.n);
	return (uint32_t)(c->rules.n - 1);
}

static int rising(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static void merge_mail(struct corpus *c, const json_t *o)
{
	const json_t *hits = json_object_get(o, "hits"), *name = json_object_get(o, "name");
	size_t n = json_array_size(hits);
	uint32_t *hit = ARENA_ARRAY(c->arena, uint32_t, n);
	bool spam = json_is_true(json_object_get(o, "spam"));

	for (size_t i = 0; i < n; i++) {
		hit[i] = rule_index(c, json_array_get(hits, i));
		*(spam ? &c->rules.p[hit[i]].spam : &c->rules.p[hit[i]].ham) += 1;
	}
	qsort(hit, n, sizeof *hit, rising);
	*(spam ? &c->spam : &c->ham) += 1;
	VEC_PUSH(c->arena, c->mails) = (struct corpus_mail){
		.name = text_of(c->arena, name),
		.spam = spam,
		.score = json_number_value(json_object_get(o, "score")),
		.cpu_us = (uint64_t)json_integer_value(json_object_get(o, "us")),
		.nhits = n,
		.hit = hit,
	};
}

static json_t *next_mail(struct process *p)
{
	ssize_t got = getline(&p->line, &p->cap, p->out);

	return got > 0 ? json_loadb(p->line, (size_t)got, JSON_ALLOW_NUL, NULL) : NULL;
}

/* Of rules that hit; the others are not in the table. */
static void merge_costs(struct corpus *c, struct process *p)
{
	ssize_t got;

	rewind(p->costs);
	while ((got = getline(&p->line, &p->cap, p->costs)) > 0) {
		struct str us = str_trim(str_of(p->line, (size_t)got)), name = str_cut(&us, ' ');
		size_t known = (size_t)(uintptr_t)map_get(c->by_name, name);
		uint64_t v;
		if (known && str_u64(us, UINT64_MAX, &v))
			c->rules.p[known - 1].us += v;
	}
}

/* Message i is the next one of process i modulo their number. */
static void merge(struct corpus *c, struct process *p, unsigned n)
{
	json_t *o;

	for (unsigned i = 0; i < n; i++)
		rewind(p[i].out);
	for (size_t i = 0; (o = next_mail(&p[i % n])) != NULL; i++) {
		merge_mail(c, o);
		json_decref(o);
	}
	for (unsigned i = 0; i < n; i++)
		merge_costs(c, &p[i]);
}

static unsigned cores(unsigned wanted)
{
	long n = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > (long)PROCESSES_MAX ? PROCESSES_MAX : (unsigned)n;
}

struct corpus *corpus_new(struct arena *a, const struct app *app)
{
	struct corpus *c = ARENA_NEW(a, struct corpus);

	c->arena = a;
	c->by_name = map_new(a, false);
	c->threshold = app->setup->tag_at;
	return c;
}

static int run_all(struct process *p, unsigned n, struct part part, const corpus_sources *sources,
		   struct err *e)
{
	unsigned started = 0;
	int rc = 0;

	for (; rc == 0 && started < n; started++) {
		part.number = started;
		rc = start(&p[started], &part, sources, e);
	}
	for (unsigned i = 0; i < started; i++)
		if (p[i].pid > 0 && wait_for(&p[i], part.done, e) < 0)
			rc = -1;
	return rc;
}

int corpus_add(struct corpus *c, const struct app *app, const corpus_sources *sources,
	       unsigned processes, const struct corpus_part *part, struct err *e)
{
	struct process p[PROCESSES_MAX] = { 0 };
	unsigned n = cores(processes);
	size_t *done =
		mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc = done == MAP_FAILED ? err_set(e, "mmap: %s", strerror(errno)) : 0;

	if (rc == 0)
		rc = run_all(p, n, (struct part){ .app = app, .what = part, .of = n, .done = done },
			     sources, e);
	if (rc == 0) {
		show_progress(done, true);
		merge(c, p, n);
	}
	for (unsigned i = 0; i < n; i++) {
		if (p[i].out)
			fclose(p[i].out);
		if (p[i].costs)
			fclose(p[i].costs);
		free(p[i].line);
	}
	if (done != MAP_FAILED)
		munmap(done, sizeof *done);
	return rc;
}

struct corpus *corpus_judge(struct arena *a, const struct app *app, const corpus_sources *sources,
			    unsigned processes, struct err *e)
{
	static const struct corpus_part all;
	struct corpus *c = corpus_new(a, app);

	if (corpus_add(c, app, sources, processes, &all, e) < 0)
		return NULL;
	if (!c->mails.n && err_set(e, "there is no message in the corpus") < 0)
		return NULL;
	return c;
}
