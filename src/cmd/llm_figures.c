/* merlon llm eval: its figures, as text and as JSON. */
#include "cmd/llm_figures.h"

#include <stdio.h>
#include <stdlib.h>

static const double rates[] = { 0, 0.001, 0.01, 0.05 };

/* ---- calibration ---- */

struct block {
	double said, truth; /* sums */
	size_t n;
};

static int by_said(const void *a, const void *b)
{
	const struct llm_figure *x = a, *y = b;

	return x->said < y->said ? -1 : x->said > y->said;
}

static size_t answers(const struct llm_figures *f, struct llm_figure *out)
{
	size_t n = 0;

	for (size_t i = 0; i < f->all.n; i++)
		if (f->all.p[i].given)
			out[n++] = f->all.p[i];
	qsort(out, n, sizeof *out, by_said);
	return n;
}

static double mean(double sum, const struct block *b)
{
	return sum / (double)b->n;
}

/* Blocks that stand in the wrong order become one. Equal sayings are one from the start. */
static size_t pool(const struct llm_figure *p, size_t n, struct block *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		bool same = i && p[i].said == p[i - 1].said;
		struct block one = { p[i].said, p[i].spam, 1 };
		if (!same)
			out[k++] = (struct block){ 0, 0, 0 };
		out[k - 1].said += one.said;
		out[k - 1].truth += one.truth;
		out[k - 1].n++;
		if (i + 1 < n && p[i + 1].said == p[i].said)
			continue;
		while (k > 1 &&
		       mean(out[k - 2].truth, &out[k - 2]) >= mean(out[k - 1].truth, &out[k - 1])) {
			out[k - 2].said += out[k - 1].said;
			out[k - 2].truth += out[k - 1].truth;
			out[k - 2].n += out[k - 1].n;
			k--;
		}
	}
	return k;
}

size_t llm_figures_calibrate(const struct llm_figures *f, struct llm_step out[LLM_STEPS_MAX])
{
	struct arena *a = arena_new(0);
	struct llm_figure *p = ARENA_ARRAY(a, struct llm_figure, f->all.n + 1);
	struct block *b = ARENA_ARRAY(a, struct block, f->all.n + 1);
	size_t n = pool(p, answers(f, p), b), each = n / LLM_STEPS_MAX + 1, k = 0;

	for (size_t i = 0; i < n; i += each, k++) {
		struct block all = { 0, 0, 0 };
		for (size_t j = i; j < n && j < i + each; j++) {
			all.said += b[j].said;
			all.truth += b[j].truth;
			all.n += b[j].n;
		}
		out[k] = (struct llm_step){ mean(all.said, &all), mean(all.truth, &all), all.n };
	}
	arena_free(a);
	return k;
}

/* ---- quality ---- */

struct quality {
	size_t given, ham, spam, spam_called, ham_called; /* called: p of a half or more */
	double brier, area;
	struct roc roc;
	uint64_t p50, p95;
	size_t calls, cached;
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t share(const uint64_t *sorted, size_t n, double part)
{
	return n ? sorted[(size_t)((double)(n - 1) * part)] : 0;
}

static struct quality measure(struct arena *a, const struct llm_figures *f)
{
	struct roc_point *p = ARENA_ARRAY(a, struct roc_point, f->all.n + 1);
	uint64_t *ms = ARENA_ARRAY(a, uint64_t, f->all.n + 1);
	struct quality q = { 0 };
	size_t asked = 0;

	for (size_t i = 0; i < f->all.n; i++) {
		const struct llm_figure *x = &f->all.p[i];
		double off = x->p - (x->spam ? 1 : 0);
		q.calls += x->calls;
		q.cached += x->cached;
		if (x->calls)
			ms[asked++] = x->ms;
		if (!x->given)
			continue;
		p[q.given++] = (struct roc_point){ x->p, x->spam };
		q.brier += off * off;
		*(x->spam ? &q.spam : &q.ham) += 1;
		*(x->spam ? &q.spam_called : &q.ham_called) += x->p >= 0.5;
	}
	qsort(ms, asked, sizeof *ms, by_number);
	q.roc = roc_new(a, p, q.given);
	q.area = roc_area_above(&q.roc);
	q.brier = q.given ? q.brier / (double)q.given : 0;
	q.p50 = share(ms, asked, 0.5);
	q.p95 = share(ms, asked, 0.95);
	return q;
}

/* ---- text ---- */

static void print_spent(const char *who, const struct spending *x)
{
	printf("%-9s%10llu requests %12llu tokens in %12llu out, money %.6f\n", who,
	       (unsigned long long)x->sum[BUDGET_REQUESTS],
	       (unsigned long long)x->sum[BUDGET_TOKENS_IN],
	       (unsigned long long)x->sum[BUDGET_TOKENS_OUT], (double)x->sum[BUDGET_MICROS] / 1e6);
}

static bool equal(const struct llm_figures *f)
{
	for (size_t i = 0; i < 4; i++)
		if (f->spent.sum[i] != f->store.sum[i])
			return false;
	return true;
}

static void print_skips(const struct llm_figures *f)
{
	for (size_t i = OPINION_GIVEN + 1; i < OPINION_SKIPS; i++)
		if (f->skipped[i])
			printf("without an answer, %s: %zu\n",
			       opinion_skip_word((enum opinion_skip)i), f->skipped[i]);
	for (size_t i = LLM_FINE + 1; i <= LLM_CANARY; i++)
		if (f->faults[i])
			printf("answers that count for nothing, %s: %zu\n",
			       llm_fault_word((enum llm_fault)i), f->faults[i]);
}

static void print_quality(const struct quality *q)
{
	double at;

	printf("\n                taken for spam   taken for ham   (p 0.5)\n");
	printf("  spam          %14zu %15zu\n", q->spam_called, q->spam - q->spam_called);
	printf("  ham           %14zu %15zu\n\n", q->ham_called, q->ham - q->ham_called);
	printf("1-ROCA %.3f %%, mean squared error of p %.4f\n", 100 * q->area, q->brier);
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
		printf("spam missed where %.1f %% of the ham is lost: %.2f %%\n", 100 * rates[i],
		       100 * (1 - roc_caught(&q->roc, rates[i], &at)));
}

static void print_calibration(const struct llm_figures *f)
{
	struct llm_step step[LLM_STEPS_MAX];
	size_t n = llm_figures_calibrate(f, step);

	puts("\nFor the model file, how often what it says is true:");
	fputs("\tcalibration = {", stdout);
	for (size_t i = 0; i < n; i++)
		printf("%s\"%.4f:%.4f\"", i ? ", " : "", step[i].said, step[i].truth);
	puts("}\n");
}

static void print_text(const struct llm_figures *f, const struct quality *q)
{
	printf("%zu messages, %zu outside the band, %zu with an answer, %zu of them judged "
	       "before\n",
	       f->messages, f->outside, q->given, q->cached);
	print_skips(f);
	if (q->given) {
		print_quality(q);
		print_calibration(f);
	}
	print_spent("spent", &f->spent);
	if (f->counted)
		print_spent("store", &f->store);
	if (f->counted && !equal(f))
		puts("the store counted something else: others ask, too, or it was not there");
	printf("time of a request: %llu ms (median), %llu ms (95 %%)\n", (unsigned long long)q->p50,
	       (unsigned long long)q->p95);
	if (f->stopped)
		printf("ended early, the budget is spent: %s\n", f->stopped);
}

/* ---- JSON ---- */

static json_t *spent_json(const struct spending *x)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "requests", (json_int_t)x->sum[BUDGET_REQUESTS],
			 "tokens_in", (json_int_t)x->sum[BUDGET_TOKENS_IN], "tokens_out",
			 (json_int_t)x->sum[BUDGET_TOKENS_OUT], "micros",
			 (json_int_t)x->sum[BUDGET_MICROS]);
}

static json_t *skips_json(const struct llm_figures *f)
{
	json_t *j = json_object();

	for (size_t i = OPINION_GIVEN + 1; i < OPINION_SKIPS; i++)
		if (f->skipped[i])
			json_object_set_new(j, opinion_skip_word((enum opinion_skip)i),
					    json_integer((json_int_t)f->skipped[i]));
	return j;
}

static json_t *faults_json(const struct llm_figures *f)
{
	json_t *j = json_object();

	for (size_t i = LLM_FINE + 1; i <= LLM_CANARY; i++)
		if (f->faults[i])
			json_object_set_new(j, llm_fault_word((enum llm_fault)i),
					    json_integer((json_int_t)f->faults[i]));
	return j;
}

static json_t *calibration_json(const struct llm_figures *f)
{
	struct llm_step step[LLM_STEPS_MAX];
	size_t n = llm_figures_calibrate(f, step);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:f, s:f, s:I}", "said", step[i].said, "true",
						step[i].truth, "n", (json_int_t)step[i].n));
	return list;
}

static void print_json(const struct llm_figures *f, const struct quality *q)
{
	json_t *j =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "messages",
			  (json_int_t)f->messages, "outside", (json_int_t)f->outside, "answers",
			  (json_int_t)q->given, "cached", (json_int_t)q->cached, "calls",
			  (json_int_t)q->calls, "skipped", skips_json(f), "faults", faults_json(f));

	json_object_set_new(j, "spam_called", json_integer((json_int_t)q->spam_called));
	json_object_set_new(j, "spam_missed", json_integer((json_int_t)(q->spam - q->spam_called)));
	json_object_set_new(j, "ham_called", json_integer((json_int_t)q->ham_called));
	json_object_set_new(j, "ham_left", json_integer((json_int_t)(q->ham - q->ham_called)));
	json_object_set_new(j, "area_above", json_real(q->area));
	json_object_set_new(j, "p_error", json_real(q->brier));
	json_object_set_new(j, "calibration", calibration_json(f));
	json_object_set_new(j, "spent", spent_json(&f->spent));
	json_object_set_new(j, "store", f->counted ? spent_json(&f->store) : json_null());
	json_object_set_new(j, "ms_median", json_integer((json_int_t)q->p50));
	json_object_set_new(j, "ms_95", json_integer((json_int_t)q->p95));
	json_object_set_new(j, "stopped", f->stopped ? json_string(f->stopped) : json_null());
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

void llm_figures_print(const struct llm_figures *f, bool json)
{
	struct arena *a = arena_new(0);
	struct quality q = measure(a, f);

	if (json)
		print_json(f, &q);
	else
		print_text(f, &q);
	arena_free(a);
}
