/* What rules can ask about the second opinion. */
#include "checks/llm/opinion.h"

/* Of a message that rules may judge by it; NULL: none. */
static const struct opinion *given(const struct scan *s)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);

	return f && f->counts && f->o.skip == OPINION_GIVEN ? &f->o : NULL;
}

/* Codes and numbers only. */
static bool told(struct scan *s, bool holds, const struct opinion *o, double p,
		 struct str *evidence)
{
	const struct llm_answer *x = &o->answer;

	if (holds)
		*evidence = arena_printf(s->arena, "%s, p %.2f%s%s", llm_label_word(x->label), p,
					 x->nreasons ? ", " : "",
					 x->nreasons ? llm_reason_word(x->reason[0]) : "");
	return holds;
}

static bool llm_spam(struct scan *s, const struct predicate_arg *arg, size_t n,
		     struct str *evidence)
{
	const struct opinion *o = given(s);

	(void)n;
	return o && o->answer.label != LLM_HAM && o->answer.label != LLM_UNKNOWN &&
	       told(s, o->p_spam >= arg[0].number, o, o->p_spam, evidence);
}

static bool llm_phish(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct opinion *o = given(s);

	(void)n;
	return o && o->answer.label != LLM_HAM &&
	       told(s, o->answer.p_phish >= arg[0].number, o, o->answer.p_phish, evidence);
}

static bool llm_ham(struct scan *s, const struct predicate_arg *arg, size_t n, struct str *evidence)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);
	const struct opinion *o = given(s);

	(void)n;
	return o && !f->disagrees && o->answer.label == LLM_HAM &&
	       told(s, o->p_spam <= arg[0].number, o, o->p_spam, evidence);
}

static bool llm_label(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct opinion *o = given(s);

	for (size_t i = 0; o && i < n; i++)
		if (str_eq(arg[i].text, str_c(llm_label_word(o->answer.label))))
			return told(s, true, o, o->p_spam, evidence);
	return false;
}

static bool has_reason(const struct llm_answer *x, struct str word)
{
	for (size_t i = 0; i < x->nreasons; i++)
		if (str_eq(word, str_c(llm_reason_word(x->reason[i]))))
			return true;
	return false;
}

static bool llm_reason(struct scan *s, const struct predicate_arg *arg, size_t n,
		       struct str *evidence)
{
	const struct opinion *o = given(s);

	for (size_t i = 0; o && i < n; i++)
		if (has_reason(&o->answer, arg[i].text))
			return told(s, true, o, o->p_spam, evidence);
	return false;
}

static bool llm_fault(struct scan *s, const struct predicate_arg *arg, size_t n,
		      struct str *evidence)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);
	struct str word;

	if (!f || !f->counts || f->o.skip != OPINION_SKIP_FAULT)
		return false;
	word = str_c(llm_fault_word(f->o.answer.fault));
	*evidence = word;
	for (size_t i = 0; i < n; i++)
		if (str_eq(arg[i].text, word))
			return true;
	return n == 0;
}

static bool llm_skipped(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);
	struct str word;

	if (!f || !f->counts || !opinion_wanted(f->o.skip))
		return false;
	word = str_c(opinion_skip_word(f->o.skip));
	*evidence = *f->o.detail ? arena_printf(s->arena, "%.*s: %s", STR_ARG(word), f->o.detail)
				 : word;
	for (size_t i = 0; i < n; i++)
		if (str_eq(arg[i].text, word))
			return true;
	return n == 0;
}

static bool llm_disagrees(struct scan *s, const struct predicate_arg *arg, size_t n,
			  struct str *evidence)
{
	const struct opinion_facts *f = scan_result(s, &check_llm);

	(void)arg;
	(void)n;
	return f && f->counts && f->disagrees && told(s, true, &f->o, f->o.p_spam, evidence);
}

/* Asked before the check has run: triggers are among what it is asked by. */
static bool llm_enabled(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct opinion_config *k = scan_config(s, &check_llm);

	(void)arg;
	(void)n;
	(void)evidence;
	return k && k->mode != OPINION_OFF;
}

const struct predicate opinion_predicates[] = {
	{ "llm_enabled", "", llm_enabled, "a language model may be asked (option llm.mode)" },
	{ "llm_spam", "n", llm_spam,
	  "a language model calls it bulk, spam or worse, with this probability of spam or more" },
	{ "llm_phish", "n", llm_phish,
	  "a language model gives it this probability of phishing or more" },
	{ "llm_ham", "n", llm_ham,
	  "a language model calls it ham, with this probability of spam or less, and not against "
	  "nearly everything else" },
	{ "llm_label", "s*", llm_label,
	  "a language model calls it one of these: ham, bulk, spam, phish, scam, malware, "
	  "unknown" },
	{ "llm_reason", "s*", llm_reason, "a language model gives one of these reason codes" },
	{ "llm_fault", "|s*", llm_fault,
	  "the answer counts for nothing, for any reason or one of these: no-reply, cut, refused, "
	  "not-schema, canary" },
	{ "llm_skipped", "|s*", llm_skipped,
	  "an opinion was wanted and there is none, for any reason or one of these: budget, "
	  "sender, "
	  "store, other, endpoint, failed, fault" },
	{ "llm_disagrees", "", llm_disagrees,
	  "a language model is sure of ham while two of score, classifier and evidence say spam" },
	{ 0 },
};
