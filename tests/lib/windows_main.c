/*
 * For tests: the sums of all windows of DMARC rows in a store, reported or not, ended or not, one
 * JSON object for each line of a report.
 *
 *	windows_dump --redis PATH | --state DIR
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ip.h"
#include "control/control.h"
#include "control/report/window.h"
#include "io/loop.h"

struct dump {
	struct loop *loop;
	struct windows *windows;
	struct window_part *part;
	size_t n, at;
	bool done, good;
	uint64_t repeated, clipped, damaged;
};

static json_t *text(struct str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

static void print_row(const struct window_sums *s, const struct window_report *w,
		      const struct report_row *r)
{
	char ip[IP_TEXT_MAX];
	json_t *j = json_object();

	json_object_set_new(j, "start", json_integer(s->part.start));
	json_object_set_new(j, "policy_domain", text(w->policy_domain));
	json_object_set_new(j, "rua", text(w->rua));
	json_object_set_new(j, "p", text(w->report.p));
	json_object_set_new(j, "source", json_string(ip_format(&r->source, ip)));
	json_object_set_new(j, "disposition", json_string(dmarc_policy_word(r->disposition)));
	json_object_set_new(j, "pass", json_boolean(r->pass_disposition));
	json_object_set_new(j, "dkim", json_boolean(r->dkim_aligned));
	json_object_set_new(j, "spf", json_boolean(r->spf_aligned));
	json_object_set_new(j, "dkim_result", text(r->ndkim ? r->dkim[0].result : STR("")));
	json_object_set_new(j, "spf_result", text(r->spf_result));
	json_object_set_new(j, "reason", text(r->override_type));
	json_object_set_new(j, "header_from", text(r->header_from));
	json_object_set_new(j, "count", json_integer((json_int_t)r->count));
	json_dumpf(j, stdout, JSON_COMPACT);
	fputc('\n', stdout);
	json_decref(j);
}

static void next_part(void *arg);

static void summed(void *arg, enum windows_state state, struct window_sums *s)
{
	struct dump *d = arg;

	if (state != WINDOWS_GOOD) {
		d->done = true;
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->report[i].report.nrows; k++)
			print_row(s, &s->report[i], &s->report[i].report.row[k]);
	d->repeated += s->repeated;
	d->clipped += s->clipped;
	d->damaged += s->damaged;
	window_sums_free(s);
	d->at++;
	loop_after(d->loop, 0, next_part, d);
}

static void next_part(void *arg)
{
	struct dump *d = arg;

	d->done = d->good = d->at == d->n;
	if (!d->done)
		windows_sum(d->windows, d->part[d->at], 0, summed, d);
}

static void listed(void *arg, bool good, const struct window_part *p, size_t n)
{
	struct dump *d = arg;

	d->done = !good;
	d->n = n;
	d->part = calloc(n ? n : 1, sizeof *p);
	if (!d->part)
		abort();
	if (n)
		memcpy(d->part, p, n * sizeof *p);
	loop_after(d->loop, 0, next_part, d);
}

static struct store *open_store(struct loop *l, char **argv, struct err *e)
{
	struct str server = STR_NULL;
	struct arena *a = arena_new(0);
	struct store_redis_config c = { .server = &server, .nservers = 1 };
	struct store *s;

	if (strcmp(argv[1], "--redis") == 0) {
		server = arena_printf(a, "unix:%s", argv[2]);
		s = store_redis(l, &c, &(struct store_limits){ 0 }, e);
	} else {
		s = control_local_store(l, argv[2], true, e);
	}
	arena_free(a);
	return s;
}

int main(int argc, char **argv)
{
	struct dump d = { .loop = loop_new() };
	struct store *s;
	struct err e;

	if (argc != 3) {
		fprintf(stderr, "usage: windows_dump --redis PATH | --state DIR\n");
		return 2;
	}
	s = open_store(d.loop, argv, &e);
	if (!s) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	d.windows = windows_new(d.loop, s);
	windows_list(d.windows, INT64_MAX, listed, &d);
	while (!d.done)
		loop_turn(d.loop, 100);
	fprintf(stderr, "repeated %llu clipped %llu damaged %llu\n", (unsigned long long)d.repeated,
		(unsigned long long)d.clipped, (unsigned long long)d.damaged);
	windows_free(d.windows);
	store_free(s);
	loop_free(d.loop);
	free(d.part);
	return d.good ? 0 : 1;
}
