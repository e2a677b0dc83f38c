/* merlon feeds: what there is of lists that others publish, fetching them, and who is listed. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "control/fetch.h"
#include "io/loop.h"
#include "mail/domain.h"
#include "scan/report.h"

#define LOCKED_MAX 60u /* times that another process is waited for */

struct run {
	struct arena *arena;
	struct app *app;
	struct feed_specs specs;
	const char *conf, *state;
	bool json;
	json_t *all;
	bool bad; /* a negative finding */
	/* fetch */
	struct app_env *env;
	struct fetcher *fetcher;
	size_t left;
	unsigned locked;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon feeds [OPTION]... list\n"
	      "       merlon feeds [OPTION]... fetch [NAME]...\n"
	      "       merlon feeds [OPTION]... test VALUE...\n"
	      "Lists that others publish, as the feed sections of the configuration name them.\n\n"
	      "  list    shows each feed, what there is of it, and how the last fetch went\n"
	      "  fetch   fetches these feeds, or all, now; none sooner than five minutes after "
	      "the\n"
	      "          last time\n"
	      "  test    says which feeds list a URL, host, address, network's member or digest\n\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        the daemon's state directory\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 a feed is not there or stale, a fetch failed, or something is "
	      "listed,\n2 failure.\n",
	      out);
	return code;
}

static void show(struct str s)
{
	show_text(stdout, s, NULL);
}

/* ---- list ---- */

/* What stands behind "?" may be a key of the publisher, and so may a long piece of the path. */
static struct str shown_source(struct arena *a, const struct feed_spec *s)
{
	struct buf b = { .arena = a };
	struct str query = s->url, url;

	if (s->path)
		return arena_printf(a, "file:%s", s->path);
	url = str_cut(&query, '?');
	buf_add_shown(&b, url, '/');
	if (query.p)
		buf_add(&b, STR("?..."));
	return buf_str(&b);
}

static json_t *time_json(int64_t t)
{
	return t ? json_integer(t) : json_null();
}

static const char *const forms[] = { "list", "csv", "hosts", "rpz" };
static const char *const kinds[] = { "auto", "url", "host", "ip", "digest", "address" };
static const char *const states[] = { "good", "missing", "stale" };

static void list_json(struct run *run, const struct feed_spec *s, const struct fetch_state *t,
		      enum feeds_state state, size_t entries, const char *damage)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", report_str(s->name));
	json_object_set_new(j, "source", report_str(shown_source(run->arena, s)));
	json_object_set_new(j, "form", json_string(forms[s->format.form]));
	json_object_set_new(j, "kind", json_string(kinds[s->format.kind]));
	json_object_set_new(j, "class", json_string(feed_class_word(s->class)));
	json_object_set_new(j, "state", json_string(states[state]));
	json_object_set_new(j, "damage", damage[0] ? json_string(damage) : json_null());
	json_object_set_new(j, "entries", json_integer((json_int_t)entries));
	json_object_set_new(j, "octets", json_integer((json_int_t)t->octets));
	json_object_set_new(j, "tried", time_json(t->tried));
	json_object_set_new(j, "fetched", time_json(t->fetched));
	json_object_set_new(j, "changed", time_json(t->changed));
	json_object_set_new(j, "failures", json_integer(t->failures));
	json_object_set_new(j, "why", t->why[0] ? json_string(t->why) : json_null());
	json_array_append_new(run->all, j);
}

static void print_age(const char *what, int64_t t)
{
	int64_t s = clock_wall() - t;

	if (!t)
		printf(", never %s", what);
	else if (s < 7200)
		printf(", %s %lld min ago", what, (long long)(s > 0 ? s / 60 : 0));
	else
		printf(", %s %lld h ago", what, (long long)(s / 3600));
}

static void list_text(struct run *run, const struct feed_spec *s, const struct fetch_state *t,
		      enum feeds_state state, size_t entries, const char *damage)
{
	show(s->name);
	printf(": %s%s%s%s, %zu entries", states[state], damage[0] ? " (" : "", damage,
	       damage[0] ? ")" : "", entries);
	print_age("current", t->fetched);
	print_age("changed", t->changed);
	printf("\n  class %s, form %s, kind %s, from ", feed_class_word(s->class),
	       forms[s->format.form], kinds[s->format.kind]);
	show(shown_source(run->arena, s));
	putchar('\n');
	if (t->failures) {
		printf("  could not be fetched the last %u times: ", t->failures);
		show(str_c(t->why));
		putchar('\n');
	}
}

static int list(struct run *run)
{
	struct feeds *f = feeds_new(&run->specs, run->state);

	for (size_t i = 0; i < run->specs.n; i++) {
		const struct feed_spec *s = &run->specs.spec[i];
		enum feeds_state state = feeds_state(f, i);
		size_t entries = feed_entries(feeds_set(f, i));
		struct fetch_state t;

		fetch_state_read(feeds_path(run->arena, run->state, s->name, "state"), &t);
		(run->json ? list_json : list_text)(run, s, &t, state, entries, feeds_why(f, i));
		run->bad |= state != FEEDS_GOOD;
	}
	feeds_free(f);
	return 0;
}

/* ---- fetch ---- */

static const char *const outcomes[] = { "current", "new", "failed", "early", "locked" };

static void fetched_text(const struct feed_spec *s, enum fetch_outcome o,
			 const struct fetch_state *t, const struct feed_counts *c)
{
	show(s->name);
	printf(": %s", outcomes[o]);
	if (o == FETCH_NEW)
		printf(", %zu entries in %zu lines (%zu more than once, %zu bad, %zu too long%s)",
		       c->entries, c->lines, c->duplicates, c->bad, c->too_long,
		       c->truncated ? "; cut at the limit" : "");
	else if (o == FETCH_CURRENT)
		printf(", %llu entries", (unsigned long long)t->entries);
	else if (o == FETCH_EARLY)
		printf(", was asked %lld s ago", (long long)(clock_wall() - t->tried));
	else if (o == FETCH_LOCKED)
		printf(", another process is fetching");
	if (o == FETCH_FAILED) {
		fputs(", ", stdout);
		show(str_c(t->why));
	}
	putchar('\n');
	fflush(stdout);
}

static void fetched_json(struct run *run, const struct feed_spec *s, enum fetch_outcome o,
			 const struct fetch_state *t, const struct feed_counts *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", report_str(s->name));
	json_object_set_new(j, "outcome", json_string(outcomes[o]));
	json_object_set_new(j, "entries", json_integer((json_int_t)t->entries));
	json_object_set_new(j, "lines", json_integer((json_int_t)c->lines));
	json_object_set_new(j, "duplicates", json_integer((json_int_t)c->duplicates));
	json_object_set_new(j, "bad", json_integer((json_int_t)c->bad));
	json_object_set_new(j, "too_long", json_integer((json_int_t)c->too_long));
	json_object_set_new(j, "truncated", json_boolean(c->truncated));
	json_object_set_new(j, "why", o == FETCH_FAILED ? json_string(t->why) : json_null());
	json_array_append_new(run->all, j);
}

struct again {
	struct run *run;
	size_t i;
};

static void ask_again(void *arg)
{
	struct again *a = arg;

	fetcher_ask(a->run->fetcher, a->i);
}

static void fetched(void *arg, size_t i, enum fetch_outcome o, const struct fetch_state *t,
		    const struct feed_counts *c)
{
	struct run *run = arg;
	const struct feed_spec *s = &run->specs.spec[i];

	if (o == FETCH_LOCKED && run->locked++ < LOCKED_MAX) {
		struct again *a = ARENA_NEW(run->arena, struct again);
		*a = (struct again){ run, i };
		loop_after(run->env->scan.loop, 1000, ask_again, a);
		return;
	}
	if (run->json)
		fetched_json(run, s, o, t, c);
	else
		fetched_text(s, o, t, c);
	run->bad |= o == FETCH_FAILED || o == FETCH_LOCKED;
	run->left--;
}

static bool asked_for(const struct feed_spec *s, char **name, int n)
{
	for (int i = 0; i < n; i++)
		if (str_eq(s->name, str_c(name[i])))
			return true;
	return n == 0;
}

static int check_names(struct run *run, char **name, int n)
{
	int missing = 0;

	for (int k = 0; k < n; k++) {
		bool found = false;
		for (size_t i = 0; i < run->specs.n; i++)
			found |= str_eq(run->specs.spec[i].name, str_c(name[k]));
		if (!found)
			fprintf(stderr, "merlon feeds: no feed \"%s\"\n", name[k]);
		missing += !found;
	}
	return missing ? -1 : 0;
}

static int fetch(struct run *run, char **name, int n)
{
	struct fetch_args args = {
		.specs = &run->specs, .state = run->state, .once = true, .told = fetched, .arg = run
	};
	struct err e;

	if (check_names(run, name, n) < 0)
		return -1;
	run->env = app_env_new(run->app, NULL, 0, NULL, &e);
	if (run->env) {
		args.loop = run->env->scan.loop;
		args.http = run->env->scan.http;
		run->fetcher = fetcher_new(&args, &e);
	}
	if (!run->fetcher) {
		fprintf(stderr, "merlon feeds: %s\n", e.text);
		return -1;
	}
	for (size_t i = 0; i < run->specs.n; i++)
		if (asked_for(&run->specs.spec[i], name, n)) {
			run->left++;
			fetcher_ask(run->fetcher, i);
		}
	while (run->left)
		loop_turn(run->env->scan.loop, 1000);
	fetcher_free(run->fetcher);
	return 0;
}

/* ---- test ---- */

static bool has_digest(const struct feed_set *s, struct str v)
{
	uint8_t d[32];

	if (v.n != 32 && v.n != 40 && v.n != 64)
		return false;
	for (size_t i = 0; i < v.n; i += 2) {
		if (ch_hex(v.p[i]) < 0 || ch_hex(v.p[i + 1]) < 0)
			return false;
		d[i / 2] = (uint8_t)(ch_hex(v.p[i]) << 4 | ch_hex(v.p[i + 1]));
	}
	return feed_has_digest(s, d, v.n / 2);
}

/* As what it is listed; NULL: it is not. */
static const char *listed(struct arena *a, const struct feed_set *s, struct str v)
{
	struct str domain = domain_read(a, v, DOMAIN_UNDERSCORE);
	struct feed_url u;
	struct ip ip;

	if (ip_parse(v, &ip))
		return feed_has_ip(s, &ip) ? "address" : NULL;
	if (has_digest(s, v))
		return "digest";
	if (str_chr(v, '/') == SIZE_MAX && feed_has_address(s, v))
		return "address of mail";
	if (domain.p && feed_has_host(s, domain))
		return "host";
	if (!feed_url_read(a, v, &u))
		return NULL;
	if (feed_has_url(s, &u))
		return "URL";
	return feed_has_host(s, u.host) ? "host of the URL" : NULL;
}

static json_t *test_one(struct run *run, struct feeds *f, struct str value)
{
	json_t *by = json_array();

	for (size_t i = 0; i < run->specs.n; i++) {
		const struct feed_spec *s = &run->specs.spec[i];
		const char *as = listed(run->arena, feeds_set(f, i), value);
		json_t *j;
		if (!as)
			continue;
		j = json_object();
		json_object_set_new(j, "name", report_str(s->name));
		json_object_set_new(j, "class", json_string(feed_class_word(s->class)));
		json_object_set_new(j, "as", json_string(as));
		json_array_append_new(by, j);
	}
	return by;
}

static void print_listed(struct str value, const json_t *by)
{
	const json_t *j;
	size_t i;

	show(value);
	fputs(json_array_size(by) ? ": " : ": not listed", stdout);
	json_array_foreach(by, i, j) printf("%s%s (%s, as %s)", i ? ", " : "",
					    json_string_value(json_object_get(j, "name")),
					    json_string_value(json_object_get(j, "class")),
					    json_string_value(json_object_get(j, "as")));
	putchar('\n');
}

static int test(struct run *run, char **value, int n)
{
	struct feeds *f = feeds_new(&run->specs, run->state);

	for (size_t i = 0; i < run->specs.n; i++)
		if (feeds_state(f, i) == FEEDS_MISSING)
			fprintf(stderr, "merlon feeds: %.*s has no entries: %s\n",
				STR_ARG(run->specs.spec[i].name), feeds_why(f, i));
	for (int k = 0; k < n; k++) {
		json_t *by = test_one(run, f, str_c(value[k])), *j = json_object();
		run->bad |= json_array_size(by) > 0;
		if (!run->json)
			print_listed(str_c(value[k]), by);
		json_object_set_new(j, "value", report_str(str_c(value[k])));
		json_object_set_new(j, "feeds", by);
		json_array_append_new(run->all, j);
	}
	feeds_free(f);
	return 0;
}

/* ---- the command ---- */

static int work(struct run *run, const char *verb, char **word, int n)
{
	static const struct log_config quiet = { LOG_LVL_WARN, LOG_LOGFMT, "stderr" };
	int rc = -1;
	struct err e;

	log_open(&quiet, &e);
	run->app = app_load(run->conf, app_checks(run->arena, NULL), 0, NULL, NULL);
	if (!run->app)
		return APP_EXIT_FAILURE;
	if (!run->state)
		run->state = conf_str(run->app->conf, "daemon.state").p;
	if (feed_specs_read(run->arena, run->app->conf, &run->specs, &e) < 0)
		fprintf(stderr, "merlon feeds: %s\n", e.text);
	else if (strcmp(verb, "list") == 0)
		rc = list(run);
	else if (strcmp(verb, "fetch") == 0)
		rc = fetch(run, word, n);
	else
		rc = test(run, word, n);
	if (rc == 0 && run->json) {
		json_dumpf(run->all, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (rc == 0 && !run->specs.n) {
		puts("no feed is configured");
	}
	app_env_free(run->env);
	app_free(run->app);
	return rc < 0 ? APP_EXIT_FAILURE : run->bad ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

static bool good_verb(const char *verb, int n)
{
	if (!verb)
		return false;
	return (strcmp(verb, "list") == 0 && n == 0) || strcmp(verb, "fetch") == 0 ||
	       (strcmp(verb, "test") == 0 && n > 0);
}

int cmd_feeds(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },
		{ "config", 1, 0, 'c' },
		{ "state", 1, 0, 's' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct run run = { 0 };
	int c, code;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'j')
			run.json = true;
		else if (c == 'c')
			run.conf = optarg;
		else if (c == 's')
			run.state = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (!good_verb(optind < argc ? argv[optind] : NULL, argc - optind - 1))
		return usage(stderr, APP_EXIT_FAILURE);
	run.arena = arena_new(0);
	run.all = json_array();
	code = work(&run, argv[optind], argv + optind + 1, argc - optind - 1);
	json_decref(run.all);
	arena_free(run.arena);
	return code;
}
