/*
 * Names one edit away. Every protected label stands in a map under itself and under each form that
 * lacks one letter; two labels that are one edit apart share such a form (Mor and Fraenkel 1982).
 */
#include "mail/lookalike/priv.h"
#include "mail/url/chars.h"

#define LETTERS_MAX 64u

struct letters {
	uint32_t c[LETTERS_MAX];
	size_t at[LETTERS_MAX + 1]; /* where each begins */
	size_t n;
};

/* False: too many. */
static bool read_letters(struct str s, struct letters *out)
{
	out->n = 0;
	for (size_t i = 0; i < s.n;) {
		if (out->n == LETTERS_MAX)
			return false;
		out->at[out->n] = i;
		i += char_at(s, i, &out->c[out->n++]);
	}
	out->at[out->n] = s.n;
	return true;
}

static struct str without(struct arena *a, struct str s, const struct letters *k, size_t i)
{
	size_t gap = k->at[i + 1] - k->at[i];
	char *out = arena_alloc(a, s.n);

	memcpy(out, s.p, k->at[i]);
	memcpy(out + k->at[i], s.p + k->at[i + 1], s.n - k->at[i + 1]);
	return str_of(out, s.n - gap);
}

void look_index_deletions(struct lookalike *l, const struct look_name *name)
{
	struct str s = name->label.bare;
	struct letters k;

	if (!read_letters(s, &k) || k.n < LOOK_EDIT_MIN - 1)
		return;
	look_ref_add(l, l->by_deletion, s, name);
	for (size_t i = 0; i < k.n; i++)
		look_ref_add(l, l->by_deletion, without(l->arena, s, &k, i), name);
}

/* Exactly one letter more, less or other, or two neighbours swapped. */
static bool one_edit(const struct letters *x, const struct letters *y)
{
	size_t head = 0, tail = 0, least = x->n < y->n ? x->n : y->n, dx, dy;

	while (head < least && x->c[head] == y->c[head])
		head++;
	while (tail < least - head && x->c[x->n - 1 - tail] == y->c[y->n - 1 - tail])
		tail++;
	dx = x->n - head - tail;
	dy = y->n - head - tail;
	if (dx <= 1 && dy <= 1)
		return dx + dy > 0;
	return dx == 2 && dy == 2 && x->c[head] == y->c[head + 1] && x->c[head + 1] == y->c[head];
}

/* The letter that x has more is the one beside it: "payypal". */
static bool doubled(const struct letters *x, const struct letters *y)
{
	size_t i = 0;

	if (x->n != y->n + 1)
		return false;
	while (i < y->n && x->c[i] == y->c[i])
		i++;
	return i > 0 && x->c[i] == x->c[i - 1];
}

/* Short names and names that are words have neighbours that are words: more is asked of those. */
static bool counts(const struct look_name *name, const struct letters *x, const struct letters *y,
		   struct str suffix)
{
	bool same = str_eq(name->suffix, suffix);

	if (y->n < LOOK_EDIT_MIN)
		return same && (doubled(x, y) || x->n == y->n) && x->c[0] == y->c[0] &&
		       (doubled(x, y) || x->c[x->n - 1] != y->c[y->n - 1]);
	return same || !(name->plain_word && y->n <= LOOK_EDIT_MIN);
}

static bool try_key(const struct lookalike *l, struct str key, const struct letters *x,
		    struct str suffix, struct look_hit *h)
{
	const struct look_ref *r = map_get(l->by_deletion, key);
	struct letters y;

	for (; r; r = r->next)
		if (read_letters(r->name->label.bare, &y) && one_edit(x, &y) &&
		    counts(r->name, x, &y, suffix)) {
			look_add(h, LOOKALIKE_EDIT, r->name);
			return true;
		}
	return false;
}

void look_edit(const struct lookalike *l, struct arena *a, const struct look_label *label,
	       struct str suffix, struct look_hit *h)
{
	struct letters k;

	if (!read_letters(label->bare, &k) || k.n < LOOK_EDIT_MIN - 1)
		return;
	if (try_key(l, label->bare, &k, suffix, h))
		return;
	for (size_t i = 0; i < k.n; i++)
		if (try_key(l, without(a, label->bare, &k, i), &k, suffix, h))
			return;
}
