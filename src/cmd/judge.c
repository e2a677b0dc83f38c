/*
 * Messages judged one after the other from one warm process: several are under way at once, so that
 * their DNS questions overlap, and results come out in the order of the input.
 */
#include "cmd/judge.h"

#include <stdlib.h>

#include "base/file.h"
#include "checks/checks.h"
#include "cmd/memory.h"
#include "scan/report.h"

#define WINDOW 64u /* messages under way at once */

struct job {
	struct job *next;
	struct arena *arena; /* of the job's own envelope */
	struct envelope envelope;
	struct str name;
	struct scan *scan;
	json_t *error; /* instead of a result */
	bool done;
};

struct run {
	const struct judge_options *o;
	struct app_env *env;
	struct memory memory;
	struct job *first, **last; /* in order of input, printed ones gone */
	size_t under_way;
	int exit;
};

/* ---- out ---- */

static bool negative(struct scan *s, bool auth_only)
{
	const struct dmarc_facts *d = scan_result(s, &check_dmarc);

	return (d && d->r.code == AUTH_FAIL) || (!auth_only && s->verdict.action > ACT_TAG);
}

static void print_json(json_t *j)
{
	char *text =
		json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(10)); /* one write, not many */

	if (!text)
		bug("no memory");
	puts(text);
	free(text);
	fflush(stdout);
}

static void print(struct run *r, struct job *j)
{
	json_t *out;

	if (j->error) {
		print_json(j->error);
		r->exit = APP_EXIT_FAILURE;
		return;
	}
	if (negative(j->scan, r->o->auth_only) && r->exit == APP_EXIT_GOOD)
		r->exit = APP_EXIT_NEGATIVE;
	if (!r->o->json) {
		judge_print_text(j->scan, j->name, stdout);
		return;
	}
	out = scan_report(j->scan, j->name);
	print_json(out);
	json_decref(out);
}

static void job_free(struct job *j)
{
	scan_free(j->scan);
	json_decref(j->error);
	arena_free(j->arena);
}

/* Prints what is finished at the head of the line. */
static void drain(struct run *r)
{
	while (r->first && r->first->done) {
		struct job *j = r->first;
		r->first = j->next;
		if (!r->first)
			r->last = &r->first;
		print(r, j);
		r->under_way--;
		job_free(j);
	}
}

static void turn_until(struct run *r, size_t most)
{
	drain(r);
	while (r->under_way > most) {
		loop_turn(r->env->scan.loop, 1000);
		drain(r);
	}
}

/* ---- in ---- */

static struct job *job_new(struct run *r)
{
	struct arena *a = arena_new(0);
	struct job *j = ARENA_NEW(a, struct job);

	j->arena = a;
	j->envelope = r->o->envelope;
	*r->last = j;
	r->last = &j->next;
	r->under_way++;
	return j;
}

/* All the fields of a result (scan_report), with nothing in them, and why. */
static void job_fail(struct job *j, struct str name, const char *why)
{
	j->error = json_pack("{s:o,s:o,s:n,s:n,s:n,s:{s:n,s:n,s:[],s:n,s:n},s:n,s:[],s:[],s:n,s:i}",
			     "file", report_str(name), "error", report_str(str_c(why)), "action",
			     "score", "threshold", "auth", "iprev", "spf", "dkim", "arc", "dmarc",
			     "authentication_results", "symbols", "edits", "timing_ms",
			     "dns_queries", 0);
	if (!j->error)
		bug("job_fail: json_pack");
	j->done = true;
}

static void finished(void *arg, struct scan *s)
{
	struct job *j = arg;

	(void)s;
	j->done = true;
}

static void job_start(struct run *r, struct job *j, struct str name, struct str octets)
{
	j->name = arena_dup(j->arena, name);
	j->scan = source_scan(&r->env->scan, &j->envelope, octets,
			      (r->o->auth_only ? SCAN_F_AUTH_ONLY : 0) |
				      (r->o->subrules ? SCAN_F_SUBRULES : 0) |
				      (r->o->local ? SCAN_F_LOCAL : 0),
			      finished, j);
}

static void take_message(void *arg, struct str name, struct str octets)
{
	struct run *r = arg;

	turn_until(r, WINDOW - 1);
	job_start(r, job_new(r), name, octets);
}

/* ---- jobs: one JSON object a line ---- */

static struct str member(struct arena *a, const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_string(v))
		return STR_NULL;
	return arena_dup(a, str_of(json_string_value(v), json_string_length(v)));
}

static void read_rcpts(struct job *j, const json_t *list)
{
	size_t n = json_array_size(list);
	struct str *rcpt = ARENA_ARRAY(j->arena, struct str, n);

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		rcpt[i] = json_is_string(v) ? arena_dup(j->arena, str_of(json_string_value(v),
									 json_string_length(v)))
					    : STR("");
	}
	if (n) {
		j->envelope.rcpt = rcpt;
		j->envelope.nrcpt = n;
	}
}

static const char *read_job(struct job *j, const json_t *o)
{
	struct str ip = member(j->arena, o, "client_ip"), helo = member(j->arena, o, "helo");
	struct str from = member(j->arena, o, "mail_from");

	if (ip.n && !ip_parse(ip, &j->envelope.ip))
		return "client_ip is not an address";
	if (helo.p)
		j->envelope.helo = helo;
	if (from.p)
		j->envelope.mail_from = from;
	read_rcpts(j, json_object_get(o, "rcpt"));
	return NULL;
}

/* The message of a job. */
static const char *read_path(struct job *j, const json_t *o, struct str *path)
{
	*path = member(j->arena, o, "path");
	if (!path->n)
		return "no path";
	return str_chr(*path, '\0') == SIZE_MAX ? NULL : "NUL in the path";
}

static void take_job(struct run *r, struct str line, size_t number)
{
	json_error_t why;
	json_t *o = json_loadb(line.p, line.n, JSON_ALLOW_NUL, &why);
	struct job *j;
	struct str path = STR("");
	const char *bad;
	struct err e;
	char *p;
	size_t n;

	turn_until(r, WINDOW - 1);
	j = job_new(r);
	bad = json_is_object(o) ? read_path(j, o, &path) : "not a JSON object";
	if (!path.n)
		path = arena_printf(j->arena, "%s:%zu", r->o->jobs, number);
	if (!bad)
		bad = read_job(j, o);
	if (bad) {
		job_fail(j, path, bad);
	} else if (source_read(file_beside(j->arena, r->o->jobs, path), &p, &n, &e) < 0) {
		job_fail(j, path, e.text);
	} else {
		job_start(r, j, path, str_of(p, n));
		free(p);
	}
	json_decref(o);
}

static int take_jobs(struct run *r, struct err *e)
{
	struct str all, line;
	char *p;
	size_t n;

	if (source_read(r->o->jobs, &p, &n, e) < 0)
		return -1;
	all = str_of(p, n);
	for (size_t number = 1; all.n; number++) {
		line = str_trim(str_cut(&all, '\n'));
		if (line.n)
			take_job(r, line, number);
	}
	free(p);
	return 0;
}

/* ---- the whole ---- */

static int run_all(struct run *r, struct err *e)
{
	if (r->o->jobs && take_jobs(r, e) < 0)
		return -1;
	for (int i = 0; i < r->o->npath; i++)
		if (source_each(r->o->path[i], take_message, r, e) < 0)
			return -1;
	return 0;
}

int judge_all(const struct judge_options *o)
{
	struct run r = { .o = o, .last = &r.first, .exit = APP_EXIT_GOOD };
	struct arena *a = arena_new(0);
	const struct check *const *checks = app_checks(a, o->plugins);
	struct app *app = NULL;
	struct err e = { "" };

	if (checks)
		app = app_load(o->conf, checks,
			       (o->auth_only ? 0 : APP_RULES) | (o->local ? APP_LOCAL : 0u), NULL,
			       NULL);
	if (app)
		r.env = app_env_new(app, o->dns, o->ndns, NULL, &e);
	if (r.env) {
		r.env->scan.now = o->now;
		r.env->scan.authserv_id = o->authserv_id;
		if (!o->auth_only && !o->local &&
		    memory_tool(&r.memory, r.env, app, o->state, &e) < 0)
			r.exit = APP_EXIT_FAILURE;
		else if (run_all(&r, &e) < 0)
			r.exit = APP_EXIT_FAILURE;
		turn_until(&r, 0);
	} else {
		r.exit = APP_EXIT_FAILURE;
	}
	if (e.text[0])
		fprintf(stderr, "merlon: %s\n", e.text);
	memory_close(&r.memory);
	app_env_free(r.env);
	app_free(app);
	arena_free(a);
	return r.exit;
}
