/* merlon eval: its figures as text and as JSON. */
#include <stdio.h>

#include "cmd/eval.h"

static double each_ms(uint64_t us, size_t n)
{
	return n ? (double)us / 1000 / (double)n : 0;
}

static double percent(size_t n, size_t of)
{
	return of ? 100 * (double)n / (double)of : 0;
}

/* ---- text ---- */

static void print_curves(const struct eval *v)
{
	printf("%-22s", "missed spam");
	for (size_t k = 0; k < v->curves.n; k++)
		printf(" %21s", v->curves.p[k].label);
	putchar('\n');
	for (size_t i = 0; i < EVAL_RATES; i++) {
		printf("at %5.2f %% ham lost    ", 100 * eval_rates[i]);
		for (size_t k = 0; k < v->curves.n; k++)
			printf(" %19.2f %%", 100 * eval_missed(&v->curves.p[k], eval_rates[i]));
		putchar('\n');
	}
	printf("%-22s", "1-ROCA");
	for (size_t k = 0; k < v->curves.n; k++)
		printf(" %19.4f %%", 100 * roc_area_above(&v->curves.p[k].roc));
	puts("\n");
}

static void print_confusion(const struct eval *v, const struct eval_options *o)
{
	size_t spam, ham;

	roc_at(&v->curves.p[0].roc, o->threshold, &spam, &ham);
	printf("statistics at score %.2f   taken for spam   taken for ham\n", o->threshold);
	printf("  spam                  %8zu (%6.2f %%) %6zu (%6.2f %%)\n", spam,
	       percent(spam, v->spam), v->spam - spam, percent(v->spam - spam, v->spam));
	printf("  ham                   %8zu (%6.2f %%) %6zu (%6.2f %%)\n\n", ham,
	       percent(ham, v->ham), v->ham - ham, percent(v->ham - ham, v->ham));
}

static void print_learning(const struct eval *v)
{
	if (!v->steps.n)
		return;
	printf("%10s %12s   of these only: %9s %14s %14s\n", "seen", "1-ROCA", "1-ROCA",
	       "missed at .1 %", "missed at 1 %");
	for (size_t i = 0; i < v->steps.n; i++) {
		const struct eval_step *s = &v->steps.p[i];
		printf("%10zu %10.4f %%                  %8.4f %% %12.2f %% %12.2f %%\n", s->seen,
		       100 * s->area, 100 * s->area_here, 100 * s->missed[0], 100 * s->missed[1]);
	}
	putchar('\n');
}

void eval_print_text(const struct eval *v, const struct eval_options *o)
{
	printf("%zu ham, %zu spam; ", v->ham, v->spam);
	if (o->folds)
		printf("%u folds, each classified by what the others taught\n\n",
		       (unsigned)o->folds);
	else
		puts("each classified, then learnt\n");
	print_curves(v);
	print_confusion(v, o);
	print_learning(v);
	printf("probabilities: mean squared error %.5f; best logistic curve: slope %.4f, offset "
	       "%.4f\n",
	       v->p_error, v->slope, v->offset);
	printf("CPU of a message: reading %.4f ms, classifying %.4f ms, training %.4f ms\n",
	       each_ms(v->read_us, v->mails.n), each_ms(v->classify_us, v->mails.n),
	       each_ms(v->train_us, v->trainings));
}

/* ---- JSON ---- */

static json_t *curve_json(const struct eval_curve *c)
{
	json_t *points = json_array();

	for (size_t i = 0; i < EVAL_RATES; i++)
		json_array_append_new(points,
				      json_pack("{s:f,s:f}", "ham_rate", eval_rates[i],
						"spam_missed", eval_missed(c, eval_rates[i])));
	return json_pack("{s:f,s:o}", "roca_above", roc_area_above(&c->roc), "curve", points);
}

static json_t *learning_json(const struct eval *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->steps.n; i++) {
		const struct eval_step *s = &v->steps.p[i];
		json_array_append_new(
			list, json_pack("{s:I,s:f,s:{s:I,s:I,s:f,s:f,s:f}}", "seen",
					(json_int_t)s->seen, "roca_above", s->area, "step", "ham",
					(json_int_t)s->ham, "spam", (json_int_t)s->spam,
					"roca_above", s->area_here, "spam_missed_at_0.001",
					s->missed[0], "spam_missed_at_0.01", s->missed[1]));
	}
	return list;
}

static json_t *confusion_json(const struct eval *v, const struct eval_options *o)
{
	size_t spam, ham;

	roc_at(&v->curves.p[0].roc, o->threshold, &spam, &ham);
	return json_pack("{s:f,s:I,s:I,s:I,s:I}", "threshold", o->threshold, "spam_caught",
			 (json_int_t)spam, "spam_missed", (json_int_t)(v->spam - spam), "ham_lost",
			 (json_int_t)ham, "ham_kept", (json_int_t)(v->ham - ham));
}

void eval_print_json(const struct eval *v, const struct eval_options *o)
{
	json_t *j = json_pack(
		"{s:I,s:I,s:s,s:o,s:I,s:o,s:o,s:{s:f,s:f,s:f},s:{s:f,s:f,s:f}}", "ham",
		(json_int_t)v->ham, "spam", (json_int_t)v->spam, "protocol",
		o->folds ? "folds" : "online", "folds",
		o->folds ? json_integer((json_int_t)o->folds) : json_null(), "seed",
		(json_int_t)o->seed, "confusion", confusion_json(v, o), "learning",
		learning_json(v), "calibration", "squared_error", v->p_error, "slope", v->slope,
		"offset", v->offset, "cpu_ms", "read", each_ms(v->read_us, v->mails.n), "classify",
		each_ms(v->classify_us, v->mails.n), "train", each_ms(v->train_us, v->trainings));

	for (size_t i = 0; j && i < v->curves.n; i++)
		json_object_set_new(j, v->curves.p[i].name, curve_json(&v->curves.p[i]));
	if (!j)
		bug("eval_print_json: json_pack");
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(j);
}
