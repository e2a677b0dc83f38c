/* merlon store: checks, counts, cleans and moves what the site remembers. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "cmd/store_move.h"
#include "control/control.h"
#include "scan/report.h"
#include "store/maintain.h"

#define NAMESPACES_MAX 64u

struct run {
	struct remembered r;
	const char *path; /* of the SQLite file; NULL: it is Redis */
	const char *file; /* argument */
	bool json;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon store check|stats|expire|export [OPTION]...\n"
	      "       merlon store import [OPTION]... FILE|-\n"
	      "What the site remembers: in the state directory, or in Redis if the configuration\n"
	      "says so. It may be in use by a daemon.\n\n"
	      "  check              read all of it and say what is damaged\n"
	      "  stats              count records by the first part of their keys\n"
	      "  expire             remove what is over now, instead of by and by\n"
	      "  export             write all of it to standard output, as lines of JSON\n"
	      "  import             add what such lines say; what is there is overwritten\n\n"
	      "  -c, --config FILE  the daemon's configuration (default: built-in defaults)\n"
	      "  --state DIR        the state directory (default: as configured)\n"
	      "  --url URL          another store: sqlite:FILE, redis:HOST:PORT, redis:unix:PATH\n"
	      "  --json             answer as JSON\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 something is damaged, 2 failure.\n",
	      out);
	return code;
}

static int fail(const struct err *e)
{
	fprintf(stderr, "merlon: %s\n", e->text);
	return APP_EXIT_FAILURE;
}

/* ---- counting ---- */

struct space {
	struct str name;
	uint64_t records, octets;
};

struct counts {
	struct arena *arena;
	struct space space[NAMESPACES_MAX + 1]; /* the last one: all others */
	size_t n;
	uint64_t shape[3], octets, bad;
};

/* "rep" of "rep:...": letters alone. */
static struct str space_of(struct str key)
{
	struct str name = str_cut(&key, ':');

	return key.p && name.n <= 16 && str_printable(name) ? name : STR("");
}

static struct space *space_for(struct counts *c, struct str name)
{
	size_t i = 0;

	while (i < c->n && !str_eq(c->space[i].name, name))
		i++;
	if (i == c->n && c->n < NAMESPACES_MAX)
		c->space[c->n++].name = arena_dup(c->arena, name);
	return &c->space[i];
}

static void count_one(void *arg, const struct raw_record *r, struct str octets)
{
	static const char letters[] = "RSE";
	struct counts *c = arg;
	struct space *s;

	c->octets += octets.n;
	if (!r) {
		c->bad++;
		return;
	}
	c->shape[strchr(letters, r->shape) - letters]++;
	s = space_for(c, space_of(r->key));
	s->records++;
	s->octets += octets.n;
}

static uint64_t file_octets(const struct run *run, const char *end)
{
	struct stat st;

	if (!run->path || stat(arena_printf(run->r.arena, "%s%s", run->path, end).p, &st) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static void stats_json(const struct run *run, const struct counts *c)
{
	json_t *j = json_object(), *spaces = json_array();

	json_object_set_new(j, "backend", json_string(run->path ? "sqlite" : "redis"));
	json_object_set_new(j, "records", number(c->shape[0]));
	json_object_set_new(j, "members", number(c->shape[1]));
	json_object_set_new(j, "entries", number(c->shape[2]));
	json_object_set_new(j, "octets", number(c->octets));
	json_object_set_new(j, "file_octets",
			    run->path ? number(file_octets(run, "")) : json_null());
	for (size_t i = 0; i <= c->n; i++) {
		json_t *s = json_object();

		json_object_set_new(s, "name", report_str(c->space[i].name));
		json_object_set_new(s, "records", number(c->space[i].records));
		json_object_set_new(s, "octets", number(c->space[i].octets));
		if (c->space[i].records)
			json_array_append(spaces, s);
		json_decref(s);
	}
	json_object_set_new(j, "namespaces", spaces);
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void stats_text(const struct run *run, const struct counts *c)
{
	printf("%-16s %12s %14s\n", "keys", "records", "octets");
	for (size_t i = 0; i <= c->n; i++) {
		if (!c->space[i].records)
			continue;
		printf("%-16.*s %12" PRIu64 " %14" PRIu64 "\n",
		       STR_ARG(c->space[i].name.n ? c->space[i].name : STR("(others)")),
		       c->space[i].records, c->space[i].octets);
	}
	printf("%-16s %12" PRIu64 " %14" PRIu64 "\n", "all",
	       c->shape[0] + c->shape[1] + c->shape[2], c->octets);
	if (run->path)
		printf("%s: %" PRIu64 " octets, its log %" PRIu64 "\n", run->path,
		       file_octets(run, ""), file_octets(run, "-wal"));
}

static int run_stats(struct run *run)
{
	struct counts *c = ARENA_NEW(run->r.arena, struct counts);
	struct err e;

	c->arena = run->r.arena;
	if (store_move_each(run->r.store, count_one, c, &e) < 0)
		return fail(&e);
	if (run->json)
		stats_json(run, c);
	else
		stats_text(run, c);
	return APP_EXIT_GOOD;
}

/* ---- checking ---- */

static void print_check(const struct run *run, const struct counts *c, const struct str *fault,
			size_t n)
{
	json_t *j = json_object(), *faults = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(faults, report_str(fault[i]));
	json_object_set_new(j, "good", json_boolean(n == 0 && c->bad == 0));
	json_object_set_new(j, "records", number(c->shape[0] + c->shape[1] + c->shape[2]));
	json_object_set_new(j, "damaged", number(c->bad));
	json_object_set_new(j, "faults", faults);
	if (run->json) {
		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(j);
	if (run->json)
		return;
	for (size_t i = 0; i < n; i++) {
		show_text(stdout, fault[i], NULL);
		putchar('\n');
	}
	printf("%" PRIu64 " records, %" PRIu64 " of them damaged\n",
	       c->shape[0] + c->shape[1] + c->shape[2] + c->bad, c->bad);
}

static int run_check(struct run *run)
{
	struct counts *c = ARENA_NEW(run->r.arena, struct counts);
	struct str *fault = NULL, unread;
	size_t n = 0;
	struct err e;

	c->arena = run->r.arena;
	if (run->path && maintain_check(run->r.arena, run->path, &fault, &n, &e) < 0)
		return fail(&e);
	if (store_move_each(run->r.store, count_one, c, &e) < 0) {
		if (!n)
			return fail(&e);
		unread = str_c(e.text);
		fprintf(stderr, "merlon: %.*s\n", STR_ARG(unread));
	}
	print_check(run, c, fault, n);
	return n || c->bad ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

/* One that is so damaged that it cannot be opened. */
static int check_unopened(struct run *run)
{
	struct counts none = { 0 };
	struct str *fault;
	size_t n = 0;
	struct err e;

	if (!run->path || maintain_check(run->r.arena, run->path, &fault, &n, &e) < 0 || !n)
		return APP_EXIT_FAILURE;
	print_check(run, &none, fault, n);
	return APP_EXIT_NEGATIVE;
}

/* ---- the others ---- */

static int run_expire(struct run *run)
{
	uint64_t gone = 0;
	struct err e;

	if (run->path && maintain_expire(run->path, clock_wall_ms(), &gone, &e) < 0)
		return fail(&e);
	if (run->json)
		printf("{\"removed\":%" PRIu64 "}\n", gone);
	else
		printf("%" PRIu64 " records removed%s\n", gone,
		       run->path ? "" : ": Redis does it by itself");
	return APP_EXIT_GOOD;
}

static int run_export(struct run *run)
{
	uint64_t n;
	struct err e;

	return store_move_export(run->r.store, run->path != NULL, stdout, &n, &e) < 0
		       ? fail(&e)
		       : APP_EXIT_GOOD;
}

static int run_import(struct run *run)
{
	FILE *in = strcmp(run->file, "-") == 0 ? stdin : fopen(run->file, "re");
	struct store_moved moved;
	struct err e;
	int rc;

	if (!in) {
		err_set(&e, "%s: %s", run->file, strerror(errno));
		return fail(&e);
	}
	rc = store_move_import(run->r.store, run->path != NULL, in, &moved, &e);
	if (in != stdin)
		fclose(in);
	if (rc < 0)
		return fail(&e);
	if (run->json)
		printf("{\"records\":%" PRIu64 ",\"over\":%" PRIu64 ",\"left\":%" PRIu64 "}\n",
		       moved.records, moved.over, moved.left);
	else
		printf("%" PRIu64 " records, %" PRIu64 " of them over and left out\n",
		       moved.records, moved.over);
	if (!run->json && moved.left)
		printf("%" PRIu64 " of them left out, since they are the shared classifier's and "
		       "this machine has its own\n",
		       moved.left);
	return APP_EXIT_GOOD;
}

static const struct verb {
	const char *name;
	int (*run)(struct run *run);
	bool writes, file;
} verbs[] = {
	{ "check", run_check, false, false },	{ "stats", run_stats, false, false },
	{ "expire", run_expire, false, false }, { "export", run_export, false, false },
	{ "import", run_import, true, true },
};

/* ---- which store ---- */

static struct store *open_url(struct run *run, const char *url, bool readonly, struct err *e)
{
	struct str s = str_c(url), server;
	struct store_redis_config redis = { .server = &server, .nservers = 1 };

	if (str_starts(s, STR("sqlite:"))) {
		run->path = url + 7;
		return store_sqlite(run->r.loop, run->path, readonly, e);
	}
	if (!str_starts(s, STR("redis:"))) {
		err_set(e, "%s: neither sqlite:FILE nor redis:SERVER", url);
		return NULL;
	}
	server = str_skip(s, 6);
	return store_redis(run->r.loop, &redis, NULL, e);
}

static bool open_store(struct run *run, const char *conf, const char *state, const char *url,
		       bool readonly)
{
	struct err e;
	bool good;

	if (url) {
		run->r = (struct remembered){ .arena = arena_new(0), .loop = loop_new() };
		run->r.store = open_url(run, url, readonly, &e);
		if (run->r.store)
			remembered_watch(&run->r);
		else
			fail(&e);
		return run->r.store != NULL;
	}
	good = remembered_open(&run->r, conf, state, readonly);
	if (run->r.app && !control_shared(run->r.app->conf))
		run->path =
			arena_printf(run->r.arena, "%s/store.db",
				     state ? state : conf_str(run->r.app->conf, "daemon.state").p)
				.p;
	return good;
}

static const struct verb *verb_of(int argc, char **argv)
{
	if (optind >= argc)
		return NULL;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, argv[optind]) == 0)
			return argc - optind - 1 == verbs[i].file ? &verbs[i] : NULL;
	return NULL;
}

int cmd_store(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "state", required_argument, NULL, 's' },
		{ "url", required_argument, NULL, 'u' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *conf = NULL, *state = NULL, *url = NULL;
	struct run run = { 0 };
	const struct verb *verb;
	int o, rc;

	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (o == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		if (o == '?')
			return usage(stderr, APP_EXIT_FAILURE);
		*(o == 'c' ? &conf : o == 's' ? &state : o == 'u' ? &url : &run.file) = optarg;
		run.json = run.json || o == 'j';
	}
	verb = verb_of(argc, argv);
	if (!verb)
		return usage(stderr, APP_EXIT_FAILURE);
	run.file = argv[argc - 1];
	rc = APP_EXIT_FAILURE;
	if (open_store(&run, conf, state, url, !verb->writes))
		rc = verb->run(&run);
	else if (verb->run == run_check)
		rc = check_unopened(&run);
	if (rc == APP_EXIT_FAILURE && run.r.why[0])
		fprintf(stderr, "merlon: %s\n", run.r.why);
	remembered_close(&run.r);
	return rc;
}
