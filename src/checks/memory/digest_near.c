/* What the site remembers of nearly equal messages, of the same files and of the same layout. */
#include <math.h>

#include "checks/memory/digest.h"

_Static_assert(NEAR_KEYS_MAX <= 64, "a bit for each key");

#define HAM_SHARE 4.0 /* so many times more often spam than ham */
/* Bands by which all mail is counted: writing is dear. Copies that share nine tenths of their
 * shingles share two of these in 94 of 100 cases. */
#define SEEN_BANDS 4u

bool digest_bad(const struct digest_sums *s)
{
	return s->spam + s->trap >= 0.5 && s->spam + s->trap > HAM_SHARE * s->ham;
}

struct store_op digest_near_op(struct str key)
{
	struct store_op op = { .kind = STORE_ADD, .key = key, .ttl_ms = NEAR_TTL_MS };

	for (size_t i = 0; i < STORE_SUMS; i++)
		op.half_life_ms[i] = NEAR_HALF_LIFE_MS;
	return op;
}

static double sane(double v)
{
	return isfinite(v) && v > 0 ? v : 0;
}

/* Keeps the two largest. */
static void rank(double top[2], double v)
{
	if (v > top[0]) {
		top[1] = top[0];
		top[0] = v;
	} else if (v > top[1]) {
		top[1] = v;
	}
}

struct ranks {
	double spam[2], trap[2], seen[2], ham;
};

/*
 * A band alone may be shared by chance or by a footer: what counts is what two of them say. For
 * ham one is enough.
 */
static void take_band(struct digest_found *f, struct ranks *r, const struct digest_sums *s)
{
	rank(r->spam, s->spam);
	rank(r->trap, s->trap);
	rank(r->seen, s->seen);
	r->ham = s->ham > r->ham ? s->ham : r->ham;
	f->facts.bands += s->spam + s->trap + s->ham >= 0.5;
}

static void take_other(struct digest_sums *best, const struct digest_sums *s)
{
	bool better = s->spam + s->trap > best->spam + best->trap;

	if (digest_bad(best) ? digest_bad(s) && better : digest_bad(s) || better)
		*best = *s;
}

bool digest_near_ask(struct scan *s, struct digest_found *f)
{
	const struct near *near = &f->facts.near;
	size_t bands = near->has_text ? NEAR_BANDS : 0;
	struct ranks r = { 0 };
	bool here = true;

	f->facts.bands = 0;
	f->there = 0;
	f->file = f->shape = (struct digest_sums){ 0 };
	for (size_t i = 0; i < f->nkeys; i++) {
		struct store_op op = digest_near_op(f->key[i]);
		const struct store_answer *a = scan_store(s, &op);
		struct digest_sums sums;

		here &= a != NULL;
		if (!a || a->status != STORE_OK || a->created_ms)
			f->there |= UINT64_C(1) << i;
		if (!a || a->status != STORE_OK)
			continue;
		sums = (struct digest_sums){ sane(a->sum[NEAR_SPAM]), sane(a->sum[NEAR_HAM]),
					     sane(a->sum[NEAR_TRAP]), sane(a->sum[NEAR_SEEN]) };
		if (i < bands)
			take_band(f, &r, &sums);
		else
			take_other(near->has_shape && i == bands ? &f->shape : &f->file, &sums);
	}
	f->facts.spam = r.spam[1];
	f->facts.trap = r.trap[1];
	f->facts.seen = r.seen[1];
	f->facts.ham = r.ham;
	f->mixed = r.ham >= 0.5 && r.spam[1] + r.trap[1] >= 0.5;
	f->facts.file_spam = digest_bad(&f->file) ? f->file.spam + f->file.trap : 0;
	f->facts.shape_spam = digest_bad(&f->shape) ? f->shape.spam + f->shape.trap : 0;
	return here;
}

void digest_near_seen(struct scan *s, const struct digest_found *f)
{
	size_t n = f->facts.near.has_text ? SEEN_BANDS : 0;
	bool told = memory_evidence(s) != 0; /* who learns of it writes too, for long */

	for (size_t i = 0; i < n; i++) {
		struct store_op op = digest_near_op(f->key[i]);

		if (!told && !(f->there >> i & 1))
			op.ttl_ms = DIGEST_FIRST_TTL_MS;
		op.delta[NEAR_SEEN] = 1;
		scan_store_note(s, &op);
	}
}
