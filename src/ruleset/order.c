/* The order in which rules are evaluated, and which of them are run at all. */
#include <stdlib.h>

#include "ruleset/lines.h"

static int by_priority(const void *x, const void *y)
{
	const struct rule *a = *(struct rule *const *)x, *b = *(struct rule *const *)y;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* ---- topology: by counting what is still missing (Kahn 1962) ---- */

struct users {
	VEC(uint32_t) of; /* slots of the metas that refer to a rule, one entry a reference */
};

struct topology {
	struct rule **by_slot;
	struct users *users;
	uint32_t *missing; /* references that are not placed, by slot */
	uint32_t *rank;	   /* by slot: place by priority */
	uint32_t *heap;	   /* ranks of the rules that are ready, least first */
	size_t nheap;
	struct rule **ranked;
};

static void heap_push(struct topology *t, uint32_t rank)
{
	size_t i = t->nheap++;

	while (i && t->heap[(i - 1) / 2] > rank) {
		t->heap[i] = t->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	t->heap[i] = rank;
}

static uint32_t heap_pop(struct topology *t)
{
	uint32_t least = t->heap[0], last = t->heap[--t->nheap];
	size_t i = 0;

	for (;;) {
		size_t k = 2 * i + 1;
		if (k >= t->nheap)
			break;
		if (k + 1 < t->nheap && t->heap[k + 1] < t->heap[k])
			k++;
		if (t->heap[k] >= last)
			break;
		t->heap[i] = t->heap[k];
		i = k;
	}
	t->heap[i] = last;
	return least;
}

static void count_references(struct arena *a, struct ruleset *set, struct topology *t)
{
	for (size_t i = 0; i < set->rules.n; i++) {
		const struct rule *r = set->rules.p[i];
		size_t ref;
		for (size_t k = 0; r->expr && expr_ref(r->expr, k, &ref); k++) {
			const struct rule *on = (const struct rule *)(uintptr_t)ref;
			VEC_PUSH(a, t->users[on->slot].of) = (uint32_t)r->slot;
			t->missing[r->slot]++;
		}
	}
}

static void place_all(struct ruleset *set, struct topology *t)
{
	for (size_t i = 0; i < set->rules.n; i++)
		if (!t->missing[i])
			heap_push(t, t->rank[i]);
	while (t->nheap) {
		struct rule *r = t->ranked[heap_pop(t)];
		set->order[set->norder++] = r;
		for (size_t i = 0; i < t->users[r->slot].of.n; i++) {
			uint32_t user = t->users[r->slot].of.p[i];
			if (--t->missing[user] == 0)
				heap_push(t, t->rank[user]);
		}
	}
}

/* ---- what is run ---- */

/* A rule without score is not run, nor is a meta that refers to a meta that is not; what asks the
 * network or statistics is not run in a score set without them. */
static bool is_live(const struct ruleset *set, const struct rule *r)
{
	size_t ref;

	if (r->kind == RULE_NONE || r->unsupported.p || (r->score == 0 && !r->info))
		return false;
	if (r->kind == RULE_EVAL &&
	    ((r->net && !(set->score_set & 1)) || (r->learn && !(set->score_set & 2))))
		return false;
	for (size_t k = 0; r->expr && expr_ref(r->expr, k, &ref); k++) {
		const struct rule *on = (const struct rule *)(uintptr_t)ref;
		if (on->kind == RULE_META && !on->live && !on->unsupported.p)
			return false;
	}
	return true;
}

/* "!__HAS_FROM" would hold of every message whose fields are not looked at. */
static bool looks_at_content(const struct rule *r)
{
	size_t ref;

	if (r->kind >= RULE_HEADER && !r->unsupported.p)
		return true;
	for (size_t k = 0; r->expr && expr_ref(r->expr, k, &ref); k++)
		if (((const struct rule *)(uintptr_t)ref)->content)
			return true;
	return r->content;
}

/* A meta whose every reference is loaded says what was meant; others say less. */
static bool is_partial(const struct rule *r, struct str *on_name)
{
	size_t ref;

	for (size_t k = 0; r->expr && expr_ref(r->expr, k, &ref); k++) {
		const struct rule *on = (const struct rule *)(uintptr_t)ref;
		*on_name = on->name;
		if (on->unsupported.p || on->partial)
			return true;
	}
	return false;
}

static void mark(struct ruleset *set, struct line_reader *reader)
{
	for (size_t i = 0; i < set->norder; i++) {
		struct rule *r = set->order[i];
		struct rule_line at = { .file = r->file, .line = r->line };
		struct str on;
		r->live = is_live(set, r);
		r->content = looks_at_content(r);
		r->partial = is_partial(r, &on);
		if (r->partial)
			line_note(reader, &at,
				  "meta %.*s: partial: it depends on %.*s, which is %s",
				  STR_ARG(r->name), STR_ARG(on),
				  ruleset_rule(set, on)->unsupported.p ? "not loaded" : "partial");
	}
}

/* Who is to be evaluated when a rule has a value; each once, whatever it says. */
static void find_users(struct ruleset *set, struct arena *tmp)
{
	for (size_t i = 0; i < set->norder; i++) {
		struct rule *r = set->order[i];
		const size_t *ref;
		size_t n;

		if (!r->live || !r->expr)
			continue;
		r->eager = !expr_rests(r->expr, tmp, &ref, &n);
		for (size_t k = 0; !r->eager && k < n; k++) {
			struct rule *on = (struct rule *)(uintptr_t)ref[k];

			if (!on->users.n || on->users.p[on->users.n - 1] != r)
				VEC_PUSH(set->arena, on->users) = r;
		}
	}
}

void ruleset_order(struct ruleset *set, struct line_reader *reader)
{
	size_t n = set->rules.n;
	struct arena *a = arena_new(0);
	struct topology t = { .users = ARENA_ARRAY(a, struct users, n),
			      .missing = ARENA_ARRAY(a, uint32_t, n),
			      .rank = ARENA_ARRAY(a, uint32_t, n),
			      .heap = ARENA_ARRAY(a, uint32_t, n),
			      .ranked = ARENA_ARRAY(a, struct rule *, n) };

	set->order = ARENA_ARRAY(set->arena, struct rule *, n);
	for (size_t i = 0; i < n; i++) {
		t.ranked[i] = set->rules.p[i];
		t.ranked[i]->slot = i;
	}
	if (n)
		qsort(t.ranked, n, sizeof *t.ranked, by_priority);
	for (size_t i = 0; i < n; i++)
		t.rank[t.ranked[i]->slot] = (uint32_t)i;
	count_references(a, set, &t);
	place_all(set, &t);
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = set->rules.p[i];
		if (t.missing[i])
			line_fault(reader, &(struct rule_line){ .file = r->file, .line = r->line },
				   "meta %.*s depends on itself", STR_ARG(r->name));
	}
	if (set->norder == n)
		mark(set, reader);
	find_users(set, a);
	arena_free(a);
}
