/* Many patterns over the lines of one view: the filters say which may match, PCRE2 whether. */
#include "ruleset/pattern/set.h"

#include "base/clock.h"

struct pattern_set *pattern_set_new(struct arena *a)
{
	struct pattern_set *set = ARENA_NEW(a, struct pattern_set);

	set->arena = a;
	return set;
}

size_t pattern_set_add(struct pattern_set *set, const struct pattern *p, uint32_t max)
{
	if (set->members.n >= PATTERN_MAX)
		bug("more than %u patterns in a set", PATTERN_MAX);
	VEC_PUSH(set->arena, set->members) = (struct member){ p, max };
	return set->members.n - 1;
}

size_t pattern_set_count(const struct pattern_set *set)
{
	return set->members.n;
}

void pattern_set_no_hyperscan(struct pattern_set *set)
{
	set->no_hyper = true;
}

enum pattern_state pattern_set_build_with(struct pattern_set *set, unsigned layers,
					  struct str cache_dir, bool compile)
{
	if (set->no_hyper)
		layers &= ~(unsigned)LAYER_HYPER;
	return filters_build(set, layers, cache_dir, compile);
}

enum pattern_state pattern_set_build(struct pattern_set *set, struct str cache_dir, bool compile)
{
	return pattern_set_build_with(set, LAYER_ALL, cache_dir, compile);
}

/* ---- a scan ---- */

struct run {
	const struct pattern_set *set;
	struct pattern_scratch *s;
	struct pattern_budget *b;
	struct pattern_cost *cost;
	pattern_hit_fn *hit;
	void *arg;
	uint64_t then; /* when the clock was last looked at */
};

/* The time since then is the budget's, and the pattern's unless id is SIZE_MAX. */
static void account(struct run *r, size_t id, uint64_t before)
{
	uint64_t now = clock_mono_us();

	if (id != SIZE_MAX) {
		r->cost->us[id] += now - r->then;
		r->cost->runs[id]++;
	}
	pattern_spend(r->b, before + now - r->then);
	r->then = now;
}

/* Enough of this pattern in this scan. */
static void drop(struct run *r, size_t id)
{
	r->s->live[id / 64] &= ~(1ull << id % 64);
}

/* Where the next search begins after a match: never where nothing would be gained. */
static size_t next_start(size_t start, struct pattern_match m, uint32_t *options)
{
	*options = m.from == m.to ? PCRE2_NOTEMPTY_ATSTART : 0;
	return m.to > start || m.from == m.to ? (m.to > start ? m.to : start) : start + 1;
}

static void run_one(struct run *r, size_t id, size_t line, struct str subject)
{
	const struct pattern *p = r->set->members.p[id].pattern;
	struct pattern_captures c;
	struct pattern_match m;
	uint32_t options = 0;
	size_t start = 0;
	uint64_t before = r->b->used_us;

	while (pattern_search(p, r->s, r->b, subject, start, options, &m, &c)) {
		bool more = r->hit(r->arg, id, line, m, &c);

		if (--r->s->left[id] == 0 || !more) {
			drop(r, id);
			break;
		}
		start = next_start(start, m, &options);
	}
	account(r, id, before);
}

static void run_line(struct run *r, size_t line, struct str subject)
{
	struct pattern_scratch *s = r->s;
	size_t words = (r->set->members.n + 63) / 64;

	for (size_t w = 0; w < words && !r->b->over; w++) {
		uint64_t bits = s->live[w] & s->maybe[w];

		for (; bits && !r->b->over; bits &= bits - 1)
			run_one(r, w * 64 + (size_t)__builtin_ctzll(bits), line, subject);
	}
}

static void begin(struct run *r)
{
	size_t n = r->set->members.n;

	pattern_scratch_room(r->s, n);
	memset(r->s->live, 0, (n + 63) / 64 * sizeof *r->s->live);
	for (size_t i = 0; i < n; i++) {
		r->s->left[i] = r->set->members.p[i].max;
		if (r->s->left[i])
			r->s->live[i / 64] |= 1ull << i % 64;
	}
}

void pattern_set_scan(const struct pattern_set *set, struct pattern_scratch *s,
		      struct pattern_budget *b, const struct str *line, size_t nlines,
		      pattern_hit_fn *hit, void *arg)
{
	struct run r = { set, s, b, NULL, hit, arg, clock_mono_us() };

	if (set->members.n == 0 || b->over)
		return;
	r.cost = pattern_scratch_cost(s, set);
	s->hyper_ready = r.cost->hyper;
	begin(&r);
	for (size_t i = 0; i < nlines && !b->over; i++) {
		filters_scan(&set->filters, set->members.n, s, line[i]);
		account(&r, SIZE_MAX, b->used_us);
		run_line(&r, i, line[i]);
	}
}
