/* What is said of rules besides their definition: score, texts, flags, priority, tests. */
#include "ruleset/loader.h"

#define SCORE_MAX 1000000.0 /* of a rule, either way */
#define PRIORITY_MAX 1000000u

static void remember(struct loader *l, struct rule *r, const struct rule_line *line,
		     struct str text)
{
	VEC_PUSH(l->set->arena, r->attrs) = (struct rule_attr){
		{ line->file, line->line, line->layer }, arena_cstr(l->set->arena, line->word), text
	};
}

static bool read_score(struct str text, double *score, bool *relative)
{
	if (text.n > 2 && text.p[0] == '(' && text.p[text.n - 1] == ')') {
		*relative = true;
		text = str_sub(text, 1, text.n - 2);
	}
	return str_f64(text, score) && *score >= -SCORE_MAX && *score <= SCORE_MAX;
}

/* One value, or four for the four score sets; in brackets: added to what was there. */
void take_score(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	struct rule *r = loader_rule(l, line, line_word(&rest));
	struct rule_score s = { .at = { line->file, line->line, line->layer } };
	size_t n = 0;

	(void)d;
	if (!r)
		return;
	while (rest.n && n < 4) {
		struct str one = line_word(&rest);
		if (!read_score(one, &s.v[n], &s.relative))
			break;
		n++;
	}
	if (rest.n || (n != 1 && n != 4)) {
		line_fault(&l->reader, line, "score %.*s: found \"%.*s\", expected 1 or 4 numbers",
			   STR_ARG(r->name), STR_ARG(line->rest));
		return;
	}
	for (; n < 4; n++)
		s.v[n] = s.v[0];
	VEC_PUSH(l->set->arena, r->scores) = s;
}

void take_text(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	struct rule *r = loader_rule(l, line, line_word(&rest));

	(void)d;
	if (!r)
		return;
	if (!rest.n) {
		line_fault(&l->reader, line, "%.*s %.*s: expected text", STR_ARG(line->word),
			   STR_ARG(r->name));
		return;
	}
	remember(l, r, line, rest);
	if (str_eq(line->word, STR("describe")))
		r->describe = rest;
	else
		r->group = rest;
}

static void set_flag(struct rule *r, struct str word)
{
	const struct {
		const char *word;
		bool *flag;
	} flag[] = {
		{ "multiple", &r->multiple }, { "nosubject", &r->nosubject }, { "net", &r->net },
		{ "learn", &r->learn },	      { "nice", &r->nice },	      { "info", &r->info },
	};
	struct str maxhits = STR("maxhits=");
	uint64_t n;

	for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
		if (str_eq(word, str_c(flag[i].word)))
			*flag[i].flag = true;
	if (str_starts(word, maxhits) && str_u64(str_skip(word, maxhits.n), 1000000, &n))
		r->maxhits = (uint32_t)n;
}

void take_tflags(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	struct rule *r = loader_rule(l, line, line_word(&rest));

	(void)d;
	if (!r)
		return;
	if (!rest.n)
		line_fault(&l->reader, line, "tflags %.*s: expected text", STR_ARG(r->name));
	remember(l, r, line, rest);
	r->tflags = rest;
	r->multiple = r->nosubject = r->net = r->learn = r->nice = r->info = false;
	r->maxhits = 0;
	while (rest.n)
		set_flag(r, line_word(&rest));
}

void take_priority(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	struct rule *r = loader_rule(l, line, line_word(&rest));
	bool minus = str_starts(rest, STR("-"));
	uint64_t v;

	(void)d;
	if (!r)
		return;
	if (!str_u64(str_skip(rest, minus), PRIORITY_MAX, &v)) {
		line_fault(&l->reader, line,
			   "priority %.*s: found \"%.*s\", expected a whole number",
			   STR_ARG(r->name), STR_ARG(rest));
		return;
	}
	remember(l, r, line, rest);
	r->priority = minus ? -(int64_t)v : (int64_t)v;
}

void take_test(struct loader *l, const struct rule_line *line, const struct directive *d)
{
	struct str rest = line->rest;
	struct rule *r = loader_rule(l, line, line_word(&rest));
	struct str verdict = line_word(&rest);

	(void)d;
	if (!r)
		return;
	if (!str_eq(verdict, STR("ok")) && !str_eq(verdict, STR("fail"))) {
		line_fault(&l->reader, line, "test %.*s: found \"%.*s\", expected ok or fail",
			   STR_ARG(r->name), STR_ARG(verdict));
		return;
	}
	VEC_PUSH(l->set->arena, l->set->tests) =
		(struct rule_test){ r, str_eq(verdict, STR("ok")), rest, line->file, line->line };
}
