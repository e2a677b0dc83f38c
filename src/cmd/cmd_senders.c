/* merlon senders: the reputation of networks and domains, who our users write to, and accounts that
 * were taken for taken over. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "checks/memory/reputation.h"
#include "checks/memory/sender.h"
#include "checks/memory/takeover.h"
#include "cmd/cmd.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "scan/report.h"

enum verb { LIST, SHOW, FORGET, KNOWN, ADD, REMOVE, CLEAR, VERBS };

static const struct {
	const char *word;
	int least, most; /* words behind it */
	const char *done, *not ;
} verbs[VERBS] = {
	[LIST] = { "list", 0, 2, NULL, NULL },
	[SHOW] = { "show", 2, 2, NULL, NULL },
	[FORGET] = { "forget", 2, 2, "forgotten", "nothing is remembered of it" },
	[KNOWN] = { "known", 2, 2, "known", "not known" },
	[ADD] = { "add", 2, 2, "added", "added" },
	[REMOVE] = { "remove", 2, 2, "removed", "not known" },
	[CLEAR] = { "clear", 1, 1, "cleared", "nothing is remembered of this user" },
};

struct run {
	struct remembered r;
	enum verb verb;
	bool json;
	json_t *all;
	double sums[STORE_SUMS]; /* of every message that was marked */
	size_t n;
};

/* ---- reputation ---- */

static bool kind_of(struct str word, enum reputation_kind *k)
{
	for (*k = 0; *k < REPUTATION_KINDS; (*k)++)
		if (str_ieq(word, str_c(reputation_word(*k))))
			return true;
	return false;
}

static void print_json(struct run *run, const struct remembered_record *m,
		       const struct reputation_entity *e)
{
	json_t *j = reputation_json(e);

	json_object_set_new(j, "since",
			    report_str(remembered_time(run->r.arena, m->record.created_ms)));
	json_array_append_new(run->all, j);
}

static void show(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	struct reputation_entity e = { 0 };

	if (m->record.kind != 'A' || m->nparts != 2 || !kind_of(m->part[0], &e.kind))
		return;
	e.value = m->part[1];
	record_fade(e.sum, &m->record, reputation_half_life_ms, clock_wall_ms());
	reputation_rate(&e, run->sums);
	run->n++;
	if (run->json) {
		print_json(run, m, &e);
		return;
	}
	printf("%s ", reputation_word(e.kind));
	show_text(stdout, e.value, NULL);
	printf(": %.1f, by %.0f spam and %.0f ham\n", e.score, e.sum[REPUTATION_SPAM_MONTH],
	       e.sum[REPUTATION_HAM_MONTH]);
}

static void take_all(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;

	if (m->record.kind == 'A' && m->nparts > 0 && str_eq(m->part[0], STR("all")))
		record_fade(run->sums, &m->record, reputation_half_life_ms, clock_wall_ms());
}

static bool list(struct run *run, const struct str *word, size_t n)
{
	return remembered_each(&run->r, "rep", NULL, 0, take_all, run) &&
	       remembered_each(&run->r, "rep", word, n, show, run);
}

static bool delete (struct run *run, const char *ns, const struct str *part, size_t n)
{
	struct store_op op = { .kind = STORE_DEL, .key = remembered_key(&run->r, ns, part, n) };
	struct store_answer a;

	if (!remembered_do(&run->r, &op, &a))
		return false;
	run->n += a.status == STORE_OK;
	return true;
}

static bool forget(struct run *run, struct str *word)
{
	enum reputation_kind k;

	if (kind_of(word[0], &k)) {
		word[0] = str_c(reputation_word(k));
		return delete (run, "rep", word, 2);
	}
	fputs("merlon: the kind of a reputation is", stderr);
	for (k = 0; k < REPUTATION_KINDS; k++)
		fprintf(stderr, " %s", reputation_word(k));
	fputc('\n', stderr);
	return false;
}

/* ---- correspondents ---- */

/* Absent: said why. */
static struct str address(struct scan *s, struct str word)
{
	struct mailbox m = { 0 };
	struct str text = addr_path(s->arena, word, &m) ? identity_address(s, &m) : STR("");

	if (text.n)
		return text;
	fputs("merlon: found ", stderr);
	show_text(stderr, word, NULL);
	fputs(", expected an address\n", stderr);
	return STR_NULL;
}

static bool correspondent(struct run *run, const struct str *word)
{
	struct scan_env env = { .crypto = run->r.crypto };
	struct scan s = { .arena = run->r.arena, .env = &env };
	struct str user = address(&s, word[0]), other = address(&s, word[1]);
	struct store_answer a;
	struct store_op op;

	if (!user.n || !other.n)
		return false;
	op = sender_correspondent(&s, user, other);
	if (run->verb == KNOWN)
		op.flags = STORE_F_LOOK;
	else if (run->verb == REMOVE)
		op = (struct store_op){ .kind = STORE_DEL, .key = op.key };
	if (!remembered_do(&run->r, &op, &a))
		return false;
	run->n += run->verb == KNOWN	? a.sum[0] > 0
		  : run->verb == REMOVE ? a.status == STORE_OK
					: 1;
	return true;
}

/* ---- accounts ---- */

static bool clear(struct run *run, struct str user)
{
	struct str part = arena_lower(run->r.arena, user);

	for (const char *const *ns = takeover_records; *ns; ns++)
		if (!delete (run, *ns, &part, 1))
			return false;
	return true;
}

/* ---- the command ---- */

struct args {
	const char *conf, *state;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon senders [OPTION]... list [WORD]...\n"
	      "       merlon senders [OPTION]... show|forget KIND VALUE\n"
	      "       merlon senders [OPTION]... known|add|remove USER ADDRESS\n"
	      "       merlon senders [OPTION]... clear USER\n"
	      "What is remembered of senders.\n\n"
	      "  list    shows reputations: all, or those of this kind (net, asn, dkim, spf,\n"
	      "          from, claim, url) or value\n"
	      "  show    shows one\n"
	      "  forget  forgets it\n"
	      "  known   whether USER, an address of ours, or anybody of his domain, has written\n"
	      "          to ADDRESS\n"
	      "  add     as if he had written to it now\n"
	      "  remove  as if nobody of his domain had\n"
	      "  clear   forgets what looked like a taken-over account\n\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        directory of what is remembered\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 there is no such thing, 2 failure.\n",
	      out);
	return code;
}

static bool run_verb(struct run *run, struct str *word, size_t n)
{
	switch (run->verb) {
	case LIST:
	case SHOW:
		return list(run, word, n);
	case FORGET:
		return forget(run, word);
	case CLEAR:
		return clear(run, word[0]);
	default:
		return correspondent(run, word);
	}
}

static void print_end(const struct run *run)
{
	if (run->verb > SHOW && run->json) {
		printf("{\"%s\": %s}\n", verbs[run->verb].done, run->n ? "true" : "false");
	} else if (run->verb > SHOW) {
		puts(run->n ? verbs[run->verb].done : verbs[run->verb].not );
	} else if (run->json) {
		json_dumpf(run->all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
}

static int run_all(struct run *run, const struct args *args, char **words, size_t n)
{
	bool readonly = run->verb == LIST || run->verb == SHOW || run->verb == KNOWN;
	int code = APP_EXIT_FAILURE;
	struct str word[2];

	for (size_t i = 0; i < n; i++)
		word[i] = str_c(words[i]);
	run->all = json_array();
	if (remembered_open(&run->r, args->conf, args->state, readonly) && run_verb(run, word, n)) {
		print_end(run);
		code = run->n || (run->verb == LIST && n == 0) ? APP_EXIT_GOOD : APP_EXIT_NEGATIVE;
	}
	json_decref(run->all);
	remembered_close(&run->r);
	return code;
}

static bool read_verb(const char *word, int n, enum verb *v)
{
	for (*v = 0; *v < VERBS; (*v)++)
		if (word && strcmp(word, verbs[*v].word) == 0)
			return n >= verbs[*v].least && n <= verbs[*v].most;
	return false;
}

int cmd_senders(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },
		{ "config", 1, 0, 'c' },
		{ "state", 1, 0, 's' },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	struct args args = { 0 };
	struct run run = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		if (c == 'j')
			run.json = true;
		else if (c == 'c')
			args.conf = optarg;
		else if (c == 's')
			args.state = optarg;
		else
			return usage(c == 'h' ? stdout : stderr,
				     c == 'h' ? APP_EXIT_GOOD : APP_EXIT_FAILURE);
	}
	if (!read_verb(optind < argc ? argv[optind] : NULL, argc - optind - 1, &run.verb))
		return usage(stderr, APP_EXIT_FAILURE);
	return run_all(&run, &args, argv + optind + 1, (size_t)(argc - optind - 1));
}
