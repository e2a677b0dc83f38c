/* merlon report: what others say of our mail, in one report or in all that came. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/remembered.h"
#include "cmd/report_show.h"
#include "mail/domain.h"

#define FILE_MAX (40u << 20) /* octets of a file that is read */
#define DAYS_DEFAULT 7u

struct args {
	const char *conf, *state, *domain;
	unsigned days;
	bool json, add, passing;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon report [OPTION]... read FILE...\n"
	      "       merlon report [OPTION]... summary\n"
	      "Reports that others make of our mail: DMARC aggregate and failure reports, reports\n"
	      "about TLS, complaints.\n\n"
	      "  read     shows what reports say: XML or JSON, as it is, in gzip or zip, or in a\n"
	      "           message as it was saved; with --add it is counted, too\n"
	      "  summary  shows what all that came to the addresses of report.inbox say together:\n"
	      "           which of our senders fail, and why\n\n"
	      "  --add              read: count it, whichever domain it is about\n"
	      "  --domain DOMAIN    summary: of this domain and those below it\n"
	      "  --days N           summary: of so many days, 1 to 90 (default 7)\n"
	      "  --passing          summary: show the sources whose mail passes, too\n"
	      "  --json             print JSON\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --state DIR        directory of what is remembered\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 a file is no report that can be read, or there are no reports,\n"
	      "2 failure.\n",
	      out);
	return code;
}

/* ---- read ---- */

static bool any_domain(void *arg, struct str domain)
{
	(void)arg;
	return domain.n > 0;
}

static bool add_sum(struct remembered *r, struct arena *a, struct report_sum *s)
{
	struct store_op op[SUMMARY_OPS];
	size_t n = summary_add(a, report_sum_format(a, s), clock_wall(), op);
	struct store_answer answer;

	for (size_t i = 0; i < n; i++)
		if (!remembered_do(r, &op[i], &answer))
			return false;
	return true;
}

/* r: NULL, or where it is counted. all: NULL, or where the JSON goes. An APP_EXIT_*. */
static int read_one(struct remembered *r, const char *path, json_t *all)
{
	struct arena *a = arena_new(0);
	struct report_sum *sum = ARENA_ARRAY(a, struct report_sum, SUM_MAX_SUMS);
	struct report_by by = { .trust = TRUST_HAND, .now = clock_wall(), .ours = any_domain };
	struct report_read report = { 0 };
	struct str octets;
	struct err e;
	int code = APP_EXIT_GOOD;
	size_t n;

	if (file_read(a, path, FILE_MAX, &octets, &e) < 0) {
		fprintf(stderr, "merlon: %s: %s\n", path, e.text);
		arena_free(a);
		return APP_EXIT_FAILURE;
	}
	if (!report_read(a, octets, &report))
		code = APP_EXIT_NEGATIVE;
	n = report_condense(a, &report, &by, sum);
	for (size_t i = 0; r && i < n && code != APP_EXIT_FAILURE; i++)
		code = add_sum(r, a, &sum[i]) ? code : APP_EXIT_FAILURE;
	if (all)
		json_array_append_new(all, report_show_json(a, str_c(path), &report));
	else if (code == APP_EXIT_NEGATIVE)
		printf("%s: %.*s\n", path, STR_ARG(report.fault));
	else
		report_show(a, str_c(path), sum, n);
	arena_free(a);
	return code;
}

static int run_read(const struct args *args, char **file, size_t n)
{
	json_t *all = args->json ? json_array() : NULL;
	struct remembered r = { 0 };
	int code = APP_EXIT_GOOD;

	if (args->add && !remembered_open(&r, args->conf, args->state, false))
		code = APP_EXIT_FAILURE;
	for (size_t i = 0; i < n && (!args->add || r.store); i++) {
		int one = read_one(args->add ? &r : NULL, file[i], all);

		code = one > code ? one : code;
	}
	if (all) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(all);
	}
	if (args->add)
		remembered_close(&r);
	return code;
}

/* ---- summary ---- */

static int show_summary(struct remembered *r, const struct args *args)
{
	struct str domain = STR_NULL;
	struct summary s;
	struct err e;
	json_t *j;

	if (args->domain) {
		domain = domain_read(r->arena, str_c(args->domain), DOMAIN_UNDERSCORE);
		if (!domain.n) {
			fprintf(stderr, "merlon: found --domain %s, expected a domain\n",
				args->domain);
			return APP_EXIT_FAILURE;
		}
	}
	if (!summary_look(r->arena, r->store, clock_wall(), args->days, domain, &s, &e)) {
		fprintf(stderr, "merlon: %s%s%s\n", e.text, r->why[0] ? ": " : "", r->why);
		return APP_EXIT_FAILURE;
	}
	if (args->json) {
		j = report_summary_json(r->arena, &s);
		json_dumpf(j, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(j);
	} else {
		report_show_summary(r->arena, &s, args->passing);
	}
	return s.reports ? APP_EXIT_GOOD : APP_EXIT_NEGATIVE;
}

static int run_summary(const struct args *args)
{
	struct remembered r;
	int code = APP_EXIT_FAILURE;

	if (remembered_open(&r, args->conf, args->state, true))
		code = show_summary(&r, args);
	remembered_close(&r);
	return code;
}

/* ---- the command ---- */

static bool set_days(struct args *args, const char *text)
{
	uint64_t n;

	if (!str_u64(str_c(text), SUMMARY_DAYS, &n) || n < 1) {
		fprintf(stderr, "merlon: found --days %s, expected 1 to %u\n", text, SUMMARY_DAYS);
		return false;
	}
	args->days = (unsigned)n;
	return true;
}

/* False: *code is the answer. */
static bool read_args(int argc, char **argv, struct args *args, int *code)
{
	static const struct option long_options[] = {
		{ "json", 0, 0, 'j' },	{ "add", 0, 0, 'a' },	  { "domain", 1, 0, 'd' },
		{ "days", 1, 0, 'n' },	{ "passing", 0, 0, 'p' }, { "config", 1, 0, 'c' },
		{ "state", 1, 0, 's' }, { "help", 0, 0, 'h' },	  { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		*code = APP_EXIT_FAILURE;
		if (c == 'j')
			args->json = true;
		else if (c == 'a')
			args->add = true;
		else if (c == 'p')
			args->passing = true;
		else if (c == 'd')
			args->domain = optarg;
		else if (c == 'c')
			args->conf = optarg;
		else if (c == 's')
			args->state = optarg;
		else if (c == 'n' && !set_days(args, optarg))
			return false;
		else if (c == 'h')
			*code = usage(stdout, APP_EXIT_GOOD);
		else if (c == '?')
			usage(stderr, APP_EXIT_FAILURE);
		if (c == 'h' || c == '?')
			return false;
	}
	return true;
}

int cmd_report(int argc, char **argv)
{
	struct args args = { .days = DAYS_DEFAULT };
	struct str verb;
	int code, n;

	if (!read_args(argc, argv, &args, &code))
		return code;
	verb = str_c(optind < argc ? argv[optind] : NULL);
	n = argc - optind - 1;
	if (str_eq(verb, STR("read")) && n > 0)
		return run_read(&args, argv + optind + 1, (size_t)n);
	if (str_eq(verb, STR("summary")) && n == 0 && !args.add)
		return run_summary(&args);
	return usage(stderr, APP_EXIT_FAILURE);
}
