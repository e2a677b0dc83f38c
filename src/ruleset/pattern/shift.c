/* Shift-And over many rows: eight words of state at a time, held in vectors. */
#include "ruleset/pattern/shift.h"

#define LANES 8u

typedef uint64_t lanes __attribute__((vector_size(LANES * 8)));

/* One bit for each element of a row, rows side by side; the first element lowest. */
struct block {
	lanes first, last;     /* of rows */
	lanes optional;	       /* elements that may be missing */
	lanes before, closing; /* of each run of those: the element before it, and its end */
	lanes octet[256];      /* elements that take an octet */
	lanes again[256];      /* and of them those that repeat */
};

struct row {
	struct seq seq;
	uint32_t id;
	size_t word;
	unsigned bit;
};

struct shift {
	struct arena *arena;
	VEC(struct row) rows;
	size_t nwords, nblocks;
	struct block *block;
	uint32_t *owner; /* by word * 64 + bit of a last element: id */
	bool wide;	 /* the processor has 256-bit vectors */
};

struct shift *shift_new(struct arena *a)
{
	struct shift *s = ARENA_NEW(a, struct shift);

	s->arena = a;
#if defined(__x86_64__)
	s->wide = __builtin_cpu_supports("avx2");
#endif
	return s;
}

void shift_add(struct shift *s, struct seq row, uint32_t id)
{
	struct row r = { .seq = row, .id = id };

	if (row.n == 0 || row.n > 64)
		bug("a row of %zu elements", row.n);
	r.seq.p = ARENA_ARRAY(s->arena, struct seq_elem, row.n);
	memcpy(r.seq.p, row.p, row.n * sizeof *row.p);
	VEC_PUSH(s->arena, s->rows) = r;
}

size_t shift_words(const struct shift *s)
{
	return s->nwords;
}

/* Into the first word with room. */
static void place(struct shift *s)
{
	unsigned *used = ARENA_ARRAY(s->arena, unsigned, s->rows.n + 1);

	for (size_t i = 0; i < s->rows.n; i++) {
		struct row *r = &s->rows.p[i];

		while (used[r->word] + r->seq.n > 64)
			r->word++;
		r->bit = used[r->word];
		used[r->word] += (unsigned)r->seq.n;
		if (r->word >= s->nwords)
			s->nwords = r->word + 1;
	}
}

static void fill(struct shift *s, const struct row *r)
{
	struct block *b = &s->block[r->word / LANES];
	unsigned lane = r->word % LANES, end = r->bit + (unsigned)r->seq.n - 1;

	b->first[lane] |= 1ull << r->bit;
	b->last[lane] |= 1ull << end;
	s->owner[r->word * 64 + end] = r->id;
	for (unsigned i = 0; i < r->seq.n; i++) {
		const struct seq_elem *e = &r->seq.p[i];
		uint64_t bit = 1ull << (r->bit + i);

		for (int c = 0; c < 256; c++) {
			if (!re_set_has(&e->set, (unsigned char)c))
				continue;
			b->octet[c][lane] |= bit;
			if (e->repeats)
				b->again[c][lane] |= bit;
		}
		if (!e->optional)
			continue;
		b->optional[lane] |= bit;
		if (!e[-1].optional)
			b->before[lane] |= bit >> 1;
		if (!e[1].optional)
			b->closing[lane] |= bit;
	}
}

void shift_build(struct shift *s)
{
	uintptr_t at;

	place(s);
	s->nblocks = (s->nwords + LANES - 1) / LANES;
	at = (uintptr_t)arena_zalloc(s->arena, s->nblocks * sizeof(struct block) + sizeof(lanes));
	s->block = (struct block *)((at + sizeof(lanes) - 1) & ~(uintptr_t)(sizeof(lanes) - 1));
	s->owner = ARENA_ARRAY(s->arena, uint32_t, s->nwords * 64 + 1);
	for (size_t i = 0; i < s->rows.n; i++)
		fill(s, &s->rows.p[i]);
}

/*
 * An optional element is entered from an active one before it in its run: the subtraction carries
 * from the element before the run to the lowest active one, so what stays the same above it lies
 * behind an active element.
 */
static inline __attribute__((always_inline)) void run(const struct block *b, struct str line,
						      lanes *ended)
{
	const unsigned char *p = (const unsigned char *)line.p, *end = p + line.n;
	lanes d = { 0 }, m = { 0 }, f;

	for (; p < end; p++) {
		d = (((d << 1) | b->first) & b->octet[*p]) | (d & b->again[*p]);
		f = d | b->closing;
		d |= b->optional & (~(f - b->before) ^ f);
		m |= d & b->last;
	}
	*ended = m;
}

static __attribute__((noinline)) void run_plain(const struct block *b, struct str line,
						lanes *ended)
{
	run(b, line, ended);
}

#if defined(__x86_64__)
static __attribute__((noinline, target("avx2"))) void run_wide(const struct block *b,
							       struct str line, lanes *ended)
{
	run(b, line, ended);
}
#else
#define run_wide run_plain
#endif

void shift_scan(const struct shift *s, struct str line, uint64_t *bits)
{
	lanes ended;

	for (size_t i = 0; i < s->nblocks && line.n; i++) {
		(s->wide ? run_wide : run_plain)(&s->block[i], line, &ended);
		for (size_t l = 0; l < LANES; l++)
			for (uint64_t m = ended[l]; m; m &= m - 1) {
				size_t bit = (i * LANES + l) * 64 + (size_t)__builtin_ctzll(m);

				bits[s->owner[bit] / 64] |= 1ull << (s->owner[bit] & 63);
			}
	}
}
