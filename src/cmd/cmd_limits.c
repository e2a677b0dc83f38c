/* merlon limits: how full the buckets of rate limits are, and what is done about one. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/map.h"
#include "checks/memory/rate.h"
#include "cmd/cmd.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "scan/report.h"

enum verb { LIST, SHOW, RESET, RAISE };

struct run {
	struct remembered r;
	struct rate_config rates;
	struct map *raised; /* struct str: what follows "rate:" or "ratemax:" -> the limit */
	struct map *shown;  /* the same, of buckets that were shown */
	enum verb verb;
	bool json;
	json_t *all;
	size_t n;
};

static const struct rate_rule *rule_of(const struct run *run, struct str name)
{
	for (size_t i = 0; i < run->rates.n; i++)
		if (str_eq(run->rates.rule[i].name, name))
			return &run->rates.rule[i];
	return NULL;
}

/* ---- showing ---- */

struct shown {
	const struct remembered_record *m;
	const struct rate_rule *rule; /* NULL: it is not in the configuration any more */
	double level, limit;	      /* limit 0: not known */
	bool raised;
};

static void print_json(struct run *run, const struct shown *v)
{
	json_t *j = json_object(), *key = json_array();

	json_object_set_new(j, "rate", report_str(v->m->part[0]));
	for (size_t i = 1; i < v->m->nparts; i++)
		json_array_append_new(key, report_str(v->m->part[i]));
	json_object_set_new(j, "key", key);
	json_object_set_new(j, "level", json_real(v->level));
	json_object_set_new(j, "limit", v->limit > 0 ? json_real(v->limit) : json_null());
	json_object_set_new(j, "percent",
			    v->limit > 0 ? json_real(v->level / v->limit * 100) : json_null());
	json_object_set_new(j, "raised", json_boolean(v->raised));
	json_array_append_new(run->all, j);
}

static void print_text(const struct shown *v)
{
	for (size_t i = 0; i < v->m->nparts; i++) {
		if (i)
			putchar(' ');
		show_text(stdout, v->m->part[i], NULL);
	}
	if (v->limit > 0)
		printf(": %.0f of %.0f (%.0f %%)%s\n", v->level, v->limit,
		       v->level / v->limit * 100, v->raised ? ", raised" : "");
	else
		printf(": %.0f\n", v->level);
}

static void print(struct run *run, const struct shown *v)
{
	run->n++;
	if (run->json)
		print_json(run, v);
	else
		print_text(v);
}

static void show(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	const double *raised = map_get(run->raised, str_skip(m->key, sizeof "rate:" - 1));
	struct shown v = { .m = m, .rule = rule_of(run, m->part[0]), .raised = raised != NULL };
	double passed = (double)(clock_wall_ms() - m->record.updated_ms) / 1000;

	if (m->record.kind != 'T')
		return;
	v.limit = raised ? *raised : v.rule ? v.rule->limit : 0;
	v.level = m->record.sum[0];
	if (v.rule && passed > 0)
		v.level -= passed * v.rule->limit / v.rule->period_s;
	v.level = v.level > 0 ? v.level : 0;
	map_put(run->shown, arena_dup(run->r.arena, str_skip(m->key, sizeof "rate:" - 1)), run);
	print(run, &v);
}

/* One that was raised and has no bucket: it is empty. */
static void show_raised(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	struct str key = str_skip(m->key, sizeof "ratemax:" - 1);
	const double *limit = map_get(run->raised, key);
	struct shown v = { .m = m, .rule = rule_of(run, m->part[0]), .raised = true };

	if (!limit || map_get(run->shown, key))
		return;
	v.limit = *limit;
	print(run, &v);
}

static void note_raised(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	double *limit = ARENA_NEW(run->r.arena, double);

	if (m->record.kind == 'V' && str_f64(m->record.value, limit))
		map_put(run->raised,
			arena_dup(run->r.arena, str_skip(m->key, sizeof "ratemax:" - 1)), limit);
}

static bool list(struct run *run, const struct str *part, size_t n)
{
	run->raised = map_new(run->r.arena, false);
	run->shown = map_new(run->r.arena, false);
	return remembered_each(&run->r, "ratemax", NULL, 0, note_raised, run) &&
	       remembered_each(&run->r, "rate", part, n, show, run) &&
	       remembered_each(&run->r, "ratemax", part, n, show_raised, run);
}

/* ---- changing ---- */

static bool reset(struct run *run, const struct str *part, size_t n)
{
	static const char *const ns[] = { "rate", "ratemax", "ratelog", "rateover" };

	for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
		struct store_op op = { .kind = STORE_DEL,
				       .key = remembered_key(&run->r, ns[i], part, n) };
		struct store_answer a;
		if (!remembered_do(&run->r, &op, &a))
			return false;
		run->n += i < 2 && a.status == STORE_OK;
	}
	return true;
}

static bool raise_to(struct run *run, const struct str *part, size_t n, double limit,
		     double period_s)
{
	struct store_op op = { .kind = STORE_PUT,
			       .key = remembered_key(&run->r, "ratemax", part, n),
			       .value = arena_printf(run->r.arena, "%.0f", limit),
			       .ttl_ms = (uint64_t)(period_s * 1000) };
	struct store_answer a;

	run->n++;
	return remembered_do(&run->r, &op, &a);
}

/* The key is of this limit, and has all its parts. */
static bool key_ok(const struct run *run, const struct str *part, size_t n)
{
	const struct rate_rule *r = rule_of(run, part[0]);

	if (r && r->nparts == n - 1)
		return true;
	if (!r) {
		fprintf(stderr, "merlon: there is no rate limit \"%.*s\"\n", STR_ARG(part[0]));
		return false;
	}
	fprintf(stderr, "merlon: the key of \"%.*s\" is", STR_ARG(r->name));
	for (size_t i = 0; i < r->nparts; i++)
		fprintf(stderr, " %s", rate_part_word(r->part[i]));
	fputc('\n', stderr);
	return false;
}

/* ---- the command ---- */

struct args {
	const char *conf, *state, *to, *within;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon limits [OPTION]... list [KEYPART]...\n"
	      "       merlon limits [OPTION]... show|reset NAME KEYPART...\n"
	      "       merlon limits [OPTION]... --to N [--for TIME] raise NAME KEYPART...\n"
	      "The buckets of rate limits, by the limit's name and the parts of its key in their\n"
	      "order: merlon limits show outbound user@example.com\n\n"
	      "  list   shows the buckets that have every KEYPART, with how full they are\n"
	      "  show   shows one\n"
	      "  reset  empties it, and takes back what it was raised to\n"
	      "  raise  gives this key another, higher limit for some time\n\n"
	      "  --to N             the limit it is raised to (bytes: 50M)\n"
	      "  --for TIME         for so long: 30m, 6h, 2d (default 1d)\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        directory of what is remembered\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 there is no such bucket, 2 failure.\n",
	      out);
	return code;
}

static bool raise_bucket(struct run *run, const struct args *args, const struct str *part, size_t n)
{
	struct str both = arena_printf(run->r.arena, "%s/%s", args->to, args->within);
	bool bytes = rule_of(run, part[0])->count == RATE_BYTES;
	double limit, period_s;

	if (rate_limit_parse(both, bytes, &limit, &period_s))
		return raise_to(run, part, n, limit, period_s);
	fprintf(stderr, "merlon: found --to %s --for %s, expected such as --to 500 --for 6h\n",
		args->to, args->within);
	return false;
}

static bool run_verb(struct run *run, const struct args *args, struct str *part, size_t n)
{
	for (size_t i = 1; i < n && run->verb != LIST; i++)
		part[i] = arena_lower(run->r.arena, part[i]);
	if (run->verb == LIST)
		return list(run, part, n);
	if (!key_ok(run, part, n))
		return false;
	if (run->verb == SHOW)
		return list(run, part, n);
	return run->verb == RESET ? reset(run, part, n) : raise_bucket(run, args, part, n);
}

static void print_end(const struct run *run)
{
	bool shows = run->verb == LIST || run->verb == SHOW;
	const char *done = run->verb == RESET ? "reset" : "raised";

	if (shows && run->json) {
		json_dumpf(run->all, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (run->json) {
		printf("{\"%s\": %s}\n", done, run->n ? "true" : "false");
	} else if (!shows) {
		puts(run->n ? done : "there is no such bucket");
	}
}

static int run_all(struct run *run, const struct args *args, char **word, size_t n)
{
	struct str part[REMEMBERED_PARTS];
	int code = APP_EXIT_FAILURE;
	struct err e;

	for (size_t i = 0; i < n; i++)
		part[i] = str_c(word[i]);
	run->all = json_array();
	if (remembered_open(&run->r, args->conf, args->state, run->verb <= SHOW)) {
		if (rate_read(run->r.arena, run->r.app->conf, &run->rates, &e) < 0) {
			fprintf(stderr, "merlon: %s\n", e.text);
		} else if (run_verb(run, args, part, n)) {
			print_end(run);
			code = run->n || (run->verb == LIST && n == 0) ? APP_EXIT_GOOD
								       : APP_EXIT_NEGATIVE;
		}
	}
	json_decref(run->all);
	remembered_close(&run->r);
	return code;
}

static bool read_verb(const char *word, enum verb *v)
{
	static const char *const words[] = { "list", "show", "reset", "raise" };

	for (*v = LIST; *v <= RAISE; (*v)++)
		if (word && strcmp(word, words[*v]) == 0)
			return true;
	return false;
}

/* False: it is not used so. */
static bool args_ok(const struct run *run, const struct args *args, int n)
{
	if (n < 0 || n > (int)REMEMBERED_PARTS || (run->verb != LIST && n < 2))
		return false;
	return (run->verb == RAISE) == (args->to != NULL);
}

int cmd_limits(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },
		{ "to", 1, 0, 't' },
		{ "for", 1, 0, 'f' },
		{ "config", 1, 0, 'c' },
		{ "state", 1, 0, 's' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct args args = { .within = "1d" };
	struct run run = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'j')
			run.json = true;
		else if (c == 't')
			args.to = optarg;
		else if (c == 'f')
			args.within = optarg;
		else if (c == 'c')
			args.conf = optarg;
		else if (c == 's')
			args.state = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (!read_verb(optind < argc ? argv[optind] : NULL, &run.verb) ||
	    !args_ok(&run, &args, argc - optind - 1))
		return usage(stderr, APP_EXIT_FAILURE);
	return run_all(&run, &args, argv + optind + 1, (size_t)(argc - optind - 1));
}
