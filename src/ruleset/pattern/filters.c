/* Which filters stand in front of which pattern, and what they say of a line. */
#include "ruleset/pattern/set.h"

#define LITERAL_COST 0.02 /* literals found more often than this at an octet are not looked for */
#define LITERAL_RARE 2e-6 /* found less often: no row of classes is needed besides */
#define ROW_COST 0.004	  /* the same for rows */
#define ROW_GAIN 0.3	  /* a row beside literals: at most this part of their cost */
#define ROWS_MIN 6	  /* fewer rows are not worth their scan */
#define ROWS_WEIGHT 1500  /* octets of expressions that make them worth it all the same */

static bool wants_row(struct literals l, struct seq s)
{
	if (s.n == 0 || s.cost > ROW_COST)
		return false;
	return l.n == 0 || l.cost > LITERAL_COST ||
	       (l.cost > LITERAL_RARE && s.cost < l.cost * ROW_GAIN);
}

static void leave_out(uint64_t *bits, size_t id)
{
	bits[id / 64] &= ~(1ull << id % 64);
}

static void add_literals(struct filters *f, struct arena *a, struct literals l, size_t id)
{
	leave_out(f->no_grams, id);
	for (size_t i = 0; i < l.n; i++)
		grams_add(f->grams, arena_dup(a, l.p[i]), (uint32_t)id);
	f->nliterals++;
}

/* Rows cost much the same for one as for hundreds: a few must stand for patterns that are dear. */
static void drop_rows(struct pattern_set *set)
{
	struct filters *f = &set->filters;
	size_t words = (set->members.n + 63) / 64;

	if (f->nrows == 0 || f->nrows >= ROWS_MIN || f->weight >= ROWS_WEIGHT)
		return;
	memset(f->no_shift, 0xff, words * sizeof *f->no_shift);
	f->nrows = 0;
}

static void add_row(struct pattern_set *set, struct seq s, size_t id)
{
	struct filters *f = &set->filters;

	leave_out(f->no_shift, id);
	shift_add(f->shift, s, (uint32_t)id);
	f->nrows++;
	f->weight += set->members.p[id].pattern->text.n;
}

static void add_pattern(struct pattern_set *set, struct arena *scratch, unsigned layers, size_t id)
{
	const struct pattern *p = set->members.p[id].pattern;
	struct filters *f = &set->filters;
	struct literals l = { 0 };
	struct seq s = { 0 };
	struct re re;

	f->nbare++;
	if (!re_parse(scratch, p->text, p->flags, &re))
		return;
	if (layers & LAYER_GRAMS)
		l = literal_find(scratch, &re);
	if (layers & LAYER_SHIFT && (l.n == 0 || l.cost > LITERAL_RARE))
		s = seq_find(scratch, &re);
	if (l.n && l.cost <= LITERAL_COST)
		add_literals(f, set->arena, l, id);
	if (wants_row(l, s))
		add_row(set, s, id);
	else if (l.n == 0 || l.cost > LITERAL_COST)
		return;
	f->nbare--;
}

void filters_build(struct pattern_set *set, unsigned layers)
{
	struct filters *f = &set->filters;
	size_t words = (set->members.n + 63) / 64;
	struct arena *scratch = arena_new(256 * 1024);

	*f = (struct filters){ .grams = grams_new(set->arena), .shift = shift_new(set->arena) };
	f->no_grams = ARENA_ARRAY(set->arena, uint64_t, words + 1);
	f->no_shift = ARENA_ARRAY(set->arena, uint64_t, words + 1);
	memset(f->no_grams, 0xff, words * sizeof *f->no_grams);
	memset(f->no_shift, 0xff, words * sizeof *f->no_shift);
	for (size_t i = 0; i < set->members.n; i++) {
		add_pattern(set, scratch, layers, i);
		arena_reset(scratch);
	}
	arena_free(scratch);
	drop_rows(set);
	if (f->nliterals)
		grams_build(f->grams);
	if (f->nrows)
		shift_build(f->shift);
}

void filters_scan(const struct filters *f, size_t npatterns, struct str line, uint64_t *maybe,
		  uint64_t *also)
{
	size_t words = (npatterns + 63) / 64;

	memcpy(maybe, f->no_grams, words * sizeof *maybe);
	if (f->nliterals)
		grams_scan(f->grams, line, maybe);
	if (!f->nrows)
		return;
	memcpy(also, f->no_shift, words * sizeof *also);
	shift_scan(f->shift, line, also);
	for (size_t i = 0; i < words; i++)
		maybe[i] &= also[i];
}
