/* merlon llm budget: what was spent on asking, what is left, and by whom. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checks/llm/budget.h"
#include "cmd/cmd.h"
#include "cmd/llm_tool.h"
#include "cmd/remembered.h"
#include "cmd/show.h"
#include "control/client.h"
#include "control/listen.h"
#include "scan/report.h"

#define TOP_MAX 10u /* senders that are shown */

struct budget_options {
	const char *conf, *state;
	bool json, reset;
};

enum row_kind { ROW_ALL, ROW_SITE, ROW_NET, ROW_AUTHOR, ROW_ENDPOINT, ROW_SPENT, ROW_KINDS };

static const struct {
	const char *word;
	size_t nparts;
	size_t span; /* index of the word for it among the parts; 0: none, the sender's window */
} kinds[ROW_KINDS] = {
	[ROW_ALL] = { "all", 3, 1 },	       [ROW_SITE] = { "site", 4, 2 },
	[ROW_NET] = { "net", 3, 0 },	       [ROW_AUTHOR] = { "author", 3, 0 },
	[ROW_ENDPOINT] = { "endpoint", 4, 2 }, [ROW_SPENT] = { "spent", 1, 0 },
};

struct row {
	enum row_kind kind;
	struct str key, name;
	enum opinion_span span;
	double sum[STORE_SUMS];
};

struct run {
	const struct budget_options *o;
	struct remembered r;
	const struct opinion_config *k;
	int64_t now_ms;
	VEC(struct row) rows;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon llm budget [OPTION]...\n"
	      "Shows what asking language models has cost and what may still be spent: in all, for "
	      "each\ndomain of recipients, and for the networks and authors that made us ask most; "
	      "and how the\nendpoints do today.\n\n"
	      "  --reset            what was spent in the present spans is forgotten\n"
	      "  --state DIR        state directory\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --json             print JSON: budgets, senders, endpoints, board, spent\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 a budget is spent, 2 failure.\n",
	      out);
	return code;
}

/* ---- reading ---- */

static bool present(const struct run *run, struct str number, uint64_t span_ms)
{
	uint64_t n;

	return str_u64(number, UINT64_MAX, &n) && n == (uint64_t)run->now_ms / span_ms;
}

static bool span_find(struct str word, enum opinion_span *span)
{
	for (size_t i = 0; i < OPINION_SPANS; i++)
		if (str_eq(word, str_c(budget_span_word[i]))) {
			*span = (enum opinion_span)i;
			return true;
		}
	return false;
}

static bool read_row(const struct run *run, const struct remembered_record *m, struct row *row)
{
	enum row_kind k = 0;

	while (k < ROW_KINDS &&
	       !(m->nparts == kinds[k].nparts && str_eq(m->part[0], str_c(kinds[k].word))))
		k++;
	if (k == ROW_KINDS || m->record.kind != 'A')
		return false;
	row->kind = k;
	row->name = k == ROW_ALL || k == ROW_SPENT ? STR("") : m->part[1];
	if (k == ROW_SPENT)
		return true;
	if (!kinds[k].span)
		return present(run, m->part[2], run->k->sender_window_ms);
	return span_find(m->part[kinds[k].span], &row->span) &&
	       present(run, m->part[kinds[k].span + 1], budget_span_ms[row->span]);
}

static void take(void *arg, const struct remembered_record *m)
{
	struct run *run = arg;
	struct row row = { 0 };

	if (!read_row(run, m, &row))
		return;
	row.key = arena_dup(run->r.arena, m->key);
	row.name = arena_dup(run->r.arena, row.name);
	memcpy(row.sum, m->record.sum, sizeof row.sum);
	VEC_PUSH(run->r.arena, run->rows) = row;
}

static struct opinion_limits limits_of(const struct run *run, const struct row *row)
{
	switch (row->kind) {
	case ROW_ALL:
		return run->k->limit[row->span];
	case ROW_SITE:
		return opinion_site(run->k, row->name)->limit[row->span];
	case ROW_NET:
	case ROW_AUTHOR:
		return (struct opinion_limits){ .requests = run->k->sender_calls };
	default:
		return (struct opinion_limits){ 0 };
	}
}

/* Nothing more fits. */
static bool exhausted(const struct opinion_limits *l, const double sum[STORE_SUMS])
{
	double more[STORE_SUMS] = { sum[BUDGET_REQUESTS] + 1, sum[BUDGET_TOKENS_IN] + 1,
				    sum[BUDGET_TOKENS_OUT], sum[BUDGET_MICROS] + 1 };

	return budget_over(l, more) != NULL;
}

/* ---- text ---- */

static void print_part(const char *what, double used, uint64_t limit, double unit)
{
	printf(", %.*f", unit > 1 ? 4 : 0, used / unit);
	if (limit)
		printf(" of %.*f", unit > 1 ? 4 : 0, (double)limit / unit);
	printf(" %s", what);
}

static void print_row(const struct run *run, const struct row *row)
{
	struct opinion_limits l = limits_of(run, row);

	printf("%s ", kinds[row->kind].word);
	show_text(stdout, row->name, NULL);
	printf("%s%s", row->name.n ? " " : "",
	       kinds[row->kind].span ? budget_span_word[row->span] : "window");
	print_part("requests", row->sum[BUDGET_REQUESTS], l.requests, 1);
	print_part("tokens", row->sum[BUDGET_TOKENS_IN] + row->sum[BUDGET_TOKENS_OUT], l.tokens, 1);
	print_part("money", row->sum[BUDGET_MICROS], l.micros, 1e6);
	puts(exhausted(&l, row->sum) ? ": spent" : "");
}

static void print_endpoint(const struct row *row)
{
	double calls = row->sum[ENDPOINT_CALLS];

	fputs("endpoint ", stdout);
	show_text(stdout, row->name, NULL);
	printf(" today, %.0f requests, %.0f failed, %.0f ms each, money %.4f\n", calls,
	       row->sum[ENDPOINT_FAILED], calls > 0 ? row->sum[ENDPOINT_MS] / calls : 0,
	       row->sum[ENDPOINT_MICROS] / 1e6);
}

static void print_spent(const double sum[STORE_SUMS])
{
	printf("ever, %.0f requests, %.0f tokens in, %.0f out, money %.6f\n", sum[BUDGET_REQUESTS],
	       sum[BUDGET_TOKENS_IN], sum[BUDGET_TOKENS_OUT], sum[BUDGET_MICROS] / 1e6);
}

/* The state of endpoints in a running daemon; NULL: none runs. */
static json_t *board(const struct run *run)
{
	const char *dir =
		run->o->state ? run->o->state : conf_str(run->r.app->conf, "daemon.state").p;
	struct control_client *c;
	struct str text;
	json_t *all = NULL, *ours;
	struct err e;

	c = control_connect(run->r.arena, control_path(run->r.arena, run->r.app->conf, dir), &e);
	if (c && control_board(c, run->r.arena, &text, &e) == 0)
		all = json_loadb(text.p, text.n, 0, NULL);
	control_close(c);
	if (!all)
		return NULL;
	ours = json_array();
	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *cell = json_array_get(all, i);
		const char *name = json_string_value(json_object_get(cell, "name"));
		if (name && str_starts(str_c(name), STR("llm:")))
			json_array_append(ours, cell);
	}
	json_decref(all);
	return ours;
}

static void print_board(json_t *cells)
{
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);
		const char *why = json_string_value(json_object_get(c, "why"));
		printf("daemon: %s is %s%s%s\n", json_string_value(json_object_get(c, "name")),
		       json_string_value(json_object_get(c, "state")), why ? ", " : "",
		       why ? why : "");
	}
}

static int by_use(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->sum[0] > y->sum[0] ? -1 : x->sum[0] < y->sum[0];
}

static bool is_sender(const struct row *row)
{
	return row->kind == ROW_NET || row->kind == ROW_AUTHOR;
}

static void print_text(const struct run *run, json_t *cells)
{
	size_t senders = 0;

	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = &run->rows.p[i];
		if (row->kind == ROW_ENDPOINT)
			print_endpoint(row);
		else if (row->kind == ROW_SPENT)
			print_spent(row->sum);
		else if (!is_sender(row) || senders++ < TOP_MAX)
			print_row(run, row);
	}
	if (!run->rows.n)
		puts("nothing was spent");
	print_board(cells);
}

/* ---- JSON ---- */

static json_t *part_json(double used, uint64_t limit, double unit)
{
	json_t *j = json_object();

	json_object_set_new(j, "used", json_real(used / unit));
	json_object_set_new(j, "limit", limit ? json_real((double)limit / unit) : json_null());
	json_object_set_new(j, "left",
			    limit ? json_real(((double)limit - used) / unit) : json_null());
	return j;
}

static json_t *row_json(const struct run *run, const struct row *row)
{
	struct opinion_limits l = limits_of(run, row);
	json_t *j = json_object();

	json_object_set_new(j, "scope", json_string(kinds[row->kind].word));
	json_object_set_new(j, "name", report_str(row->name));
	json_object_set_new(
		j, "span",
		json_string(kinds[row->kind].span ? budget_span_word[row->span] : "window"));
	json_object_set_new(j, "requests", part_json(row->sum[BUDGET_REQUESTS], l.requests, 1));
	json_object_set_new(
		j, "tokens",
		part_json(row->sum[BUDGET_TOKENS_IN] + row->sum[BUDGET_TOKENS_OUT], l.tokens, 1));
	json_object_set_new(j, "money", part_json(row->sum[BUDGET_MICROS], l.micros, 1e6));
	json_object_set_new(j, "exhausted", json_boolean(exhausted(&l, row->sum)));
	return j;
}

static json_t *endpoint_json(const struct row *row)
{
	double calls = row->sum[ENDPOINT_CALLS];

	return json_pack("{s:o, s:f, s:f, s:f, s:f}", "name", report_str(row->name), "requests",
			 calls, "failed", row->sum[ENDPOINT_FAILED], "ms",
			 calls > 0 ? row->sum[ENDPOINT_MS] / calls : 0.0, "money",
			 row->sum[ENDPOINT_MICROS] / 1e6);
}

static void print_json(const struct run *run, json_t *cells)
{
	json_t *root = json_object(), *budgets = json_array(), *senders = json_array(),
	       *endpoints = json_array(), *spent = NULL;

	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = &run->rows.p[i];
		if (row->kind == ROW_ENDPOINT)
			json_array_append_new(endpoints, endpoint_json(row));
		else if (row->kind == ROW_SPENT)
			spent = json_pack("{s:I, s:I, s:I, s:I}", "requests",
					  (json_int_t)row->sum[BUDGET_REQUESTS], "tokens_in",
					  (json_int_t)row->sum[BUDGET_TOKENS_IN], "tokens_out",
					  (json_int_t)row->sum[BUDGET_TOKENS_OUT], "micros",
					  (json_int_t)row->sum[BUDGET_MICROS]);
		else
			json_array_append_new(is_sender(row) ? senders : budgets,
					      row_json(run, row));
	}
	json_object_set_new(root, "budgets", budgets);
	json_object_set_new(root, "senders", senders);
	json_object_set_new(root, "endpoints", endpoints);
	json_object_set_new(root, "board", cells ? json_incref(cells) : json_null());
	json_object_set_new(root, "spent", spent ? spent : json_null());
	json_dumpf(root, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(root);
}

/* ---- the whole ---- */

static int reset(struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = &run->rows.p[i];
		struct store_op op = { .kind = STORE_DEL, .key = row->key };
		struct store_answer a;
		if (row->kind == ROW_SPENT || row->kind == ROW_ENDPOINT)
			continue;
		if (!remembered_do(&run->r, &op, &a))
			return APP_EXIT_FAILURE;
		n += a.status == STORE_OK;
	}
	printf(run->o->json ? "{\"reset\":%zu}\n" : "reset: %zu\n", n);
	return APP_EXIT_GOOD;
}

static int show(struct run *run)
{
	json_t *cells = board(run);
	int code = APP_EXIT_GOOD;

	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = &run->rows.p[i];
		struct opinion_limits l = limits_of(run, row);
		if (!is_sender(row) && exhausted(&l, row->sum))
			code = APP_EXIT_NEGATIVE;
	}
	if (run->o->json)
		print_json(run, cells);
	else
		print_text(run, cells);
	json_decref(cells);
	return code;
}

static int budget(const struct budget_options *o)
{
	struct run run = { .o = o, .now_ms = clock_wall_ms() };
	int code = APP_EXIT_FAILURE;

	if (remembered_open(&run.r, o->conf, o->state, !o->reset)) {
		run.k = llm_config_of(run.r.app->setup);
		if (remembered_each(&run.r, "llm", NULL, 0, take, &run)) {
			if (run.rows.n)
				qsort(run.rows.p, run.rows.n, sizeof *run.rows.p, by_use);
			code = o->reset ? reset(&run) : show(&run);
		}
	}
	remembered_close(&run.r);
	return code;
}

int llm_budget_main(int argc, char **argv)
{
	static const struct option longs[] = { { "reset", no_argument, NULL, 'r' },
					       { "state", required_argument, NULL, 'd' },
					       { "config", required_argument, NULL, 'c' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct budget_options o = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		if (opt == 'r')
			o.reset = true;
		else if (opt == 'd')
			o.state = optarg;
		else if (opt == 'c')
			o.conf = optarg;
		else if (opt == 'j')
			o.json = true;
		else if (opt == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		else
			return usage(stderr, APP_EXIT_FAILURE);
	if (optind != argc)
		return usage(stderr, APP_EXIT_FAILURE);
	return budget(&o);
}
