/*
 * merlon learn: messages as spam or ham to the classifier, or out of it again. They are read here;
 * what goes to the daemon are features, which say nothing of the mail.
 */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/learn_import.h"
#include "cmd/show.h"
#include "cmd/source.h"
#include "cmd/teacher.h"
#include "learn/features_message.h"

#define PROGRESS_US 200000
#define USER_MAX 320u

struct lesson_options {
	bool json, undo;
	const char *user, *conf, *state, *socket;
	enum learn_class to;
};

struct run {
	const struct lesson_options *o;
	struct teacher *teacher;
	struct hash_key key;
	uint64_t messages, empty;
	uint64_t shown_us; /* when progress was shown last; 0: not on a terminal */
	bool stuck;
	struct err e;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon learn spam|ham|forget [OPTION]... FILE|DIR|MBOX|MAILDIR|-...\n"
	      "       merlon learn import bogofilter [OPTION]... DUMP\n"
	      "       merlon learn import spamassassin [OPTION]... BACKUP MAIL...\n"
	      "       merlon learn status [OPTION]...\n"
	      "       merlon learn erase --user U [OPTION]...\n"
	      "Trains the classifier with messages, takes back what it learnt of them, says what "
	      "it\n"
	      "has learnt, or deletes what it knows of a user.\n\n"
	      "  --user U           the user (or domain) who says so, and whose own counts change "
	      "too\n"
	      "  --undo             import: takes back what that file taught\n"
	      "  --socket PATH      control socket of the daemon\n"
	      "  --state DIR        state directory, of the daemon or of none that runs\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --json             print JSON\n"
	      "  --help             this text\n\n"
	      "With a daemon it is trained over its control socket; else the data base in the "
	      "state\n"
	      "directory is changed.\n"
	      "Exit: 0 good, 1 something was not to be forgotten or was refused, 2 failure.\n",
	      out);
	return code;
}

/* ---- messages ---- */

static void show_progress(struct run *r)
{
	uint64_t now = clock_mono_us();

	if (!r->shown_us || now - r->shown_us < PROGRESS_US)
		return;
	r->shown_us = now;
	fprintf(stderr, "\r%llu messages", (unsigned long long)r->messages);
}

static void each(void *arg, struct str name, struct str octets)
{
	struct run *r = arg;
	struct learn_event e = { .to = r->o->to,
				 .source = LEARN_PERSON,
				 .user = str_c(r->o->user ? r->o->user : ""),
				 .when_ms = clock_wall() * 1000 };
	struct arena *a;

	if (r->stuck)
		return;
	r->messages++;
	show_progress(r);
	if (str_trim(octets).n == 0) {
		r->empty++;
		fputs("merlon: ", stderr);
		show_text(stderr, name, NULL);
		fputs(": empty\n", stderr);
		return;
	}
	a = arena_new(0);
	learn_event_read(a, r->key, octets, &e);
	r->stuck = teacher_learn(r->teacher, &e, &r->e) < 0;
	arena_free(a);
}

static bool is_dir(struct arena *a, const char *path, const char *below)
{
	struct stat st;

	return stat(arena_printf(a, "%s/%s", path, below).p, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of a Maildir, what is mail. */
static int each_at(struct run *r, const char *path, struct err *e)
{
	struct arena *a = arena_new(0);
	int rc;

	if (is_dir(a, path, "cur") && is_dir(a, path, "new")) {
		rc = source_each(arena_printf(a, "%s/cur", path).p, each, r, e);
		if (rc == 0)
			rc = source_each(arena_printf(a, "%s/new", path).p, each, r, e);
	} else {
		rc = source_each(path, each, r, e);
	}
	arena_free(a);
	return rc;
}

static void print_json(const struct teacher_counts *c, uint64_t failed)
{
	printf("{\"learnt\":%llu,\"already\":%llu,\"unknown\":%llu,\"refused\":%llu,"
	       "\"failed\":%llu}\n",
	       (unsigned long long)c->result[TRAINED], (unsigned long long)c->result[TRAIN_ALREADY],
	       (unsigned long long)c->result[TRAIN_UNKNOWN],
	       (unsigned long long)c->result[TRAIN_REFUSED], (unsigned long long)failed);
}

static void print_text(const struct run *r, const struct teacher_counts *c, uint64_t failed)
{
	bool forget = r->o->to == LEARN_NONE;

	printf("%llu %s, %llu %s, %llu failed\n", (unsigned long long)c->result[TRAINED],
	       forget ? "forgotten" : "learnt",
	       (unsigned long long)c->result[forget ? TRAIN_UNKNOWN : TRAIN_ALREADY],
	       forget ? "unknown" : "already", (unsigned long long)failed);
	if (c->result[TRAIN_REFUSED])
		printf("%llu refused\n", (unsigned long long)c->result[TRAIN_REFUSED]);
}

static int result(struct run *r, uint64_t unread)
{
	const struct teacher_counts *c = teacher_counts(r->teacher);
	uint64_t failed = c->result[TRAIN_FAILED] + r->empty + unread;

	if (r->shown_us)
		fputs("\r\033[K", stderr);
	if (r->stuck)
		fprintf(stderr, "merlon: %s\n", r->e.text);
	if (r->o->json)
		print_json(c, failed);
	else
		print_text(r, c, failed);
	if (failed || r->stuck)
		return APP_EXIT_FAILURE;
	return c->result[TRAIN_UNKNOWN] || c->result[TRAIN_REFUSED] ? APP_EXIT_NEGATIVE
								    : APP_EXIT_GOOD;
}

static int learn_paths(struct run *r, char **path, int n)
{
	uint64_t unread = 0;
	struct err e;

	r->key = teacher_key(r->teacher);
	if (!r->key.k0 && !r->key.k1) {
		fputs("merlon: the daemon has no key yet: its shared store was never reached\n",
		      stderr);
		return APP_EXIT_FAILURE;
	}
	r->shown_us = isatty(STDERR_FILENO) ? clock_mono_us() : 0;
	for (int i = 0; i < n && !r->stuck; i++)
		if (each_at(r, path[i], &e) < 0) {
			fprintf(stderr, "merlon: %s\n", e.text);
			unread++;
		}
	if (!r->stuck)
		r->stuck = teacher_finish(r->teacher, &r->e) < 0;
	return result(r, unread);
}

/* ---- the other words ---- */

static int status(struct run *r)
{
	struct model_counts n = teacher_model(r->teacher);
	struct arena *a = arena_new(0);
	struct str json;
	struct err e;
	int code = APP_EXIT_GOOD;

	if (!r->o->json) {
		printf("%u ham, %u spam learnt%s\n", n.ham, n.spam,
		       n.ham < MODEL_MIN || n.spam < MODEL_MIN
			       ? "; too few of one of them for a score"
			       : "");
	} else if (teacher_status(r->teacher, a, &json, &e) == 0) {
		printf("%.*s\n", STR_ARG(json));
	} else {
		fprintf(stderr, "merlon: %s\n", e.text);
		code = APP_EXIT_FAILURE;
	}
	arena_free(a);
	return code;
}

static int erase(struct run *r)
{
	struct learn_event e = { .source = LEARN_PERSON,
				 .user = str_c(r->o->user),
				 .when_ms = clock_wall() * 1000 };

	r->stuck =
		teacher_learn(r->teacher, &e, &r->e) < 0 || teacher_finish(r->teacher, &r->e) < 0;
	if (!r->stuck && teacher_counts(r->teacher)->result[TRAINED] == 1)
		return APP_EXIT_GOOD;
	fprintf(stderr, "merlon: %s\n", r->stuck ? r->e.text : "it could not be written");
	return APP_EXIT_FAILURE;
}

/* ---- the command ---- */

enum word { WORD_SPAM, WORD_HAM, WORD_FORGET, WORD_STATUS, WORD_ERASE, WORD_IMPORT, WORDS };
static const char *const words[WORDS] = { "spam", "ham", "forget", "status", "erase", "import" };

static int read_options(int argc, char **argv, struct lesson_options *o)
{
	static const struct option long_options[] = {
		{ "user", 1, 0, 'u' },	{ "socket", 1, 0, 's' },
		{ "state", 1, 0, 'd' }, { "config", 1, 0, 'c' },
		{ "undo", 0, 0, 'z' },	{ "json", 0, 0, 'j' },
		{ "help", 0, 0, 'h' },	{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'u')
			o->user = optarg;
		else if (c == 's')
			o->socket = optarg;
		else if (c == 'd')
			o->state = optarg;
		else if (c == 'c')
			o->conf = optarg;
		else if (c == 'z')
			o->undo = true;
		else if (c == 'j')
			o->json = true;
		else
			return c == 'h' ? 1 : -1;
	}
	return 0;
}

static bool good_usage(enum word w, const struct lesson_options *o, char **arg, int paths)
{
	if (w == WORD_IMPORT)
		return !o->user && learn_import_usage(arg, paths);
	if (o->undo)
		return false;
	if (o->user && (!o->user[0] || strlen(o->user) > USER_MAX))
		return false;
	if (w == WORD_ERASE)
		return o->user && paths == 0;
	return w == WORD_STATUS ? paths == 0 : paths > 0;
}

static int run_word(enum word w, const struct lesson_options *o, const struct conf *conf,
		    char **path, int n)
{
	struct teacher_where where = { .conf = conf, .state = o->state, .socket = o->socket };
	struct run r = { .o = o };
	int code;

	r.teacher = teacher_open(&where, &r.e);
	if (!r.teacher) {
		fprintf(stderr, "merlon: %s\n", r.e.text);
		return APP_EXIT_FAILURE;
	}
	code = w == WORD_STATUS	  ? status(&r)
	       : w == WORD_ERASE  ? erase(&r)
	       : w == WORD_IMPORT ? learn_import(r.teacher, path, n, o->undo, o->json)
				  : learn_paths(&r, path, n);
	teacher_close(r.teacher);
	return code;
}

int cmd_learn(int argc, char **argv)
{
	static const enum learn_class to[WORDS] = {
		[WORD_SPAM] = LEARN_SPAM, [WORD_HAM] = LEARN_HAM
	};
	struct log_config quiet = { .level = LOG_LVL_WARN, .target = "stderr" };
	struct lesson_options o = { 0 };
	struct arena *a;
	struct app *app;
	int w = 0, got, code;

	got = read_options(argc, argv, &o);
	if (got != 0)
		return got > 0 ? usage(stdout, APP_EXIT_GOOD) : usage(stderr, APP_EXIT_FAILURE);
	while (optind < argc && w < WORDS && strcmp(argv[optind], words[w]) != 0)
		w++;
	if (optind == argc || w == WORDS ||
	    !good_usage((enum word)w, &o, argv + optind + 1, argc - optind - 1))
		return usage(stderr, APP_EXIT_FAILURE);
	o.to = to[w];
	log_open(&quiet, NULL);
	a = arena_new(0);
	app = app_load(o.conf, app_checks(a, NULL), 0, NULL, NULL);
	code = app ? run_word((enum word)w, &o, app->conf, argv + optind + 1, argc - optind - 1)
		   : APP_EXIT_FAILURE;
	app_free(app);
	arena_free(a);
	return code;
}
