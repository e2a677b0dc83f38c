/* merlon dmarc: the DMARC reports that we send: what would go where, and sending it now. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "checks/sign/signing.h"
#include "cmd/cmd.h"
#include "cmd/dmarc.h"
#include "cmd/show.h"
#include "control/report/build.h"
#include "control/report/errand.h"
#include "control/report/suppress.h"
#include "mail/domain.h"
#include "scan/report.h"
#include "sign/keyring.h"

static int usage(FILE *out, int code)
{
	fputs("usage: merlon dmarc report [OPTION]...\n"
	      "DMARC reports to the domains whose mail we have judged. Sends what has not been\n"
	      "sent, of windows that have ended, now and not at its time; where a daemon sends\n"
	      "reports, it is told to.\n\n"
	      "  --dry-run          sends nothing, and shows what would go where\n"
	      "  --open             also of windows that have not ended yet\n"
	      "  --domain DOMAIN    with --dry-run: only of this policy domain\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        directory of what is remembered\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 a report goes to nobody or could not be sent, 2 failure.\n",
	      out);
	return code;
}

const char *dmarc_state(const struct dmarc_run *run)
{
	return run->state ? run->state : conf_str(run->r.app->conf, "daemon.state").p;
}

static void wait_for(struct dmarc_run *run)
{
	while (!run->done)
		loop_turn(run->r.loop, 1000);
	run->done = false;
}

/* ---- what would go where ---- */

/* What refused or came back is left alone for a while. False: not yet. */
static bool ask_suppressed(struct errand *e, struct dmarc_run *run, struct goal *g)
{
	struct arena *a = errand_arena(e);
	struct store_op op = { .kind = STORE_GET,
			       .key = suppress_key(a, run->r.crypto, g->address) };
	const struct store_answer *r = errand_store(e, op.key, &op, 1);

	if (r && r->status == STORE_OK && !r->local) {
		g->state = GOAL_SUPPRESSED;
		g->why = r->value;
	}
	return r != NULL;
}

static bool ask_goals(struct errand *e, void *arg)
{
	struct dmarc_run *run = arg;
	bool all = send_goals(errand_arena(e), errand_dns(e), &run->settings, run->job, run->goal,
			      &run->ngoals, &run->unknown);

	for (size_t i = 0; all && i < run->ngoals; i++)
		if (run->goal[i].state == GOAL_WAITS)
			all = ask_suppressed(e, run, &run->goal[i]);
	return all;
}

/* The errand's arena is gone afterwards. */
static void got_goals(void *arg)
{
	struct dmarc_run *run = arg;

	for (size_t i = 0; i < run->ngoals; i++) {
		run->goal[i].address = arena_dup(run->r.arena, run->goal[i].address);
		run->goal[i].why = arena_dup(run->r.arena, run->goal[i].why);
	}
	run->done = true;
}

void dmarc_find_goals(struct dmarc_run *run, struct job *j)
{
	const struct errand_world w = { .loop = run->r.loop,
					.store = run->r.store,
					.resolver = run->resolver };

	run->job = j;
	errand_new(&w, ask_goals, got_goals, run);
	wait_for(run);
}

bool dmarc_goes_anywhere(const struct dmarc_run *run)
{
	for (size_t i = 0; i < run->ngoals; i++)
		if (run->goal[i].state == GOAL_WAITS)
			return true;
	return run->unknown;
}

void dmarc_json_goals(const struct dmarc_run *run, json_t *j)
{
	json_t *goals = json_array();

	for (size_t i = 0; i < run->ngoals; i++) {
		const struct goal *g = &run->goal[i];
		json_t *o = json_object();

		json_object_set_new(o, "address", report_str(g->address));
		json_object_set_new(o, "consent", json_boolean(g->state != GOAL_NO_CONSENT));
		json_object_set_new(o, "sends", json_boolean(g->state == GOAL_WAITS));
		json_object_set_new(o, "why", g->why.n ? report_str(g->why) : json_null());
		json_array_append_new(goals, o);
	}
	json_object_set_new(j, "undecided", json_boolean(run->unknown));
	json_object_set_new(j, "goals", goals);
	json_array_append_new(run->all, j);
}

static void json_one(struct dmarc_run *run, const struct window_report *w, size_t parts,
		     size_t size)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_string("aggregate"));
	json_object_set_new(j, "domain", report_str(w->policy_domain));
	json_object_set_new(j, "begin", json_integer(w->report.begin));
	json_object_set_new(j, "end", json_integer(w->report.end));
	json_object_set_new(j, "rows", json_integer((json_int_t)w->report.nrows));
	json_object_set_new(j, "messages", json_integer((json_int_t)w->messages));
	json_object_set_new(j, "rua", report_str(w->rua));
	json_object_set_new(j, "parts", json_integer((json_int_t)parts));
	json_object_set_new(j, "size", json_integer((json_int_t)size));
	dmarc_json_goals(run, j);
}

void dmarc_text_goals(const struct dmarc_run *run)
{
	for (size_t i = 0; i < run->ngoals; i++) {
		const struct goal *g = &run->goal[i];

		printf("  %-14s ", g->state == GOAL_WAITS ? "would be sent" : goal_word(g->state));
		show_text(stdout, g->address, NULL);
		if (g->why.n) {
			fputs(": ", stdout);
			show_text(stdout, g->why, NULL);
		}
		putchar('\n');
	}
	if (run->unknown)
		puts("  the DNS did not say of some address; it would be asked again");
}

static void text_one(struct dmarc_run *run, const struct window_report *w, size_t parts,
		     size_t size)
{
	show_text(stdout, w->policy_domain, NULL);
	printf(": %.*s to %.*s, %llu messages in %zu rows, %zu octets",
	       STR_ARG(remembered_time(run->r.arena, w->report.begin * 1000)),
	       STR_ARG(remembered_time(run->r.arena, w->report.end * 1000)),
	       (unsigned long long)w->messages, w->report.nrows, size);
	printf(parts == 1 ? "\n" : " in %zu parts\n", parts);
	dmarc_text_goals(run);
}

static void show_one(struct dmarc_run *run, const struct window_report *w)
{
	struct arena *a = arena_new(0);
	struct build_part *part;
	size_t n, size = 0;

	if (run->domain.n && !str_eq(w->policy_domain, run->domain)) {
		arena_free(a);
		return;
	}
	n = build_parts(a, run->r.crypto, &run->settings, w, run->sums->from, clock_wall(), &part);
	for (size_t i = 0; i < n; i++)
		size = part[i].content.n > size ? part[i].content.n : size;
	run->ngoals = 0;
	run->unknown = false;
	if (n && !report_excluded(&run->settings, w->policy_domain))
		dmarc_find_goals(run, &part[0].job);
	run->reports++;
	run->nobody += !dmarc_goes_anywhere(run);
	if (run->json)
		json_one(run, w, n, size);
	else
		text_one(run, w, n, size);
	arena_free(a);
}

static void listed(void *arg, bool good, const struct window_part *p, size_t n)
{
	struct dmarc_run *run = arg;

	run->good = good;
	run->part = ARENA_ARRAY(run->r.arena, struct window_part, n + 1);
	for (size_t i = 0; i < n; i++)
		run->part[i] = p[i];
	run->nparts = n;
	run->done = true;
}

static void summed(void *arg, enum windows_state state, struct window_sums *sums)
{
	struct dmarc_run *run = arg;

	run->good = state == WINDOWS_GOOD;
	run->sums = sums;
	run->done = true;
}

/* False: the store did not answer. */
static bool show_part(struct dmarc_run *run, struct window_part p)
{
	windows_sum(run->windows, p, 0, summed, run);
	wait_for(run);
	if (!run->good)
		return false;
	for (size_t i = 0; run->sums->upto && i < run->sums->n; i++)
		show_one(run, &run->sums->report[i]);
	window_sums_free(run->sums);
	return true;
}

static int dry_run(struct dmarc_run *run, int64_t ended)
{
	bool good;

	run->windows = windows_new(run->r.loop, run->r.store);
	run->all = json_array();
	windows_list(run->windows, ended, listed, run);
	wait_for(run);
	good = run->good;
	for (size_t i = 0; good && i < run->nparts; i++)
		good = show_part(run, run->part[i]);
	windows_free(run->windows);
	if (!good)
		fprintf(stderr, "merlon: the store cannot be asked\n");
	good = good && dmarc_show_failures(run);
	if (good && run->json)
		json_dumpf(run->all, stdout, JSON_INDENT(2)), putchar('\n');
	else if (good && !run->reports)
		puts("nothing to report");
	json_decref(run->all);
	if (!good)
		return APP_EXIT_FAILURE;
	return run->nobody ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

/* ---- sending ---- */

static void told(void *arg, const struct reporter_sum *s)
{
	struct dmarc_run *run = arg;

	run->sum = *s;
	run->done = true;
}

static bool tell_daemon(struct dmarc_run *run)
{
	struct store_op op = { .kind = STORE_PUT,
			       .key = REPORTER_NOW,
			       .value = run->open ? REPORTER_OPEN : STR("ended"),
			       .ttl_ms = 3600 * 1000 };
	struct store_answer answer;

	return remembered_do(&run->r, &op, &answer);
}

static int print_sum(const struct dmarc_run *run)
{
	const struct reporter_sum *s = &run->sum;

	if (!s->store) {
		fprintf(stderr, "merlon: the store cannot be asked\n");
		return APP_EXIT_FAILURE;
	}
	if (run->json)
		printf("{\"told\": %s, \"reports\": %zu, \"sent\": %zu, \"waiting\": %zu, "
		       "\"relay\": %s}\n",
		       s->lease ? "false" : "true", s->reports, s->sent, s->waiting,
		       s->relay ? "true" : "false");
	else if (!s->lease)
		puts("a daemon sends reports: it was told to send what there is now");
	else
		printf("%zu reports, %zu messages sent, %zu reports wait%s\n", s->reports, s->sent,
		       s->waiting, s->relay ? "" : "; the relay cannot be reached");
	return s->waiting ? APP_EXIT_NEGATIVE : APP_EXIT_GOOD;
}

/* The keys of the domain that reports are from, if there are any. False: said why. */
static bool load_keys(struct dmarc_run *run, const char *state, const char *dir,
		      struct sign_keys *keys)
{
	struct keyring ring = { 0 };
	struct err e;

	if (keyring_read(run->r.arena, state, dir, &ring, &e) < 0) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return false;
	}
	for (size_t i = 0; i < ring.v.n; i++) {
		const struct keyring_key *k = &ring.v.p[i];
		struct sign_file f = { .path = k->path, .where = "keyring" };

		if (k->state != KEY_ACTIVE || !str_eq(k->domain, run->settings.from_domain))
			continue;
		if (!sign_keys_load(keys, run->r.arena, &f, (uid_t)-1)) {
			fprintf(stderr, "merlon: %s: %.*s\n", k->path, STR_ARG(f.fault));
			return false;
		}
	}
	return true;
}

static int send_now(struct dmarc_run *run, int64_t ended)
{
	const char *state = dmarc_state(run);
	struct reporter_args args = {
		.loop = run->r.loop,
		.store = run->r.store,
		.resolver = run->resolver,
		.settings = &run->settings,
		.state = state,
		.keys = signing_keys_dir(run->r.arena, run->r.app->conf, state),
		.ended = ended,
		.told = told,
		.arg = run,
	};
	struct sign_keys *keys = sign_keys_new();
	int code = APP_EXIT_FAILURE;

	if (load_keys(run, state, args.keys, keys)) {
		struct sign_client *signer = sign_client_local(run->r.loop, keys);
		struct reporter *r;

		args.signer = signer;
		r = reporter_new(&args);
		wait_for(run);
		reporter_free(r);
		sign_client_free(signer);
		code = APP_EXIT_GOOD;
	}
	if (code == APP_EXIT_GOOD && run->sum.store && !run->sum.lease && !tell_daemon(run))
		code = APP_EXIT_FAILURE;
	sign_keys_free(keys);
	return code == APP_EXIT_GOOD ? print_sum(run) : code;
}

/* ---- ---- */

static int run_all(struct dmarc_run *run)
{
	int64_t ended = clock_wall() + (run->open ? REPORTER_AHEAD_S : 0);
	const struct conf *c = run->r.app->conf;
	struct err e;

	if (report_settings_read(run->r.arena, c, &run->settings, &e) < 0 ||
	    !(run->resolver = app_resolver(run->r.loop, c, NULL, 0, &e))) {
		fprintf(stderr, "merlon: %s\n", e.text);
		return APP_EXIT_FAILURE;
	}
	if (!run->settings.email.n) {
		fprintf(stderr, "merlon: report.dmarc.email is not set: no reports are sent\n");
		return APP_EXIT_FAILURE;
	}
	return run->dry ? dry_run(run, ended) : send_now(run, ended);
}

static int main_report(struct dmarc_run *run, const char *domain)
{
	int code = APP_EXIT_FAILURE;

	if (remembered_open(&run->r, run->conf, run->state, run->dry)) {
		run->domain = domain ? domain_read(run->r.arena, str_c(domain), 0) : STR("");
		if (run->domain.p)
			code = run_all(run);
		else
			fprintf(stderr, "merlon: %s: not a domain\n", domain);
	}
	if (run->resolver)
		resolver_free(run->resolver);
	remembered_close(&run->r);
	return code;
}

int cmd_dmarc(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "dry-run", 0, 0, 'n' }, { "open", 0, 0, 'o' },
		{ "domain", 1, 0, 'd' },  { "json", 0, 0, 'j' },
		{ "config", 1, 0, 'c' },  { "state", 1, 0, 's' },
		{ "help", 0, 0, 'h' },	  { 0 },
	};
	const char *domain = NULL;
	struct dmarc_run run = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		run.dry |= c == 'n';
		run.open |= c == 'o';
		run.json |= c == 'j';
		if (c == 'd')
			domain = optarg;
		else if (c == 'c')
			run.conf = optarg;
		else if (c == 's')
			run.state = optarg;
		else if (c == 'h' || c == '?')
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (optind + 1 != argc || strcmp(argv[optind], "report") != 0 || (domain && !run.dry))
		return usage(stderr, APP_EXIT_FAILURE);
	return main_report(&run, domain);
}
