/* Signs that a message talks to a language model; looked for whether or not one is asked. */
#include "checks/llm/signs.h"

#include "base/buf.h"
#include "checks/checks.h"
#include "checks/words.h"

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	(void)c;
	(void)e;
	*config = llm_phrases_new(a);
	return 0;
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	struct prompt_facts *f = ARENA_NEW(s->arena, struct prompt_facts);
	const struct llm_facts message = { .headers = &s->headers, .content = s->content };

	(void)state;
	if (s->content)
		f->signs = llm_signs(s->arena, config, &message, &f->evidence);
	scan_publish(s, &check_prompt, f);
	return CHECK_DONE;
}

/* "instruction, hidden: ignore all previous instructions". */
static struct str evidence_of(struct scan *s, const struct prompt_facts *f)
{
	struct buf b = { .arena = s->arena };

	for (unsigned bit = 1; bit <= f->signs; bit <<= 1)
		if (f->signs & bit)
			buf_addf(&b, "%s%s", b.n ? ", " : "", llm_sign_name(bit));
	if (f->evidence.n)
		buf_addf(&b, ": %.*s", STR_ARG(f->evidence));
	return buf_str(&b);
}

static bool prompt_sign(struct scan *s, const struct predicate_arg *arg, size_t n,
			struct str *evidence)
{
	const struct prompt_facts *f = scan_result(s, &check_prompt);

	for (size_t i = 0; f && i < n; i++)
		for (unsigned bit = 1; bit <= f->signs; bit <<= 1)
			if ((f->signs & bit) && words_has(arg[i].text, llm_sign_name(bit))) {
				*evidence = evidence_of(s, f);
				return true;
			}
	return false;
}

static const char *word(const struct scan *s)
{
	const struct prompt_facts *f = scan_result(s, &check_prompt);

	return f && f->signs ? "signs" : NULL;
}

static const struct predicate predicates[] = {
	{ "prompt_sign", "s*", prompt_sign,
	  "the message shows one of these signs of talking to a language model: instruction, role, "
	  "answer, addressed; where they stand: hidden, encoded, tags; padding" },
	{ 0 },
};

const struct check check_prompt = {
	.abi = CHECK_ABI,
	.name = "prompt",
	.help = "text that is meant for a language model and not for a reader",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT,
	.setup = setup,
	.run = run,
	.predicates = predicates,
	.word = word,
};
