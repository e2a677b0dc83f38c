/* merlon rules show: where each thing said of a rule is said, and what counts. */
#include <stdio.h>

#include "cmd/rules.h"
#include "scan/report.h"

/* ---- which rules refer to it ---- */

static bool refers(const struct rule *meta, const struct rule *r)
{
	size_t ref;

	for (size_t i = 0; meta->expr && expr_ref(meta->expr, i, &ref); i++)
		if ((const struct rule *)(uintptr_t)ref == r)
			return true;
	return false;
}

/* ---- did you mean ---- */

#define NAME_CELLS 129u
#define SUGGESTIONS 3u

/* Edits between two names (Levenshtein 1966), without regard to case. */
static unsigned distance(struct str a, struct str b)
{
	unsigned row[NAME_CELLS], diagonal, up;

	a = str_sub(a, 0, NAME_CELLS - 1);
	b = str_sub(b, 0, NAME_CELLS - 1);
	for (unsigned k = 0; k <= b.n; k++)
		row[k] = k;
	for (size_t i = 0; i < a.n; i++) {
		diagonal = row[0]++;
		for (size_t k = 0; k < b.n; k++) {
			unsigned change = diagonal + (ch_lower(a.p[i]) != ch_lower(b.p[k]));
			up = row[k + 1];
			row[k + 1] = up < row[k] ? up + 1 : row[k] + 1;
			if (change < row[k + 1])
				row[k + 1] = change;
			diagonal = up;
		}
	}
	return row[b.n];
}

static void suggest(const struct ruleset *set, struct str name)
{
	const struct rule *best[SUGGESTIONS] = { 0 };
	unsigned far[SUGGESTIONS] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < set->rules.n; i++) {
		const struct rule *r = set->rules.p[i];
		unsigned d = distance(name, r->name);
		size_t at = n;
		if (d > name.n / 3 + 1 || r->kind == RULE_NONE)
			continue;
		while (at && far[at - 1] > d)
			at--;
		if (at == SUGGESTIONS)
			continue;
		n += n < SUGGESTIONS;
		for (size_t k = n - 1; k > at; k--) {
			best[k] = best[k - 1];
			far[k] = far[k - 1];
		}
		best[at] = r;
		far[at] = d;
	}
	fprintf(stderr, "merlon: no rule \"%.*s\"", STR_ARG(name));
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s%.*s", i ? ", " : "; did you mean ", STR_ARG(best[i]->name));
	fputs(n ? "?\n" : "\n", stderr);
}

/* ---- text ---- */

static void print_place(const struct rule_place *at)
{
	printf("  %-8s %s:%d  ", rule_layer_word(at->layer), at->file, at->line);
}

/* The last thing of its kind counts. */
static const char *mark(bool counts)
{
	return counts ? "" : "  (superseded)";
}

static bool last_attr(const struct rule *r, size_t i)
{
	for (size_t k = i + 1; k < r->attrs.n; k++)
		if (str_eq(str_c(r->attrs.p[k].word), str_c(r->attrs.p[i].word)))
			return false;
	return true;
}

/* An absolute score supersedes those before it; a relative one is added. */
static bool score_counts(const struct rule *r, size_t i)
{
	for (size_t k = i + 1; k < r->scores.n; k++)
		if (!r->scores.p[k].relative)
			return false;
	return true;
}

static void print_scores(const struct rule *r, unsigned set)
{
	for (size_t i = 0; i < r->scores.n; i++) {
		const struct rule_score *s = &r->scores.p[i];
		print_place(&s->at);
		printf(s->relative ? "score (%g)" : "score %g", s->v[set]);
		if (s->v[0] != s->v[1] || s->v[0] != s->v[2] || s->v[0] != s->v[3])
			printf("  [%g %g %g %g]", s->v[0], s->v[1], s->v[2], s->v[3]);
		printf("%s\n", mark(score_counts(r, i)));
	}
	if (!r->scores.n && !rule_is_sub(r))
		printf("  default  score %g\n", r->score);
}

static void print_users(const struct ruleset *set, const struct rule *r)
{
	const char *before = "  used by  ";

	for (size_t i = 0; i < set->rules.n; i++) {
		if (!refers(set->rules.p[i], r))
			continue;
		printf("%s%.*s", before, STR_ARG(set->rules.p[i]->name));
		before = " ";
	}
	if (before[1] == '\0')
		putchar('\n');
}

static void print_tests(const struct ruleset *set, const struct rule *r)
{
	for (size_t i = 0; i < set->tests.n; i++) {
		const struct rule_test *t = &set->tests.p[i];
		if (t->rule == r)
			printf("  test     %s:%d  %s %.*s\n", t->file, t->line,
			       t->ok ? "ok" : "fail", STR_ARG(t->text));
	}
}

static void print_state(const struct ruleset *set, const struct rule *r)
{
	if (r->unsupported.p)
		printf("  not loaded: %.*s\n", STR_ARG(r->unsupported));
	else if (r->partial)
		puts("  partial: it depends on a rule that is not loaded");
	else if (!r->live)
		printf("  not run: no score in score set %u\n", set->score_set);
}

static void print_rule(const struct ruleset *set, const struct rule *r)
{
	if (rule_is_sub(r))
		printf("%.*s: %s, a subrule\n", STR_ARG(r->name), rule_kind_word(r->kind));
	else
		printf("%.*s: %s, score %g, group %.*s\n", STR_ARG(r->name),
		       rule_kind_word(r->kind), r->score, STR_ARG(r->group));
	print_state(set, r);
	for (size_t i = 0; i < r->defined.n; i++) {
		const struct rule_definition *d = &r->defined.p[i];
		print_place(&d->at);
		printf("%.*s %.*s%s\n", STR_ARG(d->word), STR_ARG(d->text),
		       mark(i + 1 == r->defined.n));
	}
	if (r->replace && r->pattern_text.p)
		printf("  pattern  %.*s\n", STR_ARG(r->pattern_text));
	print_scores(r, set->score_set);
	for (size_t i = 0; i < r->attrs.n; i++) {
		print_place(&r->attrs.p[i].at);
		printf("%s %.*s%s\n", r->attrs.p[i].word, STR_ARG(r->attrs.p[i].text),
		       mark(last_attr(r, i)));
	}
	print_users(set, r);
	print_tests(set, r);
}

/* ---- JSON ---- */

static json_t *place_json(const struct rule_place *at, struct str word, struct str text,
			  bool counts)
{
	json_t *j = json_object();

	json_object_set_new(j, "layer", json_string(rule_layer_word(at->layer)));
	json_object_set_new(j, "file", report_str(str_c(at->file)));
	json_object_set_new(j, "line", json_integer(at->line));
	json_object_set_new(j, "word", report_str(word));
	json_object_set_new(j, "text", report_str(text));
	json_object_set_new(j, "counts", json_boolean(counts));
	return j;
}

static json_t *scores_json(struct arena *a, const struct rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->scores.n; i++) {
		const struct rule_score *s = &r->scores.p[i];
		struct str text =
			arena_printf(a, "%g %g %g %g", s->v[0], s->v[1], s->v[2], s->v[3]);
		json_t *j = place_json(&s->at, STR("score"), text, score_counts(r, i));
		json_object_set_new(j, "relative", json_boolean(s->relative));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *said_json(const struct rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->defined.n; i++)
		json_array_append_new(list,
				      place_json(&r->defined.p[i].at, r->defined.p[i].word,
						 r->defined.p[i].text, i + 1 == r->defined.n));
	for (size_t i = 0; i < r->attrs.n; i++)
		json_array_append_new(list, place_json(&r->attrs.p[i].at, str_c(r->attrs.p[i].word),
						       r->attrs.p[i].text, last_attr(r, i)));
	return list;
}

static json_t *users_json(const struct ruleset *set, const struct rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->rules.n; i++)
		if (refers(set->rules.p[i], r))
			json_array_append_new(list, report_str(set->rules.p[i]->name));
	return list;
}

static json_t *tests_json(const struct ruleset *set, const struct rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->tests.n; i++) {
		const struct rule_test *t = &set->tests.p[i];
		json_t *j;
		if (t->rule != r)
			continue;
		j = json_object();
		json_object_set_new(j, "file", report_str(str_c(t->file)));
		json_object_set_new(j, "line", json_integer(t->line));
		json_object_set_new(j, "ok", json_boolean(t->ok));
		json_object_set_new(j, "text", report_str(t->text));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *rule_json(struct arena *a, const struct ruleset *set, const struct rule *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", report_str(r->name));
	json_object_set_new(j, "kind", json_string(rule_kind_word(r->kind)));
	json_object_set_new(j, "group", report_str(r->group));
	json_object_set_new(j, "score", rule_is_sub(r) ? json_null() : json_real(r->score));
	json_object_set_new(j, "describe", report_str(r->describe));
	json_object_set_new(j, "tflags", report_str(r->tflags));
	json_object_set_new(j, "priority", json_integer(r->priority));
	json_object_set_new(j, "run", json_boolean(r->live));
	json_object_set_new(j, "not_loaded", report_str(r->unsupported));
	json_object_set_new(j, "partial", json_boolean(r->partial));
	json_object_set_new(j, "pattern", report_str(r->pattern_text));
	json_object_set_new(j, "said", said_json(r));
	json_object_set_new(j, "scores", scores_json(a, r));
	json_object_set_new(j, "used_by", users_json(set, r));
	json_object_set_new(j, "tests", tests_json(set, r));
	return j;
}

int rules_show(const struct rules_options *o)
{
	struct rules_open r;
	json_t *all;
	int code = APP_EXIT_FAILURE;

	if (!o->nargs) {
		fputs("merlon rules show: expected the name of a rule\n", stderr);
		return code;
	}
	all = json_array();
	if (rules_open(o, &r, NULL, NULL) && r.set) {
		code = APP_EXIT_GOOD;
		for (int i = 0; i < o->nargs; i++) {
			const struct rule *rule = ruleset_rule(r.set, str_c(o->arg[i]));
			if (!rule) {
				suggest(r.set, str_c(o->arg[i]));
				code = APP_EXIT_NEGATIVE;
			} else if (o->json) {
				json_array_append_new(all, rule_json(r.arena, r.set, rule));
			} else {
				print_rule(r.set, rule);
			}
		}
		if (o->json)
			rules_print_json(json_incref(all));
	}
	json_decref(all);
	rules_close(&r);
	return code;
}
