/* merlon llm test: exactly what would be sent about a message, in each mode of privacy. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/llm_tool.h"
#include "cmd/show.h"
#include "io/loop.h"
#include "scan/report.h"

struct test_options {
	struct llm_options o;
	bool all, send;
	struct envelope envelope;
	struct str rcpt;
	const char *path;
};

struct run {
	const struct test_options *o;
	struct llm_tool tool;
	json_t *list;
	size_t messages;
	int code;
};

static int usage(FILE *out, int code)
{
	fputs("usage: merlon llm test [OPTION]... FILE\n"
	      "Shows what would be sent about a message, octet by octet, and sends it only when "
	      "told.\n\n"
	      "  --mode MODE        full, redacted, features, or all; default: as configured\n"
	      "  --send             send it, count what it costs, and show the answer; a text "
	      "that\n"
	      "                     was judged already is not sent again\n"
	      "  --endpoint NAME    of this llm_endpoint; default: the one that is asked first\n"
	      "  --local            nobody is asked about the message: no SPF, DKIM, DMARC\n"
	      "  --ip A --helo H --from F --rcpt R  the envelope\n"
	      "  --state DIR        state directory, where calls are counted\n"
	      "  -c, --config FILE  the daemon's configuration\n"
	      "  --json             print JSON: endpoint, url, region, model, mode, tokens, cost,\n"
	      "                     boundary, digest, hidden, cut, system, user, request, answer\n"
	      "  --help             this text\n\n"
	      "Exit: 0 good, 1 there is no answer of use, 2 failure.\n",
	      out);
	return code;
}

/* ---- printing ---- */

static json_t *answer_json(const struct opinion *o)
{
	json_t *j = json_object(), *codes = json_array();
	bool given = o->skip == OPINION_GIVEN;
	const struct llm_answer *x = &o->answer;

	for (size_t i = 0; given && i < x->nreasons; i++)
		json_array_append_new(codes, json_string(llm_reason_word(x->reason[i])));
	json_object_set_new(j, "skipped", report_word(given ? NULL : opinion_skip_word(o->skip)));
	json_object_set_new(j, "why", report_word(given ? NULL : o->detail));
	json_object_set_new(j, "cached", json_boolean(o->cached));
	json_object_set_new(j, "label", report_word(given ? llm_label_word(x->label) : NULL));
	json_object_set_new(j, "p_said", given ? json_real(x->p_spam) : json_null());
	json_object_set_new(j, "p_spam", given ? json_real(o->p_spam) : json_null());
	json_object_set_new(j, "p_phish", given ? json_real(x->p_phish) : json_null());
	json_object_set_new(j, "reasons", codes);
	json_object_set_new(j, "imitates", report_str(given ? x->imitates : STR_NULL));
	json_object_set_new(j, "note", report_str(given ? x->note : STR_NULL));
	json_object_set_new(j, "ms", json_integer((json_int_t)o->ms));
	json_object_set_new(j, "tokens_in", json_integer((json_int_t)o->tokens_in));
	json_object_set_new(j, "tokens_out", json_integer((json_int_t)o->tokens_out));
	json_object_set_new(j, "cost", json_real((double)o->micros / 1e6));
	return j;
}

static json_t *question_json(const struct llm_task *t, const struct opinion_endpoint *p,
			     const struct llm_question *q, const struct http_request *r)
{
	struct spending most = budget_estimate(p, q);
	json_t *j = json_object();

	json_object_set_new(j, "endpoint", report_str(p->name));
	json_object_set_new(j, "url", report_str(r->url));
	json_object_set_new(j, "region", report_str(p->region));
	json_object_set_new(j, "model", json_string(p->model->hash));
	json_object_set_new(j, "mode", json_string(llm_privacy_word(t->consult.privacy)));
	json_object_set_new(j, "tokens", json_integer((json_int_t)q->tokens));
	json_object_set_new(j, "cost", json_real((double)most.sum[BUDGET_MICROS] / 1e6));
	json_object_set_new(j, "boundary", report_str(q->boundary));
	json_object_set_new(j, "digest", report_str(q->digest));
	json_object_set_new(j, "hidden", json_integer((json_int_t)q->hidden));
	json_object_set_new(j, "cut", json_integer((json_int_t)q->cut));
	json_object_set_new(j, "system", report_str(q->system));
	json_object_set_new(j, "user", report_str(q->user));
	json_object_set_new(j, "request", report_str(r->body));
	json_object_set_new(j, "answer", json_null());
	return j;
}

static void print_answer(const struct opinion *o)
{
	const struct llm_answer *x = &o->answer;

	if (o->skip != OPINION_GIVEN) {
		printf("no answer of use: %s %s\n", opinion_skip_word(o->skip), o->detail);
	} else {
		printf("answer: %s, p_spam %.3f (said %.3f), p_phish %.3f",
		       llm_label_word(x->label), o->p_spam, x->p_spam, x->p_phish);
		for (size_t i = 0; i < x->nreasons; i++)
			printf("%s %s", i ? "," : "; ", llm_reason_word(x->reason[i]));
		fputs("\nnote: ", stdout);
		show_text(stdout, x->note, NULL);
		putchar('\n');
	}
	printf("%s: %u calls, %llu ms, %llu tokens in, %llu out, cost %.6f\n",
	       o->cached ? "judged before" : "asked now", o->calls, (unsigned long long)o->ms,
	       (unsigned long long)o->tokens_in, (unsigned long long)o->tokens_out,
	       (double)o->micros / 1e6);
}

static void print_question(const struct llm_task *t, const struct opinion_endpoint *p,
			   const struct llm_question *q, const struct http_request *r)
{
	struct spending most = budget_estimate(p, q);

	printf("mode %s, to endpoint \"%.*s\"%s%.*s at %.*s\n",
	       llm_privacy_word(t->consult.privacy), STR_ARG(p->name),
	       p->region.n ? " in region " : "", STR_ARG(p->region), STR_ARG(r->url));
	printf("model version %s, about %zu tokens in and at most %u out, cost at most %.6f\n",
	       p->model->hash, q->tokens, p->model->max_tokens,
	       (double)most.sum[BUDGET_MICROS] / 1e6);
	printf("boundary %.*s, digest %.*s\n", STR_ARG(q->boundary), STR_ARG(q->digest));
	printf("not sent: %zu octets of hidden text, %zu octets for length\n\n", q->hidden, q->cut);
	fputs("---- role system ----\n", stdout);
	show_text(stdout, q->system, "\n");
	fputs("\n---- role user ----\n", stdout);
	show_text(stdout, q->user, "\n");
	fputs("\n---- end ----\n", stdout);
}

/* ---- one message ---- */

static void answered(void *arg, struct llm_task *task)
{
	(void)task;
	*(bool *)arg = true;
}

static void show_mode(struct run *run, struct str octets, enum llm_privacy mode)
{
	struct llm_task *t;
	const struct opinion_endpoint *p = run->tool.site.endpoint[0];
	struct llm_question q;
	struct http_request r;
	bool done = false;
	json_t *j = NULL;

	run->tool.site.privacy = mode;
	t = llm_task_new(&run->tool, &run->o->envelope, octets);
	if (!t)
		return;
	if (run->o->send) {
		llm_task_ask(t, answered, &done);
		while (!done)
			loop_turn(run->tool.env->scan.loop, 100);
		if (t->consult.out.endpoint && !t->consult.out.cached)
			p = t->consult.out.endpoint;
		if (t->consult.out.skip != OPINION_GIVEN)
			run->code = APP_EXIT_NEGATIVE;
	}
	if (t->consult.out.calls) { /* the very octets */
		q = t->consult.q;
		r = t->consult.request;
	} else {
		consult_question(&t->consult, p, &q, &r);
	}
	if (run->o->o.json) {
		j = question_json(t, p, &q, &r);
		if (run->o->send)
			json_object_set_new(j, "answer", answer_json(&t->consult.out));
		json_array_append_new(run->list, j);
	} else {
		print_question(t, p, &q, &r);
		if (run->o->send)
			print_answer(&t->consult.out);
	}
	llm_task_free(t);
}

static void show(void *arg, struct str name, struct str octets)
{
	struct run *run = arg;

	(void)name;
	run->messages++;
	for (int mode = LLM_FULL; mode <= LLM_FEATURES; mode++)
		if (run->o->all || mode == (int)run->tool.site.privacy)
			show_mode(run, octets, (enum llm_privacy)mode);
}

static int test(const struct test_options *o)
{
	static const struct log_config quiet = { LOG_LVL_WARN, LOG_LOGFMT, "stderr" };
	struct arena *a = arena_new(0);
	struct run run = { .o = o, .code = APP_EXIT_FAILURE };
	struct err e = { 0 };

	if (log_open(&quiet, &e) == 0 && llm_tool_open(&run.tool, a, &o->o)) {
		run.code = APP_EXIT_GOOD;
		run.list = json_array();
		if (source_each(o->path, show, &run, &e) < 0) {
			fprintf(stderr, "merlon llm test: %s\n", e.text);
			run.code = APP_EXIT_FAILURE;
		}
		if (o->o.json) {
			json_dumpf(run.list, stdout, JSON_COMPACT);
			putchar('\n');
		}
		json_decref(run.list);
	}
	llm_tool_close(&run.tool);
	arena_free(a);
	return run.code;
}

/* ---- options ---- */

static bool mode(struct test_options *o, const char *word)
{
	o->all = strcmp(word, "all") == 0;
	o->o.privacy = o->all ? -1 : llm_privacy_find(word);
	if (o->all || o->o.privacy >= 0)
		return true;
	fprintf(stderr,
		"merlon llm test: --mode: found \"%s\", expected full, redacted, features "
		"or all\n",
		word);
	return false;
}

int llm_test_main(int argc, char **argv)
{
	static const struct option longs[] = { { "mode", required_argument, NULL, 'm' },
					       { "send", no_argument, NULL, 'x' },
					       { "endpoint", required_argument, NULL, 'e' },
					       { "ip", required_argument, NULL, 'i' },
					       { "helo", required_argument, NULL, 'H' },
					       { "from", required_argument, NULL, 'f' },
					       { "rcpt", required_argument, NULL, 'r' },
					       { "local", no_argument, NULL, 'l' },
					       { "state", required_argument, NULL, 'd' },
					       { "config", required_argument, NULL, 'c' },
					       { "json", no_argument, NULL, 'j' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	struct test_options o = { .o.privacy = -1 };
	int opt;

	while ((opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		if (opt == 'm' && !mode(&o, optarg))
			return APP_EXIT_FAILURE;
		else if (opt == 'x')
			o.send = o.o.store = true;
		else if (opt == 'e')
			o.o.endpoint = optarg;
		else if (opt == 'i' && !ip_parse(str_c(optarg), &o.envelope.ip))
			return usage(stderr, APP_EXIT_FAILURE);
		else if (opt == 'H')
			o.envelope.helo = str_c(optarg);
		else if (opt == 'f')
			o.envelope.mail_from = str_c(optarg);
		else if (opt == 'r')
			o.rcpt = str_c(optarg);
		else if (opt == 'l')
			o.o.local = true;
		else if (opt == 'd')
			o.o.state = optarg;
		else if (opt == 'c')
			o.o.conf = optarg;
		else if (opt == 'j')
			o.o.json = true;
		else if (opt == 'h')
			return usage(stdout, APP_EXIT_GOOD);
		else if (opt == '?')
			return usage(stderr, APP_EXIT_FAILURE);
	if (argc - optind != 1)
		return usage(stderr, APP_EXIT_FAILURE);
	if (o.rcpt.n) {
		o.envelope.rcpt = &o.rcpt;
		o.envelope.nrcpt = 1;
	}
	o.path = argv[optind];
	return test(&o);
}
