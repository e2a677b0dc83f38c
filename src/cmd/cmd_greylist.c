/* merlon greylist: who waits, and lets them in. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "checks/memory/greylist.h"
#include "cmd/cmd.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "scan/report.h"

enum verb { LIST, RELEASE, FORGET };

struct run {
	struct remembered r;
	enum verb verb;
	bool json, waiting; /* waiting: only those who do */
	json_t *all;
	size_t n;
	VEC(struct str) keys; /* to be changed, when the walk is over */
};

static const char *state_word(char state)
{
	return state == GREYLIST_WAITS ? "waits" : state == GREYLIST_PASSED ? "passed" : "released";
}

static void print_json(struct run *run, const struct remembered_record *m,
		       const struct greylist_record *g)
{
	json_t *j = json_object(), *parts = json_array();

	json_object_set_new(j, "kind", report_str(m->part[0]));
	for (size_t i = 1; i < m->nparts; i++)
		json_array_append_new(parts, report_str(m->part[i]));
	json_object_set_new(j, "key", parts);
	json_object_set_new(j, "state", json_string(state_word(g->state)));
	json_object_set_new(j, "since", json_integer(g->when));
	json_object_set_new(j, "ends", m->ends_ms ? json_integer(m->ends_ms / 1000) : json_null());
	json_array_append_new(run->all, j);
}

static void print_text(struct run *run, const struct remembered_record *m,
		       const struct greylist_record *g)
{
	printf("%-8s %.*s", state_word(g->state),
	       STR_ARG(remembered_time(run->r.arena, g->when * 1000)));
	for (size_t i = 0; i < m->nparts; i++) {
		putchar(' ');
		show_text(stdout, m->part[i], NULL);
	}
	putchar('\n');
}

static void one(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	struct greylist_record g;

	if (m->nparts < 2 || m->record.kind != 'V' || !greylist_parse(m->record.value, &g) ||
	    (run->waiting && g.state != GREYLIST_WAITS))
		return;
	run->n++;
	if (run->verb == LIST && run->json)
		print_json(run, m, &g);
	else if (run->verb == LIST)
		print_text(run, m, &g);
	else
		VEC_PUSH(run->r.arena, run->keys) = arena_dup(run->r.arena, m->key);
}

/* False: said why. */
static bool change(struct run *run)
{
	struct store_op op = { .kind = run->verb == FORGET ? STORE_DEL : STORE_PUT };
	struct store_answer a;

	op.value = greylist_format(run->r.arena, GREYLIST_RELEASED, clock_wall_ms() / 1000);
	op.ttl_ms = conf_time_ms(run->r.app->conf, "greylist.expire");
	for (size_t i = 0; i < run->keys.n; i++) {
		op.key = run->keys.p[i];
		if (!remembered_do(&run->r, &op, &a))
			return false;
	}
	return true;
}

static void print_end(const struct run *run)
{
	static const char *const done[] = { "", "released", "forgotten" };

	if (run->verb == LIST) {
		if (run->json)
			json_dumpf(run->all, stdout, JSON_INDENT(2));
	} else if (run->json) {
		printf("{\"%s\": %zu}", done[run->verb], run->n);
	} else {
		printf("%zu %s", run->n, done[run->verb]);
	}
	if (run->verb != LIST || run->json)
		putchar('\n');
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon greylist [OPTION]... list|release|forget [KEYPART]...\n"
	      "What greylisting remembers: networks (or domains of SPF) with the author's and the\n"
	      "recipient's domain, single messages, and authors' domains that passed.\n\n"
	      "  list     shows the records that have every KEYPART: a network (192.0.2.0/24,\n"
	      "           spf:example.com), an author's domain, a recipient's domain\n"
	      "  release  lets them in at once from now on; at least one KEYPART\n"
	      "  forget   as if they had never been seen; at least one KEYPART\n\n"
	      "  --waiting          only those that wait\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        directory of what is remembered\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 there is no such record, 2 failure.\n",
	      out);
	return code;
}

static int run_verb(struct run *run, const char *conf, const char *state, char **word, int n)
{
	struct str part[REMEMBERED_PARTS];
	int code = APP_EXIT_FAILURE;

	for (int i = 0; i < n; i++)
		part[i] = str_c(word[i]);
	run->all = json_array();
	if (remembered_open(&run->r, conf, state, run->verb == LIST) &&
	    remembered_each(&run->r, "grey", part, (size_t)n, one, run) && change(run)) {
		print_end(run);
		code = run->n || (run->verb == LIST && n == 0) ? APP_EXIT_GOOD : APP_EXIT_NEGATIVE;
	}
	json_decref(run->all);
	remembered_close(&run->r);
	return code;
}

static bool read_verb(const char *word, enum verb *v)
{
	static const char *const words[] = { "list", "release", "forget" };

	for (*v = LIST; *v <= FORGET; (*v)++)
		if (word && strcmp(word, words[*v]) == 0)
			return true;
	return false;
}

int cmd_greylist(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },	{ "waiting", 0, 0, 'w' }, { "config", 1, 0, 'c' },
		{ "state", 1, 0, 's' }, { "help", 0, 0, 'h' },	  { 0 },
	};
	const char *conf = NULL, *state = NULL;
	struct run run = { 0 };
	int c, rest;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'j')
			run.json = true;
		else if (c == 'w')
			run.waiting = true;
		else if (c == 'c')
			conf = optarg;
		else if (c == 's')
			state = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (!read_verb(optind < argc ? argv[optind] : NULL, &run.verb))
		return usage(stderr, APP_EXIT_FAILURE);
	rest = argc - optind - 1;
	if (rest > (int)REMEMBERED_PARTS || (run.verb != LIST && rest == 0))
		return usage(stderr, APP_EXIT_FAILURE);
	return run_verb(&run, conf, state, argv + optind + 1, rest);
}
