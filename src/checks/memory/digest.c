/* Digests: whether copies of a message, or nearly the same, are known here or at Pyzor servers. */
#include "checks/memory/digest.h"

#include <math.h>

#define MANY 50 /* copies: a mailing */

struct state {
	struct digest_found found; /* first */
	struct digest_asked asked;
	bool read;
};

static int setup(struct arena *a, const struct conf *c, const void **config, struct err *e)
{
	struct digest_config *k = ARENA_NEW(a, struct digest_config);

	*config = k;
	return digest_pyzor_setup(a, c, k, e);
}

static struct hash_key key_of(const struct scan *s)
{
	return s->env->model ? model_key(s->env->model) : (struct hash_key){ 0 };
}

static enum check_step run(struct scan *s, void *state, const void *config)
{
	const struct digest_config *k = config;
	struct state *st = state;
	struct digest_facts *f = &st->found.facts;
	bool here;

	if (scan_passive(s) || !s->content)
		return CHECK_DONE;
	if (!st->read) {
		if (s->env->store || s->env->learn) /* else nobody would know them */
			near_read(s->arena, key_of(s), s->content, &f->near);
		st->found.nkeys = near_keys(s->arena, &f->near, st->found.key);
		if (k->nservers)
			digest_pyzor_read(s, f->pyzor);
		st->read = true;
	}
	here = digest_near_ask(s, &st->found);
	here &= digest_pyzor_ask(s, k, &st->asked, f);
	if (!here)
		return CHECK_WAIT;
	scan_publish(s, &check_digest, &st->found);
	return CHECK_DONE;
}

/* Our own users' mail does not make a text one that everybody gets. */
static void after(struct scan *s, const void *config)
{
	const struct digest_found *f = scan_result(s, &check_digest);

	(void)config;
	if (f && !scan_outbound(s))
		digest_near_seen(s, f);
}

/* Small numbers as they are, larger ones by powers of two. */
static uint64_t magnitude(double v)
{
	return v < 0.5 ? 0 : v < 4.5 ? (uint64_t)lround(v) : 2 + (uint64_t)fmin(ilogb(v), 60);
}

/* How many copies were seen: rules ask whether they are many. */
static uint64_t bulk(double seen)
{
	uint64_t steps = 0;

	for (double at = MANY - 0.5; seen >= at && steps < 60; at *= 4)
		steps++;
	return steps;
}

static uint64_t mark(const struct scan *s)
{
	const struct digest_found *f = scan_result(s, &check_digest);
	uint64_t m = 0;

	if (!f)
		return 0;
	m = m * 67 + magnitude(f->facts.spam);
	m = m * 67 + magnitude(f->facts.ham);
	m = m * 67 + magnitude(f->facts.trap);
	m = m * 67 + magnitude(f->facts.file_spam);
	m = m * 67 + magnitude(f->facts.shape_spam);
	m = m * 67 + magnitude((double)f->facts.pyzor_count);
	m = m * 67 + magnitude((double)f->facts.pyzor_wl);
	m = m * 67 + bulk(f->facts.seen);
	return m * 2 + f->mixed;
}

static const char *word(const struct scan *s)
{
	const struct digest_found *f = scan_result(s, &check_digest);

	if (!f)
		return NULL;
	if (f->mixed)
		return "mixed";
	if (f->facts.trap >= 0.5)
		return "trap";
	if (f->facts.spam >= 0.5)
		return "spam";
	if (f->facts.ham >= 0.5)
		return "ham";
	return f->facts.pyzor_count ? "pyzor" : NULL;
}

const struct check check_digest = {
	.abi = CHECK_ABI,
	.name = "digest",
	.help = "copies of the message that are known here or at Pyzor servers",
	.stage = SCAN_EOM,
	.flags = CHECK_CONTENT | CHECK_MEMORY,
	.options = digest_options,
	.state_size = sizeof(struct state),
	.setup = setup,
	.run = run,
	.predicates = digest_predicates,
	.mark = mark,
	.after = after,
	.word = word,
};
