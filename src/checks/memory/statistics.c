/* The classifier's word on a message, for rules: bands of its probability. */
#include <math.h>

#include "base/buf.h"
#include "checks/memory/memory.h"
#include "scan/report.h"

#define TOKENS_MAX 20u
#define TOKEN_SHOWN 40u /* octets of a token in evidence */

struct statistics_options {
	bool enabled;
	size_t tokens;
};

static const struct conf_opt options[] = {
	{ .name = "stat.enabled",
	  .type = CONF_BOOL,
	  .def = "yes",
	  .help = "ask the statistical classifier" },
	{ .name = "stat.tokens",
	  .type = CONF_INT,
	  .def = "6",
	  .allow = "0..20",
	  .help = "tokens shown as evidence, those that decided most first" },
	{ 0 },
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct statistics_options *o = ARENA_NEW(a, struct statistics_options);

	(void)e;
	o->enabled = conf_bool(c, "stat.enabled");
	o->tokens = (size_t)conf_int(c, "stat.tokens");
	*config = o;
	return 0;
}

size_t statistics_users(struct scan *s, struct str out[2])
{
	struct str first = s->rcpts.n ? memory_rcpt(s, 0) : STR(""), domain;
	size_t at = str_rchr(first, '@');

	if (at == SIZE_MAX)
		return 0;
	domain = str_skip(first, at + 1);
	for (size_t i = 1; i < s->rcpts.n; i++) {
		struct str r = memory_rcpt(s, i);
		at = str_rchr(r, '@');
		if (at == SIZE_MAX || !str_eq(str_skip(r, at + 1), domain))
			return 0;
	}
	out[0] = s->nrcpts == 1 ? first : domain;
	out[1] = domain;
	return s->nrcpts == 1 ? 2 : 1;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct statistics_options *o = config;
	struct statistics_facts *f = state;
	struct str users[2];
	size_t n;

	if (!o->enabled || !s->env->model || !s->content || scan_passive(s))
		return CHECK_DONE;
	n = statistics_users(s, users);
	features_read(s->arena, model_key(s->env->model), &s->headers, s->content,
		      str_sub(s->body_head, 0, FEATURES_RAW), &f->features);
	f->score = model_score(s->env->model, &f->features, users, n);
	f->asked = true;
	scan_publish(s, &check_statistics, f);
	return CHECK_DONE;
}

/* NULL: not asked, or too little is learnt for a score. */
static const struct score *score_of(const struct scan *s)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);

	return f && f->score.known ? &f->score : NULL;
}

/* ---- predicates ---- */

static size_t explain(struct scan *s, struct token_evidence *out, size_t cap)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);

	return f ? model_explain(s->env->model, &f->features, out, cap) : 0;
}

/* `p 0.998: subject:viagra 0.99 (0/12)`: what it says by itself, in how much ham and spam it was.
 */
static struct str evidence_of(struct scan *s, const struct score *score)
{
	const struct statistics_options *o = scan_config(s, &check_statistics);
	struct token_evidence t[TOKENS_MAX];
	struct buf out = { .arena = s->arena };
	size_t n = explain(s, t, o->tokens);

	buf_addf(&out, "p %.3f", score->p);
	for (size_t i = 0; i < n; i++) {
		buf_add(&out, i ? STR(", ") : STR(": "));
		buf_add(&out, str_sub(t[i].text, 0, TOKEN_SHOWN));
		buf_addf(&out, " %.2f (%u/%u)", t[i].p, t[i].ham, t[i].spam);
	}
	return buf_str(&out);
}

static bool stat_between(struct scan *s, const struct predicate_arg *arg, size_t n,
			 struct str *evidence)
{
	const struct score *score = score_of(s);
	double low = arg[0].number, high = arg[1].number;

	if (!score || score->p < low || (score->p >= high && high < 1))
		return false;
	if (n > 2 && str_eq(arg[2].text, STR("full")) != (score->ramp >= 1))
		return false;
	*evidence = evidence_of(s, score);
	return true;
}

/* SpamAssassin's bands: open below, closed above, but that 0 belongs to the lowest one. */
static bool check_bayes(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct score *score = score_of(s);
	double low = arg[0].number, high = arg[1].number;

	(void)n;
	if (!score || (low > 0 && score->p <= low) || score->p > high)
		return false;
	*evidence = evidence_of(s, score);
	return true;
}

static const struct predicate predicates[] = {
	{ "stat_between", "nn|s", stat_between,
	  "the classifier's probability of spam is the first number or more and less than the "
	  "second, 1 included; 'full': once 200 ham and 200 spam are learnt, 'early': before" },
	{ "check_bayes", "nn", check_bayes,
	  "SpamAssassin's name: it is more than the first number (from 0 on: or equal), and at "
	  "most the second" },
	{ 0 },
};

/* ---- the report ---- */

static json_t *tokens_json(struct scan *s)
{
	struct token_evidence t[TOKENS_MAX];
	json_t *list = json_array();
	size_t n = explain(s, t, TOKENS_MAX);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:o,s:f,s:I,s:I}", "token", report_str(t[i].text),
						"probability", t[i].p, "ham", (json_int_t)t[i].ham,
						"spam", (json_int_t)t[i].spam));
	return list;
}

static void report(struct scan *s, json_t *root)
{
	const struct statistics_facts *f = scan_result(s, &check_statistics);
	json_t *o = json_null();

	if (f)
		o = json_pack("{s:b,s:f,s:f,s:{s:I,s:I},s:o}", "known", f->score.known, "score",
			      f->score.logit, "probability", f->score.p, "learnt", "ham",
			      (json_int_t)f->score.ham, "spam", (json_int_t)f->score.spam, "tokens",
			      tokens_json(s));
	if (!o)
		bug("statistics: json_pack");
	json_object_set_new(root, "statistics", o);
}

static const char *word(const struct scan *s)
{
	const struct score *score = score_of(s);

	if (!score)
		return NULL;
	return score->p >= 0.8 ? "spam" : score->p < 0.2 ? "ham" : "unsure";
}

const struct check check_statistics = {
	.abi = CHECK_ABI,
	.name = "statistics",
	.help = "what the statistical classifier says",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT,
	.options = options,
	.state_size = sizeof(struct statistics_facts),
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.report = report,
	.word = word,
};
