/* Literals found by hashed grams. */
#include "ruleset/pattern/grams.h"

#include "ruleset/pattern/literal.h"

#define GRAM_MAX 4

struct gram {
	struct str text; /* the literal */
	uint32_t id, need;
	uint32_t gram; /* its octets, last one lowest */
	uint32_t skip; /* octets of the literal after the gram's end */
};

/* The literals whose gram has q octets, by the gram's hash. */
struct table {
	uint64_t *seen; /* bits of hashes that are there */
	unsigned shift; /* of a hash of 32 bits, to an index of seen */
	unsigned bucket_shift;
	uint32_t *bucket; /* first in gram, for each bucket and one past the end */
	struct gram *gram;
	size_t n;
};

struct grams {
	struct arena *arena;
	VEC(struct gram) all;
	size_t nids;			  /* the highest one that counts, and one */
	struct table table[GRAM_MAX + 1]; /* by q; 0 is not used */
	unsigned char fold[256];
};

static uint32_t hash(uint32_t gram)
{
	gram *= 0x9e3779b1u;
	return gram ^ gram >> 15;
}

struct grams *grams_new(struct arena *a)
{
	struct grams *g = ARENA_NEW(a, struct grams);

	g->arena = a;
	for (int c = 0; c < 256; c++)
		g->fold[c] = (unsigned char)ch_lower((char)c);
	return g;
}

static size_t gram_size(struct str literal)
{
	return literal.n < GRAM_MAX ? literal.n : GRAM_MAX;
}

/* Where the rarest gram of a literal ends. */
static size_t rarest(struct str literal)
{
	size_t q = gram_size(literal), best = q;
	double least = 2;

	for (size_t end = q; end <= literal.n; end++) {
		double f = 1;

		for (size_t i = end - q; i < end; i++)
			f *= literal_frequency((unsigned char)literal.p[i]);
		if (f < least) {
			least = f;
			best = end;
		}
	}
	return best;
}

void grams_add(struct grams *g, struct str literal, uint32_t id, uint32_t need)
{
	struct gram e = { .text = literal, .id = id, .need = need };
	size_t end = rarest(literal);

	if (literal.n == 0)
		bug("an empty literal");
	for (size_t i = end - gram_size(literal); i < end; i++)
		e.gram = e.gram << 8 | (unsigned char)literal.p[i];
	e.skip = (uint32_t)(literal.n - end);
	if (need > 1 && id >= g->nids)
		g->nids = id + 1;
	VEC_PUSH(g->arena, g->all) = e;
}

static unsigned log2_over(size_t n)
{
	unsigned bits = 0;

	while ((size_t)1 << bits < n)
		bits++;
	return bits;
}

/* Counting sort into buckets. */
static void build_table(struct grams *g, struct table *t, size_t q)
{
	unsigned bits = log2_over(t->n * 16 < 64 ? 64 : t->n * 16), buckets = log2_over(t->n + 2);
	size_t nb = (size_t)1 << buckets;

	t->shift = 32 - bits;
	t->bucket_shift = 32 - buckets;
	t->seen = ARENA_ARRAY(g->arena, uint64_t, (size_t)1 << (bits - 6));
	t->bucket = ARENA_ARRAY(g->arena, uint32_t, nb + 2);
	t->gram = ARENA_ARRAY(g->arena, struct gram, t->n);
	for (size_t i = 0; i < g->all.n; i++)
		if (gram_size(g->all.p[i].text) == q)
			t->bucket[(hash(g->all.p[i].gram) >> t->bucket_shift) + 2]++;
	for (size_t i = 2; i < nb + 2; i++)
		t->bucket[i] += t->bucket[i - 1];
	for (size_t i = 0; i < g->all.n; i++) {
		uint32_t h = hash(g->all.p[i].gram);

		if (gram_size(g->all.p[i].text) != q)
			continue;
		t->gram[t->bucket[(h >> t->bucket_shift) + 1]++] = g->all.p[i];
		t->seen[h >> t->shift >> 6] |= 1ull << (h >> t->shift & 63);
	}
}

void grams_build(struct grams *g)
{
	for (size_t i = 0; i < g->all.n; i++)
		g->table[gram_size(g->all.p[i].text)].n++;
	for (size_t q = 1; q <= GRAM_MAX; q++)
		if (g->table[q].n)
			build_table(g, &g->table[q], q);
}

static bool is_here(const struct grams *g, struct str literal, const unsigned char *p)
{
	for (size_t i = 0; i < literal.n; i++)
		if (g->fold[p[i]] != (unsigned char)literal.p[i])
			return false;
	return true;
}

/* A gram of the table may end before the octet end. */
static void look(const struct grams *g, const struct table *t, uint32_t gram, struct str line,
		 size_t end, uint64_t *bits, uint8_t *count)
{
	uint32_t b = hash(gram) >> t->bucket_shift;

	for (uint32_t i = t->bucket[b]; i < t->bucket[b + 1]; i++) {
		const struct gram *e = &t->gram[i];
		size_t before = e->text.n - e->skip;

		if (e->gram != gram || bits[e->id / 64] >> (e->id & 63) & 1)
			continue;
		if (before > end || e->skip > line.n - end ||
		    !is_here(g, e->text, (const unsigned char *)line.p + end - before))
			continue;
		if (e->need <= 1 || ++count[e->id] >= e->need)
			bits[e->id / 64] |= 1ull << (e->id & 63);
	}
}

static void scan_size(const struct grams *g, size_t q, struct str line, uint64_t *bits,
		      uint8_t *count)
{
	const unsigned char *p = (const unsigned char *)line.p;
	const struct table *t = &g->table[q];
	uint32_t mask = q == 4 ? UINT32_MAX : (1u << (8 * q)) - 1, gram = 0;

	if (line.n < q)
		return;
	for (size_t i = 0; i < q - 1; i++)
		gram = gram << 8 | g->fold[p[i]];
	for (size_t i = q - 1; i < line.n; i++) {
		uint32_t h;

		gram = (gram << 8 | g->fold[p[i]]) & mask;
		h = hash(gram) >> t->shift;
		if (t->seen[h >> 6] >> (h & 63) & 1)
			look(g, t, gram, line, i + 1, bits, count);
	}
}

void grams_scan(const struct grams *g, struct str line, uint64_t *bits, uint8_t *count)
{
	memset(count, 0, g->nids);
	for (size_t q = 1; q <= GRAM_MAX; q++)
		if (g->table[q].n)
			scan_size(g, q, line, bits, count);
}
