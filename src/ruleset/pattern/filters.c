/* Which filters stand in front of which pattern, and what they say of a line. */
#include "ruleset/pattern/set.h"

#define LITERAL_COST 0.02 /* literals found more often than this at an octet are not looked for */
#define LITERAL_RARE 2e-6 /* found less often: no row of classes is needed besides */
#define ROW_COST 0.004	  /* the same for rows */
#define ROW_GAIN 0.3	  /* a row beside literals: at most this part of their cost */
#define HYPER_COST 2e-5	  /* literals found more often than this: Hyperscan is tried */
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
		grams_add(f->grams, arena_dup(a, l.p[i]), (uint32_t)id, l.need);
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

/* What is known of one pattern. */
struct known {
	struct literals literals;
	struct seq row;
};

static struct known analyse(const struct pattern *p, struct arena *scratch, unsigned layers)
{
	struct known k = { 0 };
	struct re re;

	if (!re_parse(scratch, p->text, p->flags, &re))
		return k;
	if (layers & LAYER_GRAMS)
		k.literals = literal_find(scratch, &re);
	if (layers & LAYER_SHIFT && (k.literals.n == 0 || k.literals.cost > LITERAL_RARE))
		k.row = seq_find(scratch, &re);
	return k;
}

static void add_pattern(struct pattern_set *set, const struct known *k, size_t id)
{
	bool literals = k->literals.n && k->literals.cost <= LITERAL_COST;
	bool row = wants_row(k->literals, k->row);

	if (literals)
		add_literals(&set->filters, set->arena, k->literals, id);
	if (row)
		add_row(set, k->row, id);
	if (!literals && !row)
		set->filters.nbare++;
}

/* Patterns whose literals would let too much through, and that Hyperscan may hold. */
static bool is_for_hyper(const struct pattern *p, const struct known *k, unsigned layers)
{
	return layers & LAYER_HYPER && hyper_built() && hyper_takes(p->text, p->flags) &&
	       (k->literals.n == 0 || k->literals.cost > HYPER_COST);
}

static enum pattern_state add_hyper(struct pattern_set *set, const struct hyper_entry *entry,
				    size_t n, struct str cache_dir, bool compile)
{
	struct filters *f = &set->filters;

	if (n < HYPER_LEAST)
		return PATTERN_FILTERED;
	f->hyper = hyper_open(set->arena, entry, n, cache_dir, compile);
	if (!f->hyper)
		return PATTERN_PLAIN;
	for (size_t i = 0; i < hyper_count(f->hyper); i++)
		leave_out(f->no_hyper, hyper_id(f->hyper, i));
	return PATTERN_FILTERED;
}

static uint64_t *all_bits(struct arena *a, size_t n)
{
	size_t words = (n + 63) / 64;
	uint64_t *bits = ARENA_ARRAY(a, uint64_t, words + 1);

	memset(bits, 0xff, words * sizeof *bits);
	return bits;
}

/* Those that Hyperscan is meant for come last: without it they get what filters the others. */
static enum pattern_state add_all(struct pattern_set *set, unsigned layers, struct str cache_dir,
				  bool compile)
{
	struct arena *scratch = arena_new(256 * 1024);
	VEC(struct hyper_entry) late = { 0 };
	enum pattern_state state;

	for (size_t i = 0; i < set->members.n; i++) {
		const struct pattern *p = set->members.p[i].pattern;
		struct known k = analyse(p, scratch, layers);

		if (is_for_hyper(p, &k, layers))
			VEC_PUSH(set->arena, late) =
				(struct hyper_entry){ p->text, p->flags, (uint32_t)i };
		else
			add_pattern(set, &k, i);
		arena_reset(scratch);
	}
	state = add_hyper(set, late.p, late.n, cache_dir, compile);
	for (size_t i = 0; i < late.n; i++) {
		size_t id = late.p[i].id;
		struct known k;

		if (!(set->filters.no_hyper[id / 64] >> id % 64 & 1))
			continue;
		k = analyse(set->members.p[id].pattern, scratch, layers);
		add_pattern(set, &k, id);
		arena_reset(scratch);
	}
	arena_free(scratch);
	return state;
}

enum pattern_state filters_build(struct pattern_set *set, unsigned layers, struct str cache_dir,
				 bool compile)
{
	struct filters *f = &set->filters;
	enum pattern_state state;

	*f = (struct filters){ .grams = grams_new(set->arena), .shift = shift_new(set->arena) };
	f->no_grams = all_bits(set->arena, set->members.n);
	f->no_shift = all_bits(set->arena, set->members.n);
	f->no_hyper = all_bits(set->arena, set->members.n);
	state = add_all(set, layers, cache_dir, compile);
	drop_rows(set);
	if (f->nliterals)
		grams_build(f->grams);
	if (f->nrows)
		shift_build(f->shift);
	return state;
}

static void and_bits(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] &= from[i];
}

void filters_scan(const struct filters *f, size_t npatterns, struct pattern_scratch *s,
		  struct str line)
{
	size_t words = (npatterns + 63) / 64;

	memcpy(s->maybe, f->no_grams, words * sizeof *s->maybe);
	if (f->nliterals)
		grams_scan(f->grams, line, s->maybe, s->count);
	if (f->nrows) {
		memcpy(s->also, f->no_shift, words * sizeof *s->also);
		shift_scan(f->shift, line, s->also);
		and_bits(s->maybe, s->also, words);
	}
	if (f->hyper && s->hyper_ready) {
		memcpy(s->also, f->no_hyper, words * sizeof *s->also);
		if (hyper_scan(f->hyper, s->hyper, line, s->also))
			and_bits(s->maybe, s->also, words);
	}
}
