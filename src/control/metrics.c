/* The families of metrics, each from where it is counted. */
#include "control/metrics.h"

#include "control/report/collect.h"
#include "control/report/run.h"
#include "control/report/summary.h"
#include "control/trainer.h"
#include "scan/board.h"
#include "scan/verdict.h"
#include "store/store.h"

struct out {
	json_t *families, *samples; /* samples: of the last family */
	size_t n, octets, left_out;
};

static void family(struct out *o, const char *name, const char *type, const char *help)
{
	json_t *f = json_object();

	o->samples = json_array();
	json_object_set_new(f, "name", json_string(name));
	json_object_set_new(f, "type", json_string(type));
	json_object_set_new(f, "help", json_string(help));
	json_object_set_new(f, "samples", o->samples);
	json_array_append_new(o->families, f);
}

static void counter(struct out *o, const char *name, const char *help)
{
	family(o, name, "counter", help);
}

/* Names come from a configuration or from mail: what is not plain ASCII shows as "?". */
static void set_label(struct out *o, json_t *labels, const char *label, struct str value)
{
	char text[METRICS_LABEL + 1];
	size_t n = value.n < METRICS_LABEL ? value.n : METRICS_LABEL;

	for (size_t i = 0; i < n; i++)
		text[i] = value.p[i] >= ' ' && value.p[i] <= '~' ? value.p[i] : '?';
	json_object_set_new(labels, label, json_stringn(text, n));
	o->octets += 2 * n;
}

/* Its labels, which more may be added to; NULL: there is no room for one more. */
static json_t *sample(struct out *o, double value)
{
	json_t *s, *labels;

	if (o->n >= METRICS_SERIES || o->octets > METRICS_OCTETS) {
		o->left_out++;
		return NULL;
	}
	o->n++;
	o->octets += 80;
	s = json_object();
	labels = json_object();
	json_object_set_new(s, "labels", labels);
	json_object_set_new(s, "value",
			    value == (double)(json_int_t)value ? json_integer((json_int_t)value)
							       : json_real(value));
	json_array_append_new(o->samples, s);
	return labels;
}

static void labelled(struct out *o, const char *label, const char *word, uint64_t value)
{
	json_t *labels = sample(o, (double)value);

	if (labels)
		set_label(o, labels, label, str_c(word));
}

static void single(struct out *o, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	family(o, name, type, help);
	sample(o, (double)value);
}

/* ---- messages ---- */

struct counted {
	enum scan_count what;
	const char *word;
};

static void counts(struct out *o, const struct scan_stats *t, const char *label,
		   const struct counted *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		labelled(o, label, c[i].word, t->n[c[i].what]);
}

static void suffixed(struct out *o, const char *suffix, const char *le, double value)
{
	json_t *labels = sample(o, value);

	if (!labels)
		return;
	json_object_set_new(json_array_get(o->samples, json_array_size(o->samples) - 1), "suffix",
			    json_string(suffix));
	if (le)
		set_label(o, labels, "le", str_c(le));
}

static void times(struct out *o, const struct scan_stats *t)
{
	uint64_t n = 0;
	char le[32];

	family(o, "merlon_message_seconds", "histogram",
	       "time from the end of a message to its verdict");
	for (size_t i = 0; i < STATS_STEPS; i++) {
		n += t->step[i];
		snprintf(le, sizeof le, "%g", stats_step_ms[i] / 1000);
		suffixed(o, "_bucket", le, (double)n);
	}
	n += t->step[STATS_STEPS];
	suffixed(o, "_bucket", "+Inf", (double)n);
	suffixed(o, "_sum", NULL, (double)t->took_us / 1e6);
	suffixed(o, "_count", NULL, (double)n);
}

static void results(struct out *o, const struct scan_stats *t)
{
	counter(o, "merlon_results_total", "messages by what a check found, as in the log");
	for (size_t i = 0; i < STATS_RESULTS; i++) {
		json_t *labels = t->result[i].n ? sample(o, (double)t->result[i].n) : NULL;
		if (!labels)
			continue;
		set_label(o, labels, "check", str_c(t->result[i].check));
		set_label(o, labels, "result", str_c(t->result[i].word));
	}
}

static void messages(struct out *o, const struct scan_stats *t)
{
	static const struct counted cache[] = { { COUNT_CACHE_HIT, "hit" },
						{ COUNT_CACHE_MISS, "miss" },
						{ COUNT_CACHE_WAIT, "wait" } };
	static const struct counted without[] = { { COUNT_DEGRADED_STORE, "store" },
						  { COUNT_DEGRADED_DNS, "dns" },
						  { COUNT_DEGRADED_OTHER, "other" },
						  { COUNT_DEADLINE, "deadline" } };
	static const struct counted limit[] = { { COUNT_CPU, "cpu" },
						{ COUNT_PATTERNS, "patterns" },
						{ COUNT_TRUNCATED, "size" },
						{ COUNT_POISONED, "poisoned" } };

	counter(o, "merlon_messages_total", "messages judged, by what is done with them");
	for (size_t i = 0; i < STATS_ACTIONS; i++)
		labelled(o, "action", action_word((enum action)i), t->action[i]);
	times(o, t);
	counter(o, "merlon_messages_without_total",
		"messages that were judged without something that did not answer in time");
	counts(o, t, "missing", without, sizeof without / sizeof *without);
	counter(o, "merlon_messages_limited_total",
		"messages of which a part was left out, by the limit");
	counts(o, t, "limit", limit, sizeof limit / sizeof *limit);
	counter(o, "merlon_verdict_cache_total", "messages whose verdict was looked for");
	counts(o, t, "result", cache, sizeof cache / sizeof *cache);
	results(o, t);
}

/* ---- the world outside ---- */

struct board_family {
	enum board_count what;
	double scale;
	const char *name, *help;
};

static const struct board_family board_families[] = {
	{ BOARD_ASKED, 1, "merlon_outside_asked_total", "questions to lists, scanners, models" },
	{ BOARD_GOOD, 1, "merlon_outside_good_total", "answers of use" },
	{ BOARD_FAILED, 1, "merlon_outside_failed_total", "no answer in time, or garbage" },
	{ BOARD_OFF, 1, "merlon_outside_left_alone_total", "not asked: it is off for a while" },
	{ BOARD_REFUSED, 1, "merlon_outside_refused_total", "it says that it does not serve us" },
	{ BOARD_HITS, 1, "merlon_outside_hits_total", "listed, found, called spam" },
	{ BOARD_CACHED, 1, "merlon_outside_cached_total", "answered from what is remembered" },
	{ BOARD_SKIPPED, 1, "merlon_outside_skipped_total", "not asked: budget, rate" },
	{ BOARD_TOKENS_IN, 1, "merlon_outside_tokens_in_total", "tokens sent to models" },
	{ BOARD_TOKENS_OUT, 1, "merlon_outside_tokens_out_total", "tokens that models sent" },
	{ BOARD_MICROS, 1e-6, "merlon_outside_money_total", "money that models cost" },
	{ BOARD_MS, 1e-3, "merlon_outside_seconds_total", "time waited for answers" },
};

/* What was never counted of it is left out, but for what everybody looks at. */
static void outside(struct out *o, const struct board *b)
{
	for (size_t i = 0; i < sizeof board_families / sizeof *board_families; i++) {
		const struct board_family *f = &board_families[i];
		counter(o, f->name, f->help);
		for (const struct board_cell *c = NULL; (c = board_next(b, c));) {
			uint64_t n = board_count(c, f->what);
			json_t *labels = n || f->what <= BOARD_FAILED
						 ? sample(o, (double)n * f->scale)
						 : NULL;
			if (labels)
				set_label(o, labels, "name", str_c(board_name(c)));
		}
	}
	family(o, "merlon_outside_on", "gauge", "0: it is left alone for a while");
	for (const struct board_cell *c = NULL; (c = board_next(b, c));)
		labelled(o, "name", board_name(c), !board_is_off(c));
}

/* ---- what is remembered ---- */

static void memory(struct out *o, const struct metrics_world *w)
{
	static const char *const class[] = { "forgotten", "ham", "spam" };

	family(o, "merlon_store_up", "gauge", "1: the store answers the control process");
	if (w->local)
		labelled(o, "store", "local", store_up(w->local));
	if (w->shared)
		labelled(o, "store", "shared", store_up(w->shared));
	if (w->model) {
		struct model_counts n = model_counts(w->model, STR(""));
		family(o, "merlon_classifier_messages", "gauge", "messages that it has learnt");
		labelled(o, "class", "ham", n.ham);
		labelled(o, "class", "spam", n.spam);
	}
	if (w->trainer) {
		const struct trainer_stats *s = trainer_stats(w->trainer);
		counter(o, "merlon_learnt_total", "trainings since the daemon began");
		for (size_t i = 0; i < sizeof class / sizeof *class; i++)
			labelled(o, "class", class[i], s -> learnt[i]);
		single(o, "merlon_learn_failed_total", "counter",
		       "trainings that could not be written", s->failed);
	}
}

/* ---- reports ---- */

struct reported_family {
	enum report_kind kind;
	const char *name, *help, *good, *bad;
};

static const struct reported_family reported_families[] = {
	{ REPORT_DMARC, "merlon_reported_messages_total",
	  "messages of our domains, as DMARC reports that came in count them", "pass", "fail" },
	{ REPORT_TLS, "merlon_reported_tls_sessions_total",
	  "sessions to our domains, as TLS reports that came in count them", "good", "failed" },
	{ REPORT_ABUSE, "merlon_reported_complaints_total",
	  "complaints that came in about mail of our domains", NULL, "complaint" },
	{ REPORT_FAILURE, "merlon_reported_failures_total",
	  "failure reports that came in about mail of our domains", NULL, "failure" },
};

static void reported(struct out *o, const struct tally *t, const struct reported_family *f)
{
	counter(o, f->name, f->help);
	for (size_t i = 0; i < t->n; i++) {
		const struct tally_domain *d = &t->domain[i];
		const uint64_t n[] = { d->good[f->kind], d->bad[f->kind] };
		const char *word[] = { f->good, f->bad };
		for (size_t k = 0; k < 2; k++) {
			json_t *labels = word[k] && (n[0] || n[1]) ? sample(o, (double)n[k]) : NULL;
			if (!labels)
				continue;
			set_label(o, labels, "domain", d->name);
			if (f->good)
				set_label(o, labels, "result", str_c(word[k]));
		}
	}
}

static void reports(struct out *o, const struct metrics_world *w)
{
	static const struct {
		enum report_kind kind;
		const char *word;
	} kinds[] = { { REPORT_DMARC, "dmarc" },
		      { REPORT_TLS, "tls" },
		      { REPORT_ABUSE, "complaint" },
		      { REPORT_FAILURE, "failure" } };
	const struct tally *t = w->summaries ? summaries_tally(w->summaries) : NULL;

	if (t) {
		counter(o, "merlon_reports_received_total", "reports that came in by mail");
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			labelled(o, "kind", kinds[i].word, t->reports[kinds[i].kind]);
		for (size_t i = 0; i < sizeof reported_families / sizeof *reported_families; i++)
			reported(o, t, &reported_families[i]);
	}
	if (w->reporter)
		single(o, "merlon_reports_sent_total", "counter",
		       "messages with reports that the relay took", reporter_sent(w->reporter));
	if (w->collector)
		single(o, "merlon_spool_octets", "gauge",
		       "records of workers that wait for the store",
		       collector_waiting(w->collector));
}

/* ---- all of it ---- */

static void build(struct out *o)
{
	json_t *labels;

	family(o, "merlon_build_info", "gauge", "1; the version is a label");
	labels = sample(o, 1);
	set_label(o, labels, "version", str_c(MERLON_VERSION));
}

json_t *metrics_report(const struct metrics_world *w)
{
	struct out o = { .families = json_array() };

	build(&o);
	if (w->scans) {
		struct scan_stats sum = { { 0 } };
		unsigned serve = w->scans(w->arg, &sum);
		single(&o, "merlon_workers", "gauge", "workers that serve", serve);
		messages(&o, &sum);
	}
	memory(&o, w);
	reports(&o, w);
	if (w->board)
		outside(&o, w->board);
	family(&o, "merlon_metrics_left_out", "gauge", "samples for which there was no room");
	o.n = o.octets = 0;
	sample(&o, (double)o.left_out);
	return o.families;
}
