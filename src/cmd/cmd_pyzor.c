/* merlon pyzor: asks Pyzor servers about messages, and tells them. */
#include <getopt.h>
#include <jansson.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "checks/checks.h"
#include "cmd/app.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "cmd/source.h"
#include "io/udp.h"
#include "learn/digest/pyzor.h"
#include "scan/report.h"

#define SERVERS_MAX_ASKED 16u
#define KEY_FILE_MAX 4096u
#define TIMEOUT_MS 5000u

struct target {
	struct str text; /* as given */
	struct ip ip;
	uint16_t port;
};

struct run {
	struct arena *arena;
	struct loop *loop;
	enum pyzor_verb verb; /* PYZOR_VERBS: only digests are printed */
	struct target target[SERVERS_MAX_ASKED];
	size_t ntargets;
	struct pyzor_account who;
	uint64_t timeout_ms;
	bool json, digests;
	int exit;
};

/* ---- one question ---- */

struct answer {
	struct arena *arena;
	struct str octets;
	bool ended;
};

static void came(void *arg, struct str octets)
{
	struct answer *a = arg;

	a->ended = true;
	a->octets = octets.p ? arena_dup(a->arena, octets) : STR_NULL;
}

static uint16_t thread_id(void)
{
	uint8_t b[2] = { 0 };

	if (RAND_bytes(b, sizeof b) != 1)
		bug("no random numbers");
	return (uint16_t)(1024 + (b[0] | b[1] << 8) % (UINT16_MAX - 1024));
}

/* NULL: a good answer; else what is wrong. */
static const char *ask(struct run *run, const struct target *t, struct arena *a, const char *digest,
		       struct pyzor_reply *reply)
{
	struct answer got = { .arena = a };
	struct pyzor_request q = { .verb = run->verb, .thread = thread_id(), .time = clock_wall() };

	if (digest) {
		q.digest[0] = str_c(digest);
		q.ndigests = 1;
	}
	if (!udp_ask(run->loop, &t->ip, t->port, pyzor_request_format(a, &q, &run->who),
		     run->timeout_ms, came, &got))
		return "cannot be sent to";
	while (!got.ended)
		loop_turn(run->loop, run->timeout_ms);
	if (!got.octets.p)
		return "no answer";
	if (!pyzor_reply_parse(a, got.octets, reply) ||
	    (reply->thread != q.thread && reply->thread != 0))
		return "an answer that is none";
	return NULL;
}

/* ---- what came ---- */

static void judge(struct run *run, const char *wrong, const struct pyzor_reply *r)
{
	if (wrong || r->code != 200)
		run->exit = APP_EXIT_FAILURE;
	else if (run->verb == PYZOR_CHECK && r->count && !r->wl_count && run->exit == APP_EXIT_GOOD)
		run->exit = APP_EXIT_NEGATIVE;
}

static json_t *time_json(int64_t t)
{
	return t < 0 ? json_null() : json_integer(t);
}

static void print_json(const struct run *run, const struct target *t, struct str name,
		       const char *digest, const char *wrong, const struct pyzor_reply *r)
{
	json_t *j = json_object();
	bool counts =
		!wrong && r->code == 200 && (run->verb == PYZOR_CHECK || run->verb == PYZOR_INFO);

	json_object_set_new(j, "file", name.p ? report_str(name) : json_null());
	json_object_set_new(j, "digest", digest ? json_string(digest) : json_null());
	json_object_set_new(j, "server", report_str(t->text));
	json_object_set_new(j, "code", wrong ? json_null() : json_integer(r->code));
	json_object_set_new(j, "text", wrong ? json_string(wrong) : report_str(r->diag));
	if (counts) {
		json_object_set_new(j, "count", json_integer((json_int_t)r->count));
		json_object_set_new(j, "whitelisted", json_integer((json_int_t)r->wl_count));
	}
	if (counts && run->verb == PYZOR_INFO) {
		json_object_set_new(j, "entered", time_json(r->entered));
		json_object_set_new(j, "updated", time_json(r->updated));
		json_object_set_new(j, "whitelist_entered", time_json(r->wl_entered));
		json_object_set_new(j, "whitelist_updated", time_json(r->wl_updated));
	}
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void print_time(const char *what, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char text[32] = "never";

	if (t >= 0 && gmtime_r(&when, &tm))
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf(" %s %s", what, text);
}

static void print_text(const struct run *run, const struct target *t, struct str name,
		       const char *wrong, const struct pyzor_reply *r)
{
	if (name.p) {
		show_text(stdout, name, NULL);
		fputs(": ", stdout);
	}
	printf("%.*s: ", STR_ARG(t->text));
	if (wrong) {
		puts(wrong);
		return;
	}
	printf("%u ", r->code);
	show_text(stdout, r->diag, NULL);
	if (r->code == 200 && (run->verb == PYZOR_CHECK || run->verb == PYZOR_INFO))
		printf(", reported %llu, whitelisted %llu", (unsigned long long)r->count,
		       (unsigned long long)r->wl_count);
	if (r->code == 200 && run->verb == PYZOR_INFO) {
		print_time("; entered", r->entered);
		print_time("updated", r->updated);
		print_time("; whitelist entered", r->wl_entered);
		print_time("updated", r->wl_updated);
	}
	putchar('\n');
}

/* digest NULL: none is needed. */
static void ask_all(struct run *run, struct str name, const char *digest)
{
	for (size_t i = 0; i < run->ntargets; i++) {
		struct arena *a = arena_new(0);
		struct pyzor_reply r = { 0 };
		const char *wrong = ask(run, &run->target[i], a, digest, &r);

		judge(run, wrong, &r);
		if (run->json)
			print_json(run, &run->target[i], name, digest, wrong, &r);
		else
			print_text(run, &run->target[i], name, wrong, &r);
		fflush(stdout);
		arena_free(a);
	}
}

/* ---- what is asked about ---- */

static void one_message(struct run *run, struct str name, struct str octets)
{
	char digest[PYZOR_DIGEST + 1];
	struct arena *a = arena_new(0);

	pyzor_digest(a, octets, digest);
	arena_free(a);
	if (run->verb == PYZOR_VERBS)
		puts(digest);
	else if (pyzor_common(digest))
		fprintf(stderr, "merlon pyzor: %.*s: nothing in it to digest, left out\n",
			STR_ARG(name));
	else
		ask_all(run, name, digest);
}

static void one_of_box(void *arg, struct str name, struct str octets)
{
	one_message(arg, name, octets);
}

static int one_argument(struct run *run, const char *arg, struct err *e)
{
	struct stat st;
	char *p;
	size_t n;

	if (run->digests) {
		if (!pyzor_is_digest(str_c(arg)))
			return err_set(e, "%s: not 40 hexadecimal digits", arg);
		ask_all(run, str_c(arg), arg);
		return 0;
	}
	if (stat(arg, &st) == 0 && S_ISDIR(st.st_mode))
		return source_each(arg, one_of_box, run, e);
	if (source_read(arg, &p, &n, e) < 0)
		return -1;
	one_message(run, str_c(arg), str_of(p, n));
	free(p);
	return 0;
}

/* ---- options ---- */

static int add_target(struct run *run, struct str text, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct target *t = &run->target[run->ntargets];
	struct addrinfo *list;
	struct str host;
	int rc;

	if (run->ntargets == SERVERS_MAX_ASKED)
		return err_set(e, "more than %u servers", SERVERS_MAX_ASKED);
	t->text = text;
	if (!pyzor_address_parse(text, &host, &t->port))
		return err_set(e, "%.*s: not HOST or HOST@PORT", STR_ARG(text));
	run->ntargets++;
	if (ip_parse(host, &t->ip))
		return 0;
	rc = getaddrinfo(arena_cstr(run->arena, host), NULL, &hints, &list);
	if (rc != 0)
		return err_set(e, "%.*s: %s", STR_ARG(host), gai_strerror(rc));
	if (list->ai_family == AF_INET) {
		t->ip.family = 4;
		memcpy(t->ip.b, &((struct sockaddr_in *)list->ai_addr)->sin_addr, 4);
	} else {
		t->ip.family = 6;
		memcpy(t->ip.b, &((struct sockaddr_in6 *)list->ai_addr)->sin6_addr, 16);
	}
	freeaddrinfo(list);
	return 0;
}

static int read_key(struct run *run, const char *path, struct err *e)
{
	struct str text;
	struct err why;

	if (file_read(run->arena, path, KEY_FILE_MAX, &text, &why) < 0)
		return err_set(e, "%s: %s", path, why.text);
	if (!pyzor_key_read(text, &run->who.key))
		return err_set(e, "%s: no key in hexadecimal digits", path);
	return 0;
}

/* Servers and account of the configuration, where the command line names none. */
static int take_conf(struct run *run, const char *path, bool servers, bool account, struct err *e)
{
	struct app *app = app_load(path, checks_all, 0, NULL, NULL);
	const struct str *item;
	size_t n;
	int rc = 0;

	if (!app)
		return err_set(e, "the configuration is wrong");
	n = servers ? conf_list(app->conf, "pyzor.servers", &item) : 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_target(run, arena_dup(run->arena, item[i]), e);
	if (account && rc == 0 && conf_str(app->conf, "pyzor.key_file").n) {
		run->who.user = arena_dup(run->arena, conf_str(app->conf, "pyzor.user"));
		rc = read_key(run, conf_str(app->conf, "pyzor.key_file").p, e);
	}
	app_free(app);
	return rc;
}

static int usage(FILE *out, int code)
{
	fputs("usage: merlon pyzor check|report|whitelist|info [OPTION]... FILE|DIR|-...\n"
	      "       merlon pyzor ping [OPTION]...\n"
	      "       merlon pyzor digest FILE|DIR|-...\n"
	      "Asks Pyzor servers how often each message was reported, or reports it. They learn\n"
	      "its digest, and who asks.\n\n"
	      "  --server HOST[@PORT]  whom to ask, may be repeated; else option pyzor.servers\n"
	      "  --account USER        in whose name, with --key-file; else anonymously\n"
	      "  --key-file FILE       his key: \"key\", or \"salt,key\"\n"
	      "  --digests             arguments are digests, not files\n"
	      "  --timeout SECONDS     how long to wait (5)\n"
	      "  --json                print JSON, one line an answer\n"
	      "  -c, --config FILE     the daemon's configuration\n"
	      "  --help                this text\n\n"
	      "Exit: 0 good, 1 some message is reported and not whitelisted, 2 failure.\n",
	      out);
	return code;
}

struct given {
	const char *conf, *account, *key_file;
};

static const struct option long_options[] = {
	{ "server", 1, 0, 's' },  { "account", 1, 0, 'a' }, { "key-file", 1, 0, 'k' },
	{ "digests", 0, 0, 'd' }, { "timeout", 1, 0, 't' }, { "json", 0, 0, 'j' },
	{ "config", 1, 0, 'c' },  { "help", 0, 0, 'h' },    { 0 },
};

/* 0, an exit code + 1 at the end of it, or -1 and *e. */
static int read_options(struct run *run, int argc, char **argv, struct given *g, struct err *e)
{
	uint64_t seconds;
	int c, rc = 0;

	while (rc == 0 && (c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		switch (c) {
		case 's':
			rc = add_target(run, str_c(optarg), e);
			break;
		case 'a':
			g->account = optarg;
			break;
		case 'k':
			g->key_file = optarg;
			break;
		case 'd':
			run->digests = true;
			break;
		case 't':
			if (!str_u64(str_c(optarg), 600, &seconds) || seconds == 0)
				return err_set(e, "--timeout: 1 to 600 seconds");
			run->timeout_ms = seconds * 1000;
			break;
		case 'j':
			run->json = true;
			break;
		case 'c':
			g->conf = optarg;
			break;
		case 'h':
			return usage(stdout, APP_EXIT_GOOD) + 1;
		default:
			return usage(stderr, APP_EXIT_FAILURE) + 1;
		}
	}
	return rc;
}

static int settle(struct run *run, const struct given *g, struct err *e)
{
	bool only_digests = run->verb == PYZOR_VERBS;

	if ((g->account != NULL) != (g->key_file != NULL))
		return err_set(e, "--account and --key-file go together");
	if (g->account) {
		run->who.user = str_c(g->account);
		if (!run->who.user.n || !pyzor_user_valid(run->who.user))
			return err_set(e, "--account: not the name of an account");
		if (read_key(run, g->key_file, e) < 0)
			return -1;
	}
	if (g->conf && !only_digests &&
	    take_conf(run, g->conf, run->ntargets == 0, !g->account, e) < 0)
		return -1;
	if (!run->ntargets && !only_digests)
		return err_set(e, "no server: --server, or option pyzor.servers with -c");
	return 0;
}

static int work(struct run *run, int argc, char **argv)
{
	struct err e;

	if (run->verb == PYZOR_PING)
		ask_all(run, STR_NULL, NULL);
	for (int i = optind; i < argc && run->verb != PYZOR_PING; i++) {
		if (one_argument(run, argv[i], &e) < 0) {
			fprintf(stderr, "merlon pyzor: %s\n", e.text);
			run->exit = APP_EXIT_FAILURE;
		}
	}
	return run->exit;
}

int cmd_pyzor(int argc, char **argv)
{
	struct run run = { .who = { STR("anonymous"), STR("") }, .timeout_ms = TIMEOUT_MS };
	struct given given = { 0 };
	int rc, code = APP_EXIT_FAILURE;
	struct err e;

	run.arena = arena_new(0);
	rc = read_options(&run, argc, argv, &given, &e);
	if (rc == 0 && optind < argc) {
		struct str verb = str_c(argv[optind++]);

		run.verb = pyzor_verb_find(verb);
		if (run.verb == PYZOR_VERBS && !str_eq(verb, STR("digest")))
			rc = err_set(&e, "no command \"%.*s\"", STR_ARG(verb));
		else if ((optind == argc) != (run.verb == PYZOR_PING))
			rc = usage(stderr, APP_EXIT_FAILURE) + 1;
		else
			rc = settle(&run, &given, &e);
	} else if (rc == 0) {
		rc = usage(stderr, APP_EXIT_FAILURE) + 1;
	}
	if (rc < 0)
		fprintf(stderr, "merlon pyzor: %s\n", e.text);
	if (rc > 0)
		code = rc - 1;
	if (rc == 0) {
		run.loop = loop_new();
		code = work(&run, argc, argv);
		loop_free(run.loop);
	}
	arena_free(run.arena);
	return code;
}
